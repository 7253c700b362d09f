"""Every question of the client with its answer in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import strings
from reports.questions import asked
from reports.registry import Context, register_section

if TYPE_CHECKING:
    from decide.comparison import Comparison


@register_section("questions", title=strings.QUESTIONS["title"], order=5)
def build(comparison: Comparison) -> Context | None:
    """Questions with their answers and where to read on."""
    found = asked(comparison)
    return {"questions": found} if found else None
