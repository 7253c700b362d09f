"""How far answers stay the same from seed to seed, from run to run, and under a model's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import format, view
from reports.bars import Axis, axis_for
from reports.format import Missing
from reports.registry import Context, register_section

if TYPE_CHECKING:
    from decide.comparison import Comparison
    from decide.protocols.stability_records import ArmStability, Flips, Repeats
    from decide.records import Estimate


@register_section(
    "stability",
    title="How stable are the answers?",
    order=66,
    lede="The flip rate is the share of test documents that get another answer when the same approach is "
    "run with another seed, or once more with the same one. Two runs can score alike and still answer "
    "differently.",
    readers=("data_scientist", "engineer"),
)
def build(comparison: Comparison) -> Context | None:
    """A table of flip rates, and the models that may change under their name."""
    found = comparison.stability
    if found is None:
        return None
    rates = [f.rate for arm in found.arms for f in _flips(arm)]
    axis = axis_for(rates, include=[0.0]) if rates else None
    by_name = {arm.arm: arm for arm in found.arms}
    arms = [by_name[arm.name] for arm in view.ordered(comparison) if arm.name in by_name]
    return {
        "chosen": comparison.recommendation.arm,
        "measured": found.repeats > 1,
        "repeats": found.repeats,
        "axis": (_percent(axis.low), _percent(axis.high)) if axis else None,
        "rows": [_row(arm, axis) for arm in arms],
        "served": [(arm.arm, arm.served) for arm in arms if arm.served is not None],
    }


def _flips(arm: ArmStability) -> list[Flips]:
    return [f for f in (arm.between_seeds, arm.repeats.flips if arm.repeats else None) if f is not None]


def _row(arm: ArmStability, axis: Axis | None) -> Context:
    return {
        "name": arm.arm,
        "unstable": arm.served is not None and arm.served.unstable,
        "seeds": _cell(arm.between_seeds, arm.seeds_missing, axis),
        "again": _cell(arm.repeats.flips if arm.repeats else None, arm.repeats_missing, axis),
        "scores": _scores(arm.repeats) if arm.repeats else Missing(arm.repeats_missing),
    }


def _cell(flips: Flips | None, why: str, axis: Axis | None) -> Context:
    if flips is None:
        return {"rate": Missing(why), "why": why, "interval": None, "range": None, "bar": None}
    spread = f"{_percent(flips.least)} to {_percent(flips.most)} over {flips.pairs} pairs"
    return {
        "rate": _percent(flips.rate.value),
        "why": "",
        "interval": _interval(flips.rate),
        "range": spread if flips.pairs > 1 else None,
        "bar": axis.bar(flips.rate, None) if axis else None,
    }


def _scores(again: Repeats) -> str:
    shown = ", ".join(str(format.score(score)) for score in again.scores)
    if again.scores_agree:
        change = again.largest_change
        if change:
            return f"equal, {shown.split(',')[0]}; probabilities differ by up to {format.number(change)}"
        return f"equal, {shown.split(',')[0]}"
    return f"differ: {shown}"


def _interval(rate: Estimate) -> str | None:
    if rate.low is None or rate.high is None:
        return None
    return f"{_percent(rate.low)} to {_percent(rate.high)}"


def _percent(share: float) -> str:
    return f"{share:.1%}"
