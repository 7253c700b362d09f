"""What redaction costs in score: arms that redact against the same arms without."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from decide.comparison import ArmResult, PairResult
from decide.privacy.records import RedactionEffect


def redaction_effects(results: Sequence[ArmResult], pairs: Sequence[PairResult]) -> list[RedactionEffect]:
    """One record for each arm that redacts and has a twin in the comparison that does not."""
    done = [result for result in results if result.status == "ok"]
    by_settings = {_key(result.config): result.name for result in done if not result.config.get("redact")}
    found = []
    for result in done:
        base = by_settings.get(_key(result.config))
        if not result.config.get("redact") or base is None:
            continue
        for pair in pairs:
            if {pair.first, pair.second} == {result.name, base}:
                found.append(_effect(pair, result.name, base))
    return found


def _key(config: dict[str, Any]) -> str:
    return repr(sorted((k, repr(v)) for k, v in config.items() if k != "redact"))


def _effect(pair: PairResult, arm: str, base: str) -> RedactionEffect:
    difference = pair.difference if pair.first == arm else pair.difference.turned()
    value = difference.value
    if not pair.different:
        said = f"Redaction shows no certain effect on the score of {base}"
    else:
        said = f"Redaction {'lowers' if value < 0 else 'raises'} the score of {base}"
    interval = (
        f" ({difference.low:+.3f} to {difference.high:+.3f})"
        if difference.low is not None and difference.high is not None
        else ""
    )
    return RedactionEffect(
        arm=arm,
        base=base,
        difference=difference,
        p_adjusted=pair.p_adjusted,
        statement=f"{said}: {value:+.3f}{interval}.",
    )
