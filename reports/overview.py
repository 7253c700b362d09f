"""The approaches in a few columns, as text, for the exports and the card of notebooks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports import format, strings, view
from reports.text import clean

if TYPE_CHECKING:
    from decide.comparison import ArmResult, Comparison


@dataclass(frozen=True)
class Row:
    """One approach; ``cells`` are texts, the name first and the verdict last."""

    cells: tuple[str, ...]
    chosen: bool
    score: float | None
    usd_per_1000: float | None


def columns(comparison: Comparison) -> list[str]:
    """Headings of the table."""
    return [name.format(horizon=view.horizon(comparison)) for name in strings.EXPORT["columns"]]


def caption(comparison: Comparison) -> str:
    """What the table shows."""
    return strings.words("table").format(metric=strings.metric(comparison.data.metric))


def rows(comparison: Comparison) -> list[Row]:
    """One row an approach, in the report's order."""
    return [_row(comparison, arm) for arm in view.ordered(comparison)]


def _row(comparison: Comparison, arm: ArmResult) -> Row:
    name, dash = clean(arm.name), format.DASH
    if not view.measured(arm) or arm.score is None:
        status = strings.STATUS.get(arm.status, "No result")
        why = f"{status}: {clean(view.failure(arm))}"
        return Row((name, *[dash] * 5, why), False, None, None)
    cost, timing = arm.cost, arm.timing
    chosen = arm.name == comparison.recommendation.arm
    cells = (
        name,
        str(format.score(arm.score.value)),
        str(format.interval(arm.score)),
        str(format.amount(cost.per_1000_usd if cost else None)),
        str(format.amount(cost.horizon_usd if cost else None)),
        str(format.milliseconds(timing.latency.p95_ms if timing else None)),
        clean(_verdict(comparison, arm, chosen)),
    )
    usd = cost.per_1000_usd if cost and format.known(cost.per_1000_usd) else None
    return Row(cells, chosen, arm.score.value, usd)


def _verdict(comparison: Comparison, arm: ArmResult, chosen: bool) -> str:
    if chosen:
        ships = comparison.recommendation.outcome == "ship"
        return strings.words("recommended" if ships else "leads")
    if view.eligible(comparison, arm):
        return strings.words("yes")
    standing = view.standing(comparison, arm.name)
    why = "; ".join(standing.exclusions) if standing else ""
    return f"{strings.words('no')}: {why}" if why else strings.words("no")
