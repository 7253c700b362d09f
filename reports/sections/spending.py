"""What this comparison itself has cost in answers of language models, and the budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import format
from reports.registry import Context, register_section

if TYPE_CHECKING:
    from decide.comparison import Comparison


@register_section(
    "spending",
    title="What this comparison has cost in answers of language models",
    order=84,
    lede="Everything that was really asked for, over all attempts in the run directory: choices between "
    "prompts, timing, dev, test, repetitions. It is no part of what an approach costs in use.",
    readers=("finance",),
)
def build(comparison: Comparison) -> Context | None:
    """One row an arm; nothing where no language model was asked."""
    spending = comparison.spending
    if spending is None:
        return None
    budget = spending.budget
    limits = []
    if budget is not None:
        limits = [format.money(budget.usd)] if budget.usd is not None else []
        limits += [f"{budget.tokens:,} tokens"] if budget.tokens is not None else []
    return {
        "rows": [
            {
                "name": arm.arm,
                "answers": format.whole(arm.answers),
                "read": format.whole(arm.input_tokens),
                "written": format.whole(arm.output_tokens),
                "usd": format.amount(arm.usd) if arm.usd else "none",
            }
            for arm in spending.arms
        ],
        "tokens": format.whole(spending.tokens),
        "usd": format.money(spending.usd) if spending.usd else "no money",
        "budget": " and ".join(map(str, limits)),
        "each": budget is not None and budget.per == "arm",
    }
