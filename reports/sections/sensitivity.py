"""Sensitivity: what each assumption moves, and whether the answer stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import format, strings, view
from reports.money_charts import Swing, tornado
from reports.registry import Context, register_section

if TYPE_CHECKING:
    from decide.comparison import Comparison
    from decide.decision_records import End, Sensitivity

LEAST = 0.005
"""Share of the cost below which a swing is in the table only: its bar would be a hair."""


@register_section(
    "sensitivity",
    title="What moves the answer",
    order=84,
    lede="Each assumption is varied by itself and the rule that gave the answer is applied again. The ranges "
    "are assumptions as well and can be set in the workload.",
    readers=("decision_maker", "finance"),
)
def build(comparison: Comparison) -> Context | None:
    """The tornado chart and its rows."""
    rows = comparison.sensitivity
    if not rows:
        return None
    moved = [row for row in rows if row.changes or row.swing > LEAST * row.base_usd]
    changing = [row.name for row in rows if row.changes]
    return {
        "chart": tornado([_swing(comparison, row) for row in moved], rows[0].base_usd, _told(moved))
        if moved
        else None,
        "chosen": comparison.recommendation.arm,
        "horizon": view.horizon(comparison),
        "rows": [_row(comparison, row) for row in rows],
        "changing": format.joined(changing),
        "stays": not changing,
    }


def _told(rows: list[Sensitivity]) -> str:
    return "; ".join(row.statement.rstrip(".") for row in rows)


def _changes(comparison: Comparison, end: End) -> bool:
    found = comparison.recommendation
    return (end.outcome, end.arm) != (found.outcome, found.arm)


def _swing(comparison: Comparison, row: Sensitivity) -> Swing:
    return Swing(
        row.name,
        row.low.usd,
        row.high.usd,
        (_changes(comparison, row.low), _changes(comparison, row.high)),
        row.statement,
    )


def _row(comparison: Comparison, row: Sensitivity) -> Context:
    return {
        "name": row.name,
        "unit": row.unit,
        "base": format.given(row.base),
        "ends": [_end(comparison, end) for end in (row.low, row.high)],
        "source": row.source,
    }


def _end(comparison: Comparison, end: End) -> Context:
    changed = _changes(comparison, end)
    answer = strings.OUTCOME_THEN[end.outcome].format(arm=end.arm or "") if changed else strings.ANSWER_STAYS
    return {
        "value": format.given(end.value),
        "usd": format.money(end.usd),
        "answer": answer,
        "changed": changed,
    }
