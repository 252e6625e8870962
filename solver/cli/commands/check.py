"""``check``: whether a certificate proves what it says."""

from __future__ import annotations

import click

from solver.cli.command import Command
from solver.cli.values import FILE
from solver.errors import ExitCode

EPILOG = """\b
Examples:
  python -m solver map vgg_conv3 --certificate vgg_conv3.cert
  python -m solver check vgg_conv3.cert
\b
Exit codes: 0 verified, 1 not verified (the reason is printed), 2 no certificate.
"""


@click.command("check", cls=Command, epilog=EPILOG)
@click.argument("file", metavar="FILE", type=FILE)
def command(file: str) -> int:
    """Check the certificate in FILE without the search that wrote it.

    The checker is one file with formulas of its own, which needs Python and numpy only; it also runs by
    itself, as `python check_certificate.py FILE`. It enumerates all mappings anew, bounds them, times what
    bounds do not rule out, and prints VERIFIED and what is proved, or the first reason for not believing it.
    """
    from solver.certificates.check_certificate import main
    from solver.files import read_text

    read_text(file)  # one message for files that cannot be read
    return ExitCode(main([file]))
