"""The table of trade-offs: one row an arm, everything that weighs in the decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import format, strings, view
from reports.bars import axis_for, in_view
from reports.format import Missing
from reports.registry import Context, register_section
from reports.svg import key_of

if TYPE_CHECKING:
    from decide.comparison import ArmResult, ArmStanding, Comparison
    from reports.bars import Axis

FEW_CALLS = 100
"""Below this many calls a p99 rests on the slowest call or so, and the report says so."""


@register_section(
    "tradeoffs",
    title="All approaches side by side",
    order=20,
    lede="One row for each approach. The bar shows the score with its interval; all bars share one axis.",
)
def build(comparison: Comparison) -> Context | None:
    """Rows and the common axis of their interval bars."""
    arms = view.ordered(comparison)
    scores = [arm.score for arm in arms if arm.score is not None and view.measured(arm)]
    lowest = in_view(score.value for score in scores)
    axis = axis_for(score for score in scores if score.value >= lowest)
    rows = [_row(comparison, arm, axis) for arm in arms]
    return {
        "rows": rows,
        "any_over": any(cell["over"] for row in rows for cell in row.get("cells", ())),
        "axis": (f"{axis.low:.2f}", f"{axis.high:.2f}"),
        "metric": strings.metric(comparison.data.metric),
        "horizon": view.horizon(comparison),
        "hardware": list(dict.fromkeys(arm.timing.hardware for arm in arms if arm.timing)),
        "off": [
            arm.name
            for arm in arms
            if arm.score is not None and view.measured(arm) and arm.score.value < lowest
        ],
        "cached": [arm.name for arm in arms if arm.cached and view.measured(arm)],
    }


def _row(comparison: Comparison, arm: ArmResult, axis: Axis) -> Context:
    row: Context = {
        "name": arm.name,
        "key": key_of(arm.name),
        "kind": strings.kind(arm.kind),
        "chosen": arm.name == comparison.recommendation.arm,
        "outcome": comparison.recommendation.outcome,
        "ok": view.measured(arm),
    }
    if not view.measured(arm):
        return {**row, "status": strings.STATUS.get(arm.status, "No result"), "failure": view.failure(arm)}
    standing = view.standing(comparison, arm.name)
    return {
        **row,
        "score": format.score(arm.score.value if arm.score else None),
        "score_sort": format.sort_key(arm.score.value if arm.score else None),
        "interval": format.interval(arm.score),
        "bar": axis.bar(arm.score),
        "unanswered": format.whole(arm.unanswered) if arm.unanswered else None,
        "test": format.whole(comparison.data.test),
        "cells": _cells(comparison, arm),
        "went_to": view.went_to(arm),
        "leaves": arm.data_flow.leaves if arm.data_flow else None,
        "eligible": standing.eligible if standing else False,
        "exclusions": standing.exclusions if standing else [],
        "best": _best(standing),
    }


def _cells(comparison: Comparison, arm: ArmResult) -> list[Context]:
    """Cost, speed and size of an arm that was measured."""
    cost, timing = arm.cost, arm.timing
    latency = timing.latency if timing else None
    limit = comparison.workload.max_p95_ms
    seconds, parts = _training(arm)
    return [
        _cell("US$ per 1,000 documents", "cost", cost.per_1000_usd if cost else None, format.amount),
        _cell("US$ once", "cost", cost.one_off_usd if cost else None, format.amount),
        _cell(
            f"US$ over {view.horizon(comparison)}",
            "cost",
            cost.horizon_usd if cost else None,
            format.amount,
        ),
        _cell("p50, ms", "speed", latency.p50_ms if latency else None, format.milliseconds),
        _cell(
            "p95, ms",
            "speed",
            latency.p95_ms if latency else None,
            format.milliseconds,
            over=bool(latency and limit is not None and latency.p95_ms > limit),
        ),
        _cell(
            "p99, ms",
            "speed",
            latency.p99_ms if latency else None,
            format.milliseconds,
            small=f"of {strings.plural(latency.calls, 'call')}"
            if latency and latency.calls < FEW_CALLS
            else None,
        ),
        _cell("Documents a second", "speed", timing.documents_per_second if timing else None, format.number),
        _cell("Training", "speed", seconds, _duration, small=parts),
        _cell("Peak memory", "size", arm.peak_memory_mb, format.megabytes),
        _cell(
            "Model size",
            "size",
            arm.model_mb,
            lambda v: format.megabytes(v, strings.WHY["model_size"]),
        ),
    ]


def _cell(label: str, group: str, value: float | None, write: object, **more: object) -> Context:
    assert callable(write)
    return {
        "label": label,
        "group": group,
        "text": write(value),
        "sort": format.sort_key(value),
        "small": None,
        "over": False,
        **more,
    }


def _best(standing: ArmStanding | None) -> format.Shown | None:
    if standing is None or standing.probability_best is None:
        return None
    return format.percent(standing.probability_best)


def _duration(seconds: float | None) -> format.Shown:
    return Missing(strings.WHY["not_trained"]) if not seconds else format.duration(seconds)


def _training(arm: ArmResult) -> tuple[float | None, str | None]:
    """Seconds of training in all, and how much of it is adaptation."""
    parts = {p: arm.phase_seconds[p] for p in strings.TRAINING_PHASES if arm.phase_seconds.get(p)}
    adapting = parts.get("adaptation")
    small = None if adapting is None or len(parts) < 2 else f"adaptation {format.duration(adapting)}"
    return sum(parts.values()) or None, small
