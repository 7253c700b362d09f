"""Where the texts went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import format, strings, view
from reports.registry import Context, register_section

if TYPE_CHECKING:
    from decide.comparison import Comparison


@register_section(
    "privacy",
    title="Where the texts went",
    order=90,
    lede="What each approach did with the text of the documents during this comparison.",
    readers=("decision_maker", "privacy", "engineer"),
)
def build(comparison: Comparison) -> Context | None:
    """One row an arm, and one sentence on the whole."""
    arms = view.ordered(comparison)
    left = [arm for arm in arms if arm.data_flow is not None and arm.data_flow.leaves]
    places = sorted({place for arm in left if arm.data_flow for place in arm.data_flow.destinations})
    return {
        "allowed": comparison.workload.text_may_leave,
        "left": [arm.name for arm in left],
        "places": format.joined(places),
        "absent": any(arm.data_flow is None for arm in arms),
        "rows": [
            {
                "name": arm.name,
                "places": None if arm.data_flow is None else view.went_to(arm),
                "leaves": arm.data_flow.leaves if arm.data_flow else None,
                "why": f"{strings.STATUS.get(arm.status, 'No record')}: {view.failure(arm)}",
            }
            for arm in arms
        ],
    }
