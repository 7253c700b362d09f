"""Speed as measured: warm latency of single documents, and throughput."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from arms.base import FittedArm
from arms.progress import track
from decide.records import Record
from evalsets import EvalSet

WARM_UP_CALLS = 3
MAX_LATENCY_CALLS = 100
MIN_LATENCY_CALLS = 20
LATENCY_SECONDS = 60.0


class Latency(Record):
    """Warm latency of single documents at concurrency 1, in milliseconds, over ``calls`` calls."""

    p50_ms: float
    p95_ms: float
    p99_ms: float
    calls: int


class Timing(Record):
    """Speed as measured; ``hardware`` names where. Throughput is at saturation, in documents/s."""

    latency: Latency
    documents_per_second: float
    documents_timed: int
    hardware: str


def measure_latency(
    fitted: FittedArm,
    evalset: EvalSet,
    description: str,
    calls: int = MAX_LATENCY_CALLS,
    seconds: float = LATENCY_SECONDS,
) -> list[float]:
    """Warm latencies of single documents, one after another, in milliseconds.

    The texts are dev and then train texts: a server may cache prompts it has seen, so timing must not
    touch the test texts before throughput is measured on them, nor time one text twice.

    Args:
        fitted: What answers.
        evalset: The data.
        description: Shown by the progress bar.
        calls: Most documents.
        seconds: About how long it may take; :data:`MIN_LATENCY_CALLS` are made in any case.
    """
    pool: Sequence[str] = list(dict.fromkeys((*evalset.dev.texts, *evalset.train.texts)))
    order = np.random.default_rng(0).permutation(len(pool))
    for i in order[:WARM_UP_CALLS]:
        fitted.predict([pool[i]])
    fitted.predict([pool[i] for i in order[:WARM_UP_CALLS]])
    times: list[float] = []
    began = time.perf_counter()
    rest = order[WARM_UP_CALLS:] if len(order) > WARM_UP_CALLS + MIN_LATENCY_CALLS else order
    for i in track(rest[:calls], f"{description} · latency"):
        started = time.perf_counter()
        fitted.predict([pool[i]])
        times.append((time.perf_counter() - started) * 1000)
        if len(times) >= MIN_LATENCY_CALLS and time.perf_counter() - began > seconds:
            break
    return times


def summarise_latency(times: Sequence[float]) -> Latency:
    """Quantiles of latencies in milliseconds.

    >>> summarise_latency([10.0, 20.0, 30.0]).p50_ms
    20.0
    """
    p50, p95, p99 = np.quantile(times, [0.5, 0.95, 0.99])
    return Latency(p50_ms=float(p50), p95_ms=float(p95), p99_ms=float(p99), calls=len(times))
