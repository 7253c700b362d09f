"""The executive summary: one page, on paper too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.executive import summarise
from reports.registry import Context, register_section

if TYPE_CHECKING:
    from decide.comparison import Comparison


@register_section("summary", title="Executive summary", order=0)
def build(comparison: Comparison) -> Context | None:
    """The answer, how sure it is, five figures, and what to do."""
    found = summarise(comparison)
    # The banner above already says of synthetic data what the first caveat would.
    return {"s": found, "caveats": found.caveats[1:] if found.synthetic else found.caveats}
