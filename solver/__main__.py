"""``python -m solver``."""

import sys

from solver.errors import ExitCode, missing_package

try:
    from solver.cli.main import main
except ModuleNotFoundError as error:
    if (error.name or "solver").partition(".")[0] == "solver":
        raise
    print(f"error: {missing_package(error.name)}", file=sys.stderr)
    sys.exit(ExitCode.BAD_INPUT)

sys.exit(main())
