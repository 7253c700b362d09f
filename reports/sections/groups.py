"""Results by group: those seen in training and those that are new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import format, view
from reports.bars import Axis, axis_for, in_view
from reports.format import Missing
from reports.registry import Context, register_section

if TYPE_CHECKING:
    from decide.comparison import Comparison, GroupResult


MOST_BARS = 600
"""Cells of the table above which bars are left out: the document has to stay small."""
MOST_CELLS = 2_400
"""Cells of the table; where there are more, groups with the fewest test documents are left out."""


@register_section(
    "groups",
    title="Known and new sources",
    order=60,
    lede="Documents come in groups, such as institutions or sources. A group that is absent from the "
    "training data shows how an approach may do on documents from elsewhere.",
    readers=("decision_maker", "data_scientist"),
)
def build(comparison: Comparison) -> Context | None:
    """Groups by arms, groups seen in training first."""
    arms = [arm for arm in view.with_results(comparison) if arm.groups]
    if not arms:
        return None
    found = {arm.name: {g.group: g for g in arm.groups} for arm in arms}
    everything = {g.group: g for arm in arms for g in arm.groups}
    scores = [g.score for arm in arms for g in arm.groups]
    lowest = in_view(score.value for score in scores)
    axis = axis_for(score for score in scores if score.value >= lowest)
    most = max(1, MOST_CELLS // len(arms))
    largest = sorted(everything, key=lambda name: -everything[name].items)[:most]
    kept = {name: group for name, group in everything.items() if name in set(largest)}
    bars = len(kept) * len(arms) <= MOST_BARS
    drawn = axis if bars else None
    parts = []
    for seen, title in ((True, "Also in the training data"), (False, "New: not in the training data")):
        rows = [
            (
                name,
                format.whole(group.items),
                [_cell(found[arm.name].get(name), drawn) for arm in arms],
            )
            for name, group in kept.items()
            if group.seen is seen
        ]
        if rows:
            parts.append((title, rows))
    return {
        "arms": [arm.name for arm in arms],
        "chosen": comparison.recommendation.arm,
        "parts": parts,
        "bars": bars,
        "left": len(everything) - len(kept),
        "axis": (f"{axis.low:.2f}", f"{axis.high:.2f}"),
    }


def _cell(group: GroupResult | None, axis: Axis | None) -> Context:
    if group is None:
        return {"score": Missing("this approach has no result for the group"), "interval": None, "bar": None}
    return {
        "score": format.score(group.score.value),
        "interval": format.interval(group.score),
        "bar": axis.bar(group.score) if axis else None,
    }
