"""Which arms are really different: paired differences in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import format, view
from reports.bars import Axis, axis_for, in_view
from reports.format import MINUS, known
from reports.registry import Context, register_section

if TYPE_CHECKING:
    from decide.comparison import Comparison, PairResult
    from decide.records import Estimate


@register_section(
    "differences",
    title="Which approaches really differ",
    order=40,
    lede="All approaches answered the same documents, so they are compared document by document. A "
    "difference counts only if chance is an unlikely explanation after correcting for the number of pairs.",
    readers=("data_scientist",),
)
def build(comparison: Comparison) -> Context | None:
    """Pairs with the recommended arm first; the difference is always the first arm minus the second."""
    if not comparison.pairs:
        return None
    order = {arm.name: i for i, arm in enumerate(view.ordered(comparison))}
    pairs = sorted(
        (_oriented(pair, order) for pair in comparison.pairs),
        key=lambda pair: (order.get(pair.first, 0), order.get(pair.second, 0)),
    )
    margin = comparison.workload.margin
    widest = -in_view(-abs(pair.difference.value) for pair in pairs)
    near = (pair.difference for pair in pairs if abs(pair.difference.value) <= widest)
    axis = axis_for(near, include=(0.0, margin, -margin), width=240)
    rows = [_row(pair, axis, margin) for pair in pairs]
    chosen = comparison.recommendation.arm
    main = [row for row in rows if chosen in (row["first"], row["second"])] or rows
    return {
        "tables": [
            (f"{chosen} against each other approach" if main is not rows else "Every pair", main),
            ("All other pairs", [row for row in rows if row not in main]),
        ],
        "axis": (_end(axis.low), _end(axis.high)),
        "margin": format.given(margin) if margin else None,
        "level": format.percent(pairs[0].difference.level),
        "tests": list(dict.fromkeys(pair.test for pair in comparison.pairs)),
    }


def _end(value: float) -> str:
    return f"{value:+.2f}".replace("-", MINUS)


def _oriented(pair: PairResult, order: dict[str, int]) -> PairResult:
    """The pair with the arm that the report lists first in first place."""
    if order.get(pair.first, 0) <= order.get(pair.second, 0):
        return pair
    return pair.model_copy(
        update={"first": pair.second, "second": pair.first, "difference": pair.difference.turned()}
    )


def _row(pair: PairResult, axis: Axis, margin: float) -> Context:
    return {
        "first": pair.first,
        "second": pair.second,
        "difference": format.signed(pair.difference.value),
        "interval": format.interval(pair.difference, sign=True),
        "bar": axis.bar(pair.difference, margin),
        "p": format.p_value(pair.p_adjusted),
        "p_raw": format.p_value(pair.p_value),
        "different": pair.different,
        "verdict": _verdict(pair, margin),
    }


def _verdict(pair: PairResult, margin: float) -> str:
    small = _within(pair.difference, margin)
    if pair.different:
        better, worse = (pair.first, pair.second) if pair.difference.value > 0 else (pair.second, pair.first)
        return f"{better} scores higher than {worse}" + (", by less than the margin" if small else "")
    if small:
        return "The same for practical purposes: within the margin"
    return "Cannot be told apart on this test set"


def _within(difference: Estimate, margin: float) -> bool:
    low, high = difference.low, difference.high
    return (
        low is not None
        and high is not None
        and known(low)
        and known(high)
        and -margin <= low
        and high <= margin
    )
