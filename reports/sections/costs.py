"""Costs: every line with its arithmetic, every assumption with its source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import format, view
from reports.registry import Context, register_section

if TYPE_CHECKING:
    from decide.comparison import ArmResult, Comparison, CostLine


@register_section(
    "costs",
    title="Where the costs come from",
    order=80,
    lede="Time, throughput and tokens were measured; prices and volume are assumptions, listed below. "
    "Replace an assumption and the costs follow by the arithmetic shown.",
    readers=("finance",),
)
def build(comparison: Comparison) -> Context | None:
    """Cost lines of each arm and the assumptions."""
    arms = [arm for arm in view.with_results(comparison) if arm.cost is not None]
    return {
        "arms": [_arm(comparison, arm) for arm in arms],
        "horizon": view.horizon(comparison),
        "assumptions": [(a.name, format.given(a.value), a.unit, a.source) for a in comparison.assumptions],
    }


def _arm(comparison: Comparison, arm: ArmResult) -> Context:
    cost = arm.cost
    assert cost is not None
    work = comparison.workload
    volume = f"{format.whole(work.documents_per_month)} documents × {view.horizon(comparison)}"
    return {
        "name": arm.name,
        "lines": [_line("once", line) for line in cost.one_off]
        + [_line("per 1,000", line) for line in cost.running],
        "total": format.exact_money(cost.horizon_usd),
        "basis": f"{format.exact_money(cost.one_off_usd)} once + "
        f"{format.exact_money(cost.per_1000_usd)} per 1,000 × {volume}",
        "tokens": _tokens(arm),
    }


def _line(when: str, line: CostLine) -> tuple[str, str, str, format.Shown]:
    return (line.name, when, line.basis, format.exact_money(line.usd))


def _tokens(arm: ArmResult) -> str | None:
    parts = [
        f"{format.number(value)} {name} tokens"
        for name, value in (
            ("input", arm.input_tokens_per_document),
            ("output", arm.output_tokens_per_document),
        )
        if value is not None
    ]
    return f"{format.joined(parts)} a document" if parts else None
