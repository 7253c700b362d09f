"""What would leave the machine in a month of the stated volume."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from arms.base import Arm
from arms.cascade import Cascade
from decide.comparison import ArmResult
from decide.privacy.flows import provider_of
from decide.privacy.records import Leaving, LeavingType, PiiReport, PiiSplit
from decide.records import Estimate
from decide.workload import Workload
from evalsets import EvalSet


def leaving(
    arms: Sequence[Arm],
    results: Mapping[str, ArmResult],
    data: EvalSet,
    workload: Workload,
    pii: PiiReport | None,
) -> list[Leaving]:
    """One record for each arm that sends, or if it were let would send, texts to another machine."""
    by_name = {arm.label: arm for arm in arms}
    found = []
    for arm in arms:
        sender, share = arm, 1.0
        if isinstance(arm, Cascade):
            first, then = by_name[arm.first], by_name[arm.then]
            sends = [_hosts(first), _hosts(then)]
            if not sends[0] and sends[1]:
                part = results[arm.label].facts.get("deferral_test")
                sender, share = then, float(part) if isinstance(part, int | float) else 1.0
            elif sends[0]:
                sender = first
        hosts = _hosts(sender)
        if hosts:
            found.append(_leaving(arm, sender, hosts, share, results[arm.label], data, workload, pii))
    return found


def _hosts(arm: Arm) -> list[str]:
    return sorted({place.host for place in arm.destinations() if place.remote})


def _leaving(
    arm: Arm,
    sender: Arm,
    hosts: list[str],
    share: float,
    result: ArmResult,
    data: EvalSet,
    workload: Workload,
    pii: PiiReport | None,
) -> Leaving:
    documents = workload.documents_per_month * share
    redaction = sender.redaction()
    hidden = [] if redaction is None else list(redaction.detector().types)
    looked: PiiSplit | None = None if pii is None else pii.split("test") or pii.splits[-1]
    tokens = result.input_tokens_per_document
    flows = result.data_flow.flows if result.data_flow else []
    shown = next((flow.documents for flow in flows if flow.texts == "examples"), 0)
    return Leaving(
        arm=arm.label,
        hosts=hosts,
        provider=provider_of(sender),
        allowed=workload.text_may_leave,
        documents=documents,
        share_of_documents=share,
        characters=documents * float(np.mean([len(text) for text in data.test.texts])),
        tokens=None if tokens is None else tokens * workload.documents_per_month,
        examples=shown,
        redacted=hidden,
        # With redaction, documents of which a type is left over are not known: only types can be told apart.
        any=None if looked is None or hidden else _times(looked.any.share, documents),
        types=[] if looked is None else _types(looked, documents, hidden),
    )


def _types(looked: PiiSplit, documents: float, hidden: Sequence[str]) -> list[LeavingType]:
    return [
        LeavingType(type=count.type, documents=_times(count.share, documents))
        for count in looked.types
        if count.type not in hidden
    ]


def _times(share: Estimate, documents: float) -> Estimate:
    low, high = share.low or 0.0, 1.0 if share.high is None else share.high
    return Estimate(value=share.value * documents, low=low * documents, high=high * documents)
