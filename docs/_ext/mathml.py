"""Formulas as MathML, which browsers show by themselves: no script, no fonts from elsewhere."""

from __future__ import annotations

import html
import re

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator


def mathml(node: nodes.math | nodes.math_block) -> str:
    """The formula. One that cannot be read is a warning, and is shown as it is written."""
    try:
        made = convert(node.astext(), display="block" if isinstance(node, nodes.math_block) else "inline")
        unknown = re.findall(r">(\\[A-Za-z]+)<", made)  # commands it does not know are left in the output
        problem = f"unknown command {unknown[0]}" if unknown else ""
    except Exception as error:  # it has an exception of its own for each kind of mistake
        made, problem = html.escape(node.astext()), f"{type(error).__name__}: {error}"
    if problem:
        logging.getLogger(__name__).warning("%s in %r", problem, node.astext(), location=node)
    return made


def inline(translator: HTML5Translator, node: nodes.math) -> None:
    """A formula in a line."""
    translator.body.append(mathml(node))
    raise nodes.SkipNode


def block(translator: HTML5Translator, node: nodes.math_block) -> None:
    """A formula in lines of its own."""
    translator.body.append(f"<div>{mathml(node)}</div>")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Make it a renderer."""
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
