"""Settings of the documentation: ``sphinx-build -W -b html docs docs/_build/html``.

The built site needs no network: furo uses the system's fonts, formulas become MathML while the pages are
built, and Sphinx's search works from files.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

from solver.version import VERSION

project = "maeri-solver"
release = VERSION
copyright = "the maeri-solver authors"
exclude_patterns = ["_build"]

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "numpydoc",
    "sphinx_click",
    "sphinx_copybutton",
    "mathml",
    "signatures",
]
myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"maeri-solver {release}"
html_static_path = ["_static"]
html_css_files = ["custom.css"]
html_math_renderer = "mathml"
html_show_sphinx = False
html_copy_source = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0b7a4b", "color-brand-content": "#0b7a4b"},
    "dark_css_variables": {"color-brand-primary": "#4cc38a", "color-brand-content": "#4cc38a"},
}
pygments_style = "friendly"
default_role = "py:obj"
smartquotes = False  # they would make -- of --options a dash
highlight_language = "none"

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_type_aliases = {name: name for name in ("LayerLike", "NetworkLike", "HardwareLike")}
numpydoc_show_class_members = False
numpydoc_attributes_as_param_list = True
python_maximum_signature_line_length = 88
python_use_unqualified_type_names = True
copybutton_exclude = ".linenos, .gp, .go"
