"""The whole document against a stored outline; UPDATE_GOLDEN=1 writes a new one.

The outline keeps elements, the attributes that matter and all text, with every number replaced by ``#``.
"""

from __future__ import annotations

import difflib
import os
import re
from pathlib import Path

from tests.reports.page import Page

GOLDEN = Path(__file__).parent / "golden.html"
KEPT = (
    "id",
    "class",
    "scope",
    "role",
    "href",
    "aria-label",
    "aria-labelledby",
    "data-label",
    "colspan",
    "open",
)
DRAWN = {"g", "path", "line", "rect", "circle", "text"}


class Outline(Page):
    def __post_init__(self) -> None:
        self.lines: list[str] = []
        super().__post_init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        super().handle_starttag(tag, attrs)
        kept = "".join(f' {k}="{v or ""}"' for k, v in attrs if k in KEPT)
        if tag not in DRAWN or "aria-label" in kept:
            self.lines.append(f"{' ' * len(self.elements[-1].path)}<{tag}{kept}>")

    def handle_data(self, data: str) -> None:
        super().handle_data(data)
        if data.strip() and self._open[-1].tag not in ("style", "script"):
            self.lines.append(" " * len(self._open) + " ".join(data.split()))


def outline(document: str) -> str:
    text = "\n".join(Outline(document).lines) + "\n"
    return re.sub(r"\d+(?:[.,]\d+)*(?:e-\d+)?", "#", re.sub(r"\bh[0-8]\b", "h#", text))


def test_document_matches_golden_outline(document: str) -> None:
    found = outline(document)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(found, encoding="utf-8")
    expected = GOLDEN.read_text(encoding="utf-8")
    difference = list(difflib.unified_diff(expected.splitlines(), found.splitlines(), "golden", "found", n=2))
    assert not difference, "\n".join(difference[:60]) + "\nUPDATE_GOLDEN=1 accepts the change."
