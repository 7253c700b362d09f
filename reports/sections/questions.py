"""Every question of the client in full, where the first page has room for some only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import strings
from reports.questions import asked
from reports.registry import Context, register_section
from reports.sections.summary import QUESTIONS

if TYPE_CHECKING:
    from decide.comparison import Comparison


@register_section("questions", title=strings.QUESTIONS["title"], order=5)
def build(comparison: Comparison) -> Context | None:
    """Questions with their answers and where to read on."""
    found = asked(comparison)
    return {"questions": found} if len(found) > QUESTIONS else None
