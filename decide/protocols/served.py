"""Models that run elsewhere: whether their name is pinned, and what the server says they are."""

from __future__ import annotations

from collections.abc import Sequence

from arms.base import Arm
from arms.llm.pinning import snapshot
from arms.prompted import LLMArm
from decide.protocols.stability_records import ServedModel
from decide.run import Run


def served_model(arm: Arm, runs: Sequence[Run]) -> ServedModel | None:
    """The model an arm asks for at a server whose weights we do not see; ``None`` for other arms.

    Args:
        arm: The arm.
        runs: Its runs, repetitions included; their facts hold what the server reported.
    """
    if not isinstance(arm, LLMArm) or arm.server.serves_adapters:
        return None
    why = arm.unpinned() or ""
    reported = _distinct(runs, "model_reported")
    fingerprints = _distinct(runs, "system_fingerprint")
    return ServedModel(
        model=arm.model,
        host=arm.server.destination().host,
        pinned=not why,
        why=why,
        reported=reported,
        system_fingerprints=fingerprints,
        unstable=bool(why) or len(reported) > 1,
        statement=_statement(arm.model, why, reported, fingerprints),
    )


def _distinct(runs: Sequence[Run], fact: str) -> list[str]:
    """Every value of a fact over the runs, in the order they were first seen."""
    found: dict[str, None] = {}
    for run in runs:
        value = run.facts.get(fact)
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                found[str(one)] = None
    return list(found)


def _statement(model: str, why: str, reported: Sequence[str], fingerprints: Sequence[str]) -> str:
    parts = []
    if why:
        parts.append(f"Unstable: {why}, so that its answers can change without notice.")
        if len(reported) == 1 and reported[0] != model and snapshot(reported[0]):
            parts.append(f"The server answered as {reported[0]}; ask for that name to pin it.")
    elif not reported:
        parts.append(f"{model} is pinned; the server does not say which model answered.")
    if len(reported) > 1:
        parts.append(f"Unstable: the server answered as {len(reported)} models: {', '.join(reported)}.")
    elif reported and not why:
        parts.append(f"{model} is pinned; the server answered as {reported[0]}.")
    if len(fingerprints) > 1:
        parts.append(
            f"Its system fingerprint changed between answers ({', '.join(fingerprints)}): the provider's "
            "setup did, which can change answers although the model is the same."
        )
    return " ".join(parts)
