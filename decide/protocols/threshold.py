"""Where a cascade cuts: picked on dev for the workload."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from decide.protocols.mixture import Pair, latency_quantiles
from decide.run import Run
from decide.workload import Workload

CANDIDATES = 100
"""Most cuts that are tried, at even shares of dev."""
METHOD = (
    "A cascade is put together from the recorded runs of its parts, seed by seed. Its first part's "
    "probabilities are scaled by a temperature fitted on dev; a document goes on to the second part if the "
    "largest is below a threshold. The threshold is picked on dev: among those that keep the workload's "
    "limits on cost, p95 latency and score there, the cheapest whose dev score is within the margin of the "
    "best. If none keeps the limits, the cheapest within the margin of the best of all. Latency is the "
    "first part's for every document and the second's on top for those that go on, from the single "
    "measurements of both, taken as independent. Costs are those of the parts, weighted by the share of test "
    "documents that went on. Throughput assumes that the parts take turns."
)


def pick_threshold(
    dev: Pair, first: Run, then: Run, prices: tuple[float, float], workload: Workload
) -> tuple[float, float]:
    """The threshold and the share of dev that goes on to the second part.

    Args:
        dev: Predictions of both parts on dev.
        first: Run of the first part, for its latencies.
        then: Run of the second.
        prices: US dollars for 1,000 documents of each.
        workload: Limits and margin.
    """
    n = len(dev.confidence)
    counts = cuts(dev)
    scores = dev.score_when_deferring(counts)
    cost = prices[0] + counts / n * prices[1]
    keeps = np.ones(len(counts), dtype=bool)
    if workload.max_cost_per_1000_usd is not None:
        keeps &= cost <= workload.max_cost_per_1000_usd
    if workload.min_score is not None:
        keeps &= scores >= workload.min_score
    if workload.max_p95_ms is not None:
        p95 = [latency_quantiles(first.latency_ms, then.latency_ms, c / n, [0.95])[0] for c in counts]
        keeps &= np.array(p95) <= workload.max_p95_ms
    if not keeps.any():
        keeps[:] = True
    near = keeps & (scores >= scores[keeps].max() - workload.margin)
    # Of equally cheap cuts (a free second part), the one with the better dev score, then the fewer deferred.
    best = min(np.flatnonzero(near), key=lambda i: (cost[i], -scores[i], counts[i]))
    return threshold_at(dev, int(counts[best])), float(counts[best] / n)


def cuts(pair: Pair) -> NDArray[np.int64]:
    """Numbers of deferred items that a threshold can bring about: cuts lie between unequal confidences."""
    ordered = pair.confidence[pair.order()]
    n = len(ordered)
    # What the first part left unanswered always goes on.
    least = int(np.isneginf(ordered).sum())
    inner = np.flatnonzero(ordered[1:] > ordered[:-1]) + 1
    wanted = np.unique(np.round(np.linspace(0, n, CANDIDATES + 1)).astype(np.int64))
    possible = np.unique(np.concatenate([[least, n], inner[inner >= least]]))
    if len(possible) <= len(wanted):
        return possible
    return np.unique(possible[np.searchsorted(possible, np.clip(wanted, least, n))])


def threshold_at(pair: Pair, count: int) -> float:
    """A threshold with exactly ``count`` items below it, halfway to the next; 0 defers none that answered."""
    ordered = pair.confidence[pair.order()]
    if count == len(ordered):
        return math.nextafter(1.0, 2.0)
    if count == 0 or np.isneginf(ordered[count - 1]):
        return 0.0
    return float((ordered[count - 1] + ordered[count]) / 2)
