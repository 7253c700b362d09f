"""What damaged texts cost each approach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import format, strings
from reports.bars import Axis, axis_for
from reports.registry import Context, register_section

if TYPE_CHECKING:
    from decide.comparison import Comparison
    from decide.protocols.records import PerturbationDrop


@register_section(
    "robustness",
    title="On damaged texts",
    order=64,
    lede="The trained approaches read the test documents once more after damage that documents meet: "
    "scanning errors, slips on the keyboard, capitals, other ways to write a date. The damage is the same "
    "for all.",
    readers=("data_scientist", "engineer"),
)
def build(comparison: Comparison) -> Context | None:
    """A table perturbations by arms, with what was done."""
    found = comparison.robustness
    if found is None:
        return None
    axis = axis_for((d.drop for a in found.arms for d in a.drops), include=[0.0])
    drops = {a.arm: {d.perturbation: d for d in a.drops} for a in found.arms}
    return {
        "statements": found.statements,
        "metric": strings.metric(comparison.data.metric),
        "chosen": comparison.recommendation.arm,
        "names": [a.arm for a in found.arms],
        "axis": (format.signed(axis.low), format.signed(axis.high)),
        "rows": [
            (
                p.name,
                p.description,
                f"{p.changed:,} of {p.items:,}",
                [_cell(drops[a.arm][p.name], axis, p.changed) for a in found.arms],
            )
            for p in found.perturbations
        ],
        "mean": [
            (format.signed(a.mean_drop.value), format.interval(a.mean_drop, sign=True)) for a in found.arms
        ],
        "left_out": list(found.left_out.items()),
    }


def _cell(drop: PerturbationDrop, axis: Axis, changed: int) -> Context:
    if not changed:
        why = "the damage found nothing to change in these texts"
        return {"drop": format.Missing(why), "interval": None, "score": None, "bar": None}
    return {
        "drop": format.signed(drop.drop.value),
        "interval": format.interval(drop.drop, sign=True),
        "score": format.score(drop.score.value),
        "bar": axis.bar(drop.drop, 0.0),
    }
