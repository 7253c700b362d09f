"""What approaches lose on sources they did not learn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import format, strings
from reports.bars import Axis, axis_for, in_view
from reports.registry import Context, register_section

if TYPE_CHECKING:
    from decide.comparison import Comparison
    from decide.protocols.records import Generalisation, HeldOutGroup
    from decide.records import Estimate

TITLES = {
    "test set": "Groups of the test set that training lacks",
    "held out in turn": "Groups held out of training in turn",
}


@register_section(
    "generalisation",
    title="On sources not learned from",
    order=62,
    lede="In domain are documents of sources that training has, out of domain those of others. The drop is "
    "what is lost on the way: it shows what to expect when documents come from somewhere new.",
    readers=("decision_maker", "data_scientist"),
)
def build(comparison: Comparison) -> Context | None:
    """A table for each way of looking at it."""
    if not comparison.generalisation:
        return None
    return {
        "parts": [_part(found) for found in comparison.generalisation],
        "chosen": comparison.recommendation.arm,
        "metric": strings.metric(comparison.data.metric),
    }


def _part(found: Generalisation) -> Context:
    scores = [e for a in found.arms for e in (a.in_domain, a.out_of_domain)]
    lowest = in_view(e.value for e in scores)
    axis = axis_for(e for e in scores if e.value >= lowest)
    drops = axis_for((a.drop for a in found.arms), include=[0.0])
    arms = sorted(found.arms, key=lambda a: -a.out_of_domain.value)
    return {
        "title": TITLES[found.source],
        "statement": found.statement,
        "held_out": format.joined(found.held_out),
        "dev": found.in_domain_from == "dev",
        "rows": [
            {
                "name": a.arm,
                "in_domain": _cell(a.in_domain, axis),
                "out_of_domain": _cell(a.out_of_domain, axis),
                "drop": _cell(a.drop, drops, sign=True),
                "best": format.percent(a.probability_best),
                "smallest": format.percent(a.probability_smallest_drop, "this approach reads no text"),
            }
            for a in arms
        ],
        "groups": [
            (
                g.group,
                format.whole(g.items),
                [_group(a.groups[i]) for a in arms],
            )
            for i, g in enumerate(arms[0].groups)
        ]
        if arms and len(arms[0].groups) > 1
        else [],
        "names": [a.arm for a in arms],
        "failures": list(found.failures.items()),
    }


def _cell(estimate: Estimate, axis: Axis, *, sign: bool = False) -> Context:
    write = format.signed if sign else format.score
    return {
        "value": write(estimate.value),
        "interval": format.interval(estimate, sign=sign),
        "bar": axis.bar(estimate, 0.0 if sign else None),
    }


def _group(found: HeldOutGroup) -> tuple[format.Shown, format.Shown, format.Shown]:
    drop = found.drop
    return (
        format.score(found.out_of_domain.value),
        format.signed(drop.value),
        format.interval(drop, sign=True),
    )
