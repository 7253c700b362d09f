"""Where two arms cost the same: in closed form."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from decide.comparison import ArmResult, Cost
from decide.decision_records import BreakEven
from decide.wording import count, dollars
from decide.workload import Workload

TIE = 1e-9
"""Costs that differ by less than this share are the same, up to rounding."""


def break_evens(arms: Sequence[ArmResult], workload: Workload) -> list[BreakEven]:
    """The break-even of every pair of arms with a cost, in the order of ``arms``."""
    priced = [arm for arm in arms if arm.status == "ok" and arm.cost is not None]
    return [break_even(a, b, workload) for a, b in itertools.combinations(priced, 2)]


def documents_at(first: Cost, second: Cost) -> float | None:
    """Documents at which both cost the same, or ``None`` if there is no such volume above 0.

    From ``once_1 + v * unit_1 = once_2 + v * unit_2``: ``v = (once_2 - once_1) / (unit_1 - unit_2)``.

    >>> cheap = Cost(one_off_usd=0, per_1000_usd=3, horizon_usd=0, one_off=[], running=[])
    >>> trained = Cost(one_off_usd=100, per_1000_usd=1, horizon_usd=0, one_off=[], running=[])
    >>> documents_at(cheap, trained)
    50000.0
    """
    slope = (first.per_1000_usd - second.per_1000_usd) / 1000
    if abs(slope) * 1000 <= TIE * max(first.per_1000_usd, second.per_1000_usd):
        return None
    volume = (second.one_off_usd - first.one_off_usd) / slope
    return volume if volume > 0 else None


def break_even(first: ArmResult, second: ArmResult, workload: Workload) -> BreakEven:
    """The break-even of two arms.

    Args:
        first: An arm with a cost.
        second: Another.
        workload: Gives the volume and the horizon that the break-even is set against.
    """
    a, b = first.cost, second.cost
    assert a is not None
    assert b is not None
    volume = documents_at(a, b)
    if volume is None:
        return BreakEven(first=first.name, second=second.name, **_never(first.name, second.name, a, b))
    dear, cheap = (second.name, first.name) if a.per_1000_usd < b.per_1000_usd else (first.name, second.name)
    monthly = volume / workload.horizon_months
    months = volume / workload.documents_per_month
    now = "below" if workload.documents < volume else "above"
    return BreakEven(
        first=first.name,
        second=second.name,
        documents=volume,
        per_month=monthly,
        months=months,
        usd=a.one_off_usd + a.per_1000_usd * volume / 1000,
        cheaper_below=dear,
        cheaper_above=cheap,
        statement=f"Above {count(volume)} documents in all ({count(monthly)} a month over "
        f"{workload.horizon_months:g} months) {cheap} costs less than {dear}; the workload's "
        f"{count(workload.documents)} are {now} that.",
    )


def _never(first: str, second: str, a: Cost, b: Cost) -> dict[str, str | None]:
    """Who is cheaper at every volume."""
    below = a.one_off_usd - b.one_off_usd or a.per_1000_usd - b.per_1000_usd
    if below == 0 or (
        abs(below) <= TIE * max(a.one_off_usd, b.one_off_usd)
        and abs(a.per_1000_usd - b.per_1000_usd) <= TIE * max(a.per_1000_usd, b.per_1000_usd)
    ):
        return {"statement": f"{first} and {second} cost the same at every volume."}
    (cheap, x), (dear, y) = ((first, a), (second, b)) if below < 0 else ((second, b), (first, a))
    return {
        "cheaper_below": cheap,
        "cheaper_above": cheap,
        "statement": f"{cheap} costs no more than {dear} at any volume: {dollars(x.one_off_usd)} against "
        f"{dollars(y.one_off_usd)} once, {dollars(x.per_1000_usd)} against "
        f"{dollars(y.per_1000_usd)} for 1,000 documents.",
    }
