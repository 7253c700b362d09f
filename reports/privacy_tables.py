"""Tables of the privacy section: where texts go, what they hold, what models keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reports import format, strings, view
from reports.registry import Context

if TYPE_CHECKING:
    from decide.comparison import ArmResult, Comparison
    from decide.privacy.records import Leaving, Memorisation, NetworkGuard, PiiReport, Provider
    from decide.records import Estimate

NOT_STATED = "not stated"
TYPES = {
    "CREDIT_CARD": "card number",
    "CRYPTO": "wallet of a crypto currency",
    "DATE_TIME": "date",
    "EMAIL_ADDRESS": "email address",
    "IBAN_CODE": "bank account (IBAN)",
    "IP_ADDRESS": "network address (IP)",
    "LOCATION": "place",
    "MAC_ADDRESS": "device address (MAC)",
    "MEDICAL_LICENSE": "medical licence number (US)",
    "NRP": "nationality, religion or politics",
    "PERSON": "name of a person",
    "PHONE_NUMBER": "telephone number",
    "UK_NHS": "NHS number (UK)",
    "URL": "web address",
    "US_BANK_NUMBER": "bank account (US)",
    "US_DRIVER_LICENSE": "driving licence (US)",
    "US_ITIN": "tax number, ITIN (US)",
    "US_PASSPORT": "passport number (US)",
    "US_SSN": "social security number (US)",
    "UUID": "identifier of a record (UUID)",
}
TEXTS = {
    "examples": "examples in prompts",
    "examples_tried": "examples tried",
    "train": "training",
    "dev": "development",
    "test": "test",
    "perturbed": "test, damaged",
    "hostile": "test, with instructions put in",
}
LAYERS = {
    "namespace": "The operating system gave these no network: whatever they or programs they started might "
    "have tried, no other machine could be reached. Sockets of Python were checked besides",
    "process": "Every address that Python code of their processes, and of Python programs they started, was "
    "about to use was checked. Native code that opens connections by itself, and programs that are not "
    "Python, are not seen by this check",
    "scoped": "The same check ran inside a process shared with other code (isolate=False), on the thread of "
    "the approach and those started from it. Native code and programs that were started are not seen",
}


def kind_of_data(name: str) -> str:
    """A type of personal data in words; presidio's own name where there are none."""
    return TYPES.get(name, name)


def provider(stated: Provider | None) -> str:
    """What the user stated of a provider, in one line."""
    if stated is None:
        return NOT_STATED
    trains = {None: NOT_STATED, True: "yes", False: "no"}[stated.trains_on_data]
    if stated.subprocessors is None:
        passed = NOT_STATED
    else:
        passed = format.joined(list(stated.subprocessors)) or "nobody"
    return (
        f"{stated.name or 'name not stated'}; region {stated.region or NOT_STATED}; keeps texts: "
        f"{stated.retention or NOT_STATED}; trains on them: {trains}; passes them on to: {passed}; "
        f"source: {stated.source or NOT_STATED}"
    )


def destination(arm: ArmResult) -> Context:
    """The row of an arm in the table of destinations."""
    flow = arm.data_flow
    found: Context = {
        "name": arm.name,
        "places": None if flow is None else view.went_to(arm),
        "leaves": None if flow is None else flow.leaves,
        "why": f"{strings.STATUS.get(arm.status, 'No record')}: {view.failure(arm)}",
        "provider": None,
        "texts": "no record",
        "redaction": None,
    }
    if flow is not None:
        found["provider"] = provider(flow.provider) if flow.leaves or flow.provider else None
        read = [f"{TEXTS[f.texts]} {f.documents:,}" for f in flow.flows]
        found["texts"] = ", ".join(read) or "no record"
        if flow.redaction is not None:
            found["redaction"] = redaction(flow.redaction.types, flow.redaction.names)
    return found


def redaction(types: Sequence[str], names: bool) -> str:
    """What was replaced before sending."""
    said = f"redacted before sending ({len(types)} types)"
    return said if names else f"{said}; names of people are not among them"


def guards(comparison: Comparison) -> list[Context]:
    """The layers that kept texts here, each with its arms and what was stopped."""
    by_layer: dict[str, list[tuple[str, NetworkGuard]]] = {}
    for arm in view.ordered(comparison):
        if arm.data_flow is not None and arm.data_flow.guard is not None:
            by_layer.setdefault(arm.data_flow.guard.layer, []).append((arm.name, arm.data_flow.guard))
    found = []
    for layer in LAYERS:
        if layer not in by_layer:
            continue
        ups = by_layer[layer]
        reasons = sorted({up.why_no_namespace for _, up in ups if up.why_no_namespace})
        found.append(
            {
                "names": format.joined([name for name, _ in ups]),
                "what": LAYERS[layer],
                "hosts": [f"{name}: {', '.join(up.hosts)}" for name, up in ups if up.hosts],
                "reasons": format.joined(reasons),
                "refused": [
                    f"{name} tried {host} and was stopped ({strings.plural(count, 'attempt')})"
                    for name, up in ups
                    for host, count in up.refused.items()
                ],
            }
        )
    return found


def leaving(found: Sequence[Leaving]) -> list[Context]:
    """What would leave in a month, one entry an arm."""
    return [
        {
            "name": one.arm,
            "hosts": format.joined(one.hosts),
            "provider": provider(one.provider),
            "allowed": one.allowed,
            "documents": format.whole(one.documents),
            "share": None if one.share_of_documents == 1 else format.percent(one.share_of_documents),
            "characters": format.large(one.characters),
            "tokens": format.large(one.tokens, why="it did not run, or no server counted them"),
            "examples": one.examples,
            "redacted": format.joined([kind_of_data(t) for t in one.redacted]),
            "any": None if one.any is None else _documents(one.any),
            "types": [(kind_of_data(t.type), _documents(t.documents)) for t in one.types],
        }
        for one in found
    ]


def _documents(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:,.0f}"
    return f"{estimate.value:,.0f} ({estimate.low:,.0f} to {estimate.high:,.0f})"


def personal(report: PiiReport) -> Context:
    """Counts by type and split."""
    types = sorted({count.type for split in report.splits for count in split.types})
    cells = {(split.split, count.type): count for split in report.splits for count in split.types}

    def cell(split: str, kind: str) -> tuple[str, str] | None:
        count = cells.get((split, kind))
        return None if count is None else (f"{count.documents:,}", _share(count.share))

    return {
        "splits": [
            {
                "name": strings.SPLITS.get(split.split, split.split),
                "looked": f"{split.looked_at:,} of {split.total:,}",
                "any": (f"{split.any.documents:,}", _share(split.any.share)),
            }
            for split in report.splits
        ],
        "types": [(kind_of_data(t), [cell(s.split, t) for s in report.splits]) for t in types],
        "sampled": any(split.looked_at < split.total for split in report.splits),
        "seed": report.seed,
        "looked_for": format.joined([kind_of_data(t) for t in report.looked_for]),
        "names": report.names,
        "min_score": report.settings.get("min_score"),
        "language": report.settings.get("language"),
        "versions": ", ".join(f"{k} {v}" for k, v in report.versions.items()),
    }


def _share(share: Estimate) -> str:
    if share.low is None or share.high is None:
        return f"{share.value:.1%}"
    return f"{share.value:.1%} ({share.low:.1%} to {share.high:.1%})"


def kept(comparison: Comparison) -> list[Context]:
    """What each arm ships of its training texts, and how well it tells them from others."""
    privacy = comparison.privacy
    if privacy is None:
        return []
    measured = {found.arm: found for found in privacy.memorisation}
    order = [arm.name for arm in view.ordered(comparison)]
    rows = sorted(privacy.kept, key=lambda k: order.index(k.arm) if k.arm in order else len(order))
    return [
        {
            "name": row.arm,
            "statement": row.statement,
            "verbatim": row.verbatim,
            "memory": _memory(measured[row.arm]) if row.arm in measured else None,
            "missing": row.missing,
        }
        for row in rows
    ]


def _memory(found: Memorisation) -> Context:
    low, high = found.auc.low, found.auc.high
    if low is not None and low > 0.5:
        verdict = "surer of texts it was trained on"
    elif high is not None and high < 0.5:
        verdict = "less sure of texts it was trained on"
    else:
        verdict = "no difference shown"
    return {
        "auc": format.score(found.auc.value),
        "interval": format.interval(found.auc),
        "verdict": verdict,
        "basis": f"by the {found.signal}; {found.trained:,} training texts against {found.others:,} of "
        f"{found.other_texts}; {strings.plural(found.seeds, 'run')}",
    }
