"""Answers, latencies and costs of two arms of which the second takes a share of the documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from decide.comparison import Cost
from decide.protocols.calibration import as_array, scale
from decide.run import Run
from decide.workload import Workload
from evalsets import TextClassification

Array = NDArray[np.float64]


def latency_quantiles(
    first: Sequence[float], then: Sequence[float], deferral: float, shares: Sequence[float] | Array
) -> Array:
    """Quantiles of latency, in the unit given, if every document waits for the first part and some for both.

    The two waits of a document are taken as independent, so every pair of recorded latencies counts.

    Args:
        first: Recorded latencies of the first part.
        then: Of the second.
        deferral: Share of documents that go on, in [0, 1].
        shares: Quantiles wanted, in [0, 1].
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(then, dtype=np.float64)
    values = np.concatenate([a, (a[:, None] + b).ravel()])
    weights = np.concatenate(
        [np.full(len(a), (1 - deferral) / len(a)), np.full(len(a) * len(b), deferral / (len(a) * len(b)))]
    )
    return np.asarray(np.quantile(values, shares, weights=weights, method="inverted_cdf"))


def mixed_cost(first: Cost, then: Cost, deferral: float, workload: Workload) -> Cost:
    """The first part for every document and the second for its share; labels are shared and paid once."""
    labels = [line for cost in (first, then) for line in cost.one_off if line.name == "labels"]
    once = [
        line.model_copy(update={"name": f"{line.name}, {part} part"})
        for part, cost in (("first", first), ("second", then))
        for line in cost.one_off
        if line.name != "labels"
    ]
    if labels:
        once.append(max(labels, key=lambda line: line.usd))
    running = [line.model_copy(update={"name": f"{line.name}, first part"}) for line in first.running]
    running += [
        line.model_copy(
            update={
                "name": f"{line.name}, second part",
                "usd": line.usd * deferral,
                "basis": f"{deferral:.1%} of documents × ({line.basis})",
                "quantity": None if line.quantity is None else line.quantity * deferral,
            }
        )
        for line in then.running
    ]
    total, unit = sum(line.usd for line in once), sum(line.usd for line in running)
    documents = workload.documents_per_month * workload.horizon_months
    return Cost(
        one_off_usd=total,
        per_1000_usd=unit,
        horizon_usd=total + unit * documents / 1000,
        one_off=once,
        running=running,
    )


@dataclass(frozen=True)
class Pair:
    """The predictions of both parts on one split, of one seed.

    Args:
        confidence: Probability of the first part's answer, scaled; ``-inf`` where it gave none.
        first: Item statistics of the first part's answers, shape ``(n, k)``.
        then: Of the second's.
        task: Gives scores from statistics.
    """

    confidence: Array
    first: Array
    then: Array
    task: TextClassification

    @classmethod
    def of(
        cls,
        task: TextClassification,
        gold: Sequence[str],
        first: Run,
        then: Run,
        temperature: float,
        dev: bool,
    ) -> Pair:
        """From the records of two runs, on dev or on test."""
        rows = first.dev_probabilities if dev else first.probabilities
        assert rows is not None
        answers = [run.dev_answers(task) if dev else run.answers(task) for run in (first, then)]
        return cls(
            confidence=confidence(rows, answers[0], temperature),
            first=task.item_statistics(gold, answers[0]),
            then=task.item_statistics(gold, answers[1]),
            task=task,
        )

    def order(self) -> NDArray[np.int64]:
        """Items, the least confident first."""
        return np.argsort(self.confidence, kind="stable")

    def score_when_deferring(self, counts: NDArray[np.int64]) -> Array:
        """Score if the ``c`` least confident items go on, for each ``c`` of ``counts``."""
        order = self.order()
        swap = np.vstack([np.zeros(self.first.shape[1]), np.cumsum((self.then - self.first)[order], axis=0)])
        return self.task.score_from_statistics(self.first.sum(axis=0) + swap[counts])


def confidence(
    rows: Sequence[Sequence[float | None]], answers: Sequence[str | None], temperature: float
) -> Array:
    """Largest probability of each item after scaling; ``-inf`` where there is no answer."""
    p = as_array(rows)
    known = ~np.isnan(p).any(axis=1) & np.array([a is not None for a in answers])
    found = np.full(len(p), -np.inf)
    found[known] = scale(p[known], temperature).max(axis=1)
    return found
