"""Examples of what each arm got wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import format, strings, view
from reports.registry import Context, register_section
from reports.text import fit_bytes, shorten

if TYPE_CHECKING:
    from decide.comparison import Comparison, ErrorExample

START = 240
"""Characters of a text shown at once."""
LONGEST = 6_000
ON_PAPER = 4
"""Examples of an approach that are printed; the style sheet hides the others on paper."""
BUDGET = 240_000
"""Bytes that all example texts together may take in the document."""


@register_section(
    "errors",
    title="Examples of errors",
    order=70,
    lede="Documents that an approach got wrong, the ones it was most sure of first. "
    "Read a few before trusting a score.",
    readers=("decision_maker", "privacy", "data_scientist"),
)
def build(comparison: Comparison) -> Context | None:
    """Examples of each arm, long texts cut."""
    arms = [arm for arm in view.with_results(comparison) if arm.examples]
    if not arms:
        return None
    limit = min(LONGEST, BUDGET // sum(len(arm.examples) for arm in arms))
    return {
        "synthetic": comparison.data.synthetic,
        "chosen": comparison.recommendation.arm,
        "arms": [
            {
                "name": arm.name,
                "count": strings.plural(len(arm.examples), "example"),
                "paper": strings.ON_PAPER.format(shown=ON_PAPER, count=len(arm.examples))
                if len(arm.examples) > ON_PAPER
                else "",
                "examples": [_example(example, limit) for example in arm.examples],
            }
            for arm in arms
        ],
    }


def _example(example: ErrorExample, limit: int) -> Context:
    text = fit_bytes(example.text, limit)
    left = len(example.text) - len(text)
    start = shorten(text, START)
    whole = start == " ".join(example.text.split())
    return {
        "item": f"{example.item + 1:,}",
        "group": example.group,
        "gold": example.gold,
        "predicted": example.predicted,
        "reason": example.reason,
        "probability": None if example.probability is None else format.percent(example.probability),
        "start": start,
        "text": None if whole else text,
        "left": format.whole(left) if left else None,
    }
