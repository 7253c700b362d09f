"""Signatures that can be read: a default that is made anew for each object is an ellipsis."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx


def readable(
    app: Sphinx, what: str, name: str, thing: Any, options: Any, signature: str | None, returns: str | None
) -> tuple[str | None, str | None]:
    """``<factory>`` is no Python, which would keep a signature on one line."""
    return (signature and signature.replace("<factory>", "..."), returns)


def setup(app: Sphinx) -> dict[str, bool]:
    """Change signatures as they are read."""
    app.connect("autodoc-process-signature", readable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
