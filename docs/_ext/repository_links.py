"""Links from pages to files of the repository, which are written for a code host.

A link to a file that the site has as a page leads to that page. One to any other file outside ``docs``
becomes the file's path, for a site has no sources. A link to a file that does not exist is a warning.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util import logging

PAGES = {
    "CONTRIBUTING.md": "/project/contributing.md",
    "CHANGELOG.md": "/project/changelog.md",
    "benchmarks/README.md": "/project/benchmarks.md",
}
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(((?:\.\./)[^)#\s]*)(#[^)\s]*)?\)")


def rewrite(app: Sphinx, name: str, source: list[str]) -> None:
    """Rewrite the links of a page."""
    root, folder = Path(app.srcdir).parent, Path(app.env.doc2path(name)).parent

    def instead(link: re.Match[str]) -> str:
        text, path, place = link[1], link[2], link[3] or ""
        file = Path(os.path.normpath(folder / path))
        if file.is_relative_to(app.srcdir):
            return link[0]
        if not file.exists():
            logging.getLogger(__name__).warning("no file %s", path, location=name)
        inside = file.relative_to(root).as_posix() if file.is_relative_to(root) else path
        if inside in PAGES:
            return f"[{text}]({PAGES[inside]}{place})"
        return text if inside in text else f"{text} (`{inside}`)"

    source[0] = LINK.sub(instead, source[0])


def setup(app: Sphinx) -> dict[str, bool]:
    """Rewrite pages as they are read."""
    app.connect("source-read", rewrite)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
