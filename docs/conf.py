"""Settings of the documentation; ``make docs`` builds it into ``docs/_build/html``, without a network."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

from decide import __version__

project, author = "decide", "the authors of decide"
release = version = __version__
extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "myst_parser",
    "generated",
    "mathml",
    "names",
    "offline",
    "repository_links",
    "signatures",
]
exclude_patterns = ["_build", "_generated", "_ext"]

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 90
python_use_unqualified_type_names = True
napoleon_numpy_docstring = False

nitpicky = True
# Objects of other libraries, and what is not of the public names: these are shown without a link.
nitpick_ignore_regex = [("py:.*", r"(?!(decide|arms|evalsets|reports)\.).*")]

html_theme = "furo"
html_title = f"decide {release}"
html_math_renderer = "mathml"
html_extra_path = ["_generated/site"]
html_copy_source = False
html_show_copyright = False
html_show_sourcelink = False


def setup(app: Sphinx) -> None:
    """Tables as CSV are plain text, and so are diagrams, which would need a script to be drawn."""
    for language in ("csv", "mermaid"):
        app.add_lexer(language, TextLexer)
