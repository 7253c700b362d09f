"""The executive summary: one page, on paper too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.executive import summarise
from reports.questions import asked
from reports.registry import Context, register_section
from reports.text import shorten

if TYPE_CHECKING:
    from decide.comparison import Comparison

QUESTIONS = 4
"""Questions on the first page, where it has room; a section after it has all of them in full."""
SHORT = 110
"""Characters of a question, and of its answer, on the first page."""
DENSE = 1_400
"""Characters of all points above which they are set smaller on paper, to stay on the page."""


@register_section("summary", title="Executive summary", order=0)
def build(comparison: Comparison) -> Context | None:
    """The answer, how sure it is, five figures, and what to do."""
    found = summarise(comparison)
    # The banner above already says of synthetic data what the first caveat would.
    caveats = found.caveats[1:] if found.synthetic else found.caveats
    points = [*found.reasons, *found.flips, *found.next_steps, *caveats]
    first = [] if sum(map(len, points)) > DENSE else asked(comparison, QUESTIONS)
    short = [(q, shorten(q.question, SHORT), shorten(q.answer, SHORT)) for q in first]
    points += [part for _, *parts in short for part in parts]
    return {
        "s": found,
        "caveats": caveats,
        "dense": sum(map(len, points)) > DENSE,
        "questions": short,
        "asked": comparison.brief is not None and bool(comparison.brief.questions),
    }
