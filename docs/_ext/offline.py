"""Refuses a site that would load anything from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

LOADS = re.compile(
    r"<(?:script|img|iframe|source|video)\b[^>]*\bsrc=[\"']?(?:https?:)?//"
    r"|<link\b(?=[^>]*\brel=[\"']?(?:stylesheet|preload|icon|preconnect))[^>]*\bhref=[\"']?(?:https?:)?//"
    r"|@import\s+(?:url\()?[\"']?(?:https?:)?//|url\([\"']?(?:https?:)?//",
    re.IGNORECASE,
)


def check(app: Sphinx, failed: Exception | None) -> None:
    """Look at every page and style sheet that was written.

    Raises:
        ExtensionError: If one would load something over a network.
    """
    if failed is not None or app.builder.format != "html":
        return
    for file in sorted(Path(app.outdir).rglob("*")):
        if file.suffix in (".html", ".css") and (found := LOADS.search(file.read_text(encoding="utf-8"))):
            raise ExtensionError(f"{file} would load from elsewhere: {found[0]!r}")


def setup(app: Sphinx) -> dict[str, bool]:
    """Check when a build ends."""
    app.connect("build-finished", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
