"""Where the texts went and would go, what they hold, and what shipped models keep of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import format, privacy_tables, view
from reports.registry import Context, register_section

if TYPE_CHECKING:
    from decide.comparison import Comparison


@register_section(
    "privacy",
    title="Where the texts went",
    order=90,
    lede="What each approach did with the text of the documents during this comparison, what it would do in "
    "production, what personal data the documents hold and what is left of them in what is shipped. For "
    "whoever answers for data protection.",
    readers=("decision_maker", "privacy", "engineer"),
)
def build(comparison: Comparison) -> Context | None:
    """Destinations and one sentence on the whole; the rest where it was recorded."""
    arms = view.ordered(comparison)
    left = [arm for arm in arms if arm.data_flow is not None and arm.data_flow.leaves]
    places = sorted({place for arm in left if arm.data_flow for place in arm.data_flow.destinations})
    sent = {flow.texts for arm in left if arm.data_flow for flow in arm.data_flow.flows}
    privacy = comparison.privacy
    return {
        "allowed": comparison.workload.text_may_leave,
        "left": [arm.name for arm in left],
        "places": format.joined(places),
        "cluster": "" if privacy is None else format.joined(privacy.cluster),
        "absent": any(arm.data_flow is None for arm in arms),
        "rows": [privacy_tables.destination(arm) for arm in arms],
        "guards": privacy_tables.guards(comparison),
        "leaving": [] if privacy is None else privacy_tables.leaving(privacy.leaving),
        "timed": "train" in sent,
        "shown": "examples" in sent,
        "quoted": len({example.item for arm in arms for example in arm.examples}),
        "volume": format.given(comparison.workload.documents_per_month),
        "recorded": privacy is not None,
        "pii": privacy_tables.personal(privacy.pii) if privacy is not None and privacy.pii else None,
        "pii_missing": "" if privacy is None else privacy.pii_missing,
        "redaction": [] if privacy is None else [effect.statement for effect in privacy.redaction],
        "kept": privacy_tables.kept(comparison),
        "licences": []
        if privacy is None
        else [
            (one.model, format.joined(list(one.arms)), one.licence or privacy_tables.NOT_STATED, one.source)
            for one in privacy.licences
        ],
    }
