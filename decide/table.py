"""The comparison as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from decide.comparison import ArmResult, ArmStanding, Comparison


def to_frame(comparison: Comparison) -> pd.DataFrame:
    """One row an arm, best score first, arms without a result last.

    Columns: score and its interval in [0, 1], times in seconds, latency in milliseconds, throughput in
    documents a second, costs in US dollars, memory and size in megabytes. ``reason`` says why an arm is not
    eligible.
    """
    import pandas as pd

    standings = {s.name: s for s in comparison.recommendation.standings}
    rows = []
    for arm in sorted(comparison.arms, key=lambda a: -(a.score.value if a.score else -1)):
        standing = standings.get(arm.name)
        rows.append(
            {
                "arm": _writable(arm.name),
                "status": arm.status,
                **_measures(arm),
                "probability_best": standing.probability_best if standing else None,
                "eligible": standing.eligible if standing else False,
                "reason": _writable(_reason(arm, standing)),
            }
        )
    return pd.DataFrame(rows)


def _writable(text: str) -> str:
    """``text`` with halves of surrogate pairs replaced, which pandas cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _reason(arm: ArmResult, standing: ArmStanding | None) -> str:
    return arm.failure or "; ".join(standing.exclusions if standing else [])


def _measures(arm: ArmResult) -> dict[str, object]:
    seconds = arm.phase_seconds
    latency = arm.timing.latency if arm.timing else None
    return {
        "score": arm.score.value if arm.score else None,
        "low": arm.score.low if arm.score else None,
        "high": arm.score.high if arm.score else None,
        "adaptation_s": seconds.get("adaptation"),
        "training_s": seconds.get("training"),
        "p50_ms": latency.p50_ms if latency else None,
        "p95_ms": latency.p95_ms if latency else None,
        "p99_ms": latency.p99_ms if latency else None,
        "docs_per_s": arm.timing.documents_per_second if arm.timing else None,
        "usd_per_1000": arm.cost.per_1000_usd if arm.cost else None,
        "one_off_usd": arm.cost.one_off_usd if arm.cost else None,
        "horizon_usd": arm.cost.horizon_usd if arm.cost else None,
        "text_went_to": _writable(", ".join(arm.data_flow.destinations)) if arm.data_flow else None,
        "peak_memory_mb": arm.peak_memory_mb,
        "model_mb": arm.model_mb,
        "unanswered": arm.unanswered if arm.score else None,
    }
