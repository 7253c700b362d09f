"""Worlds with known truth: arms that answer items rightly with known probability.

An arm answers an item rightly if a sum of normal variables exceeds a threshold: ability of the arm, ability
of the seed, difficulty of the item (shared by all arms), difficulty of its group, the item for this arm and
the item for this seed. The expected accuracy over items and seeds is then a value of the normal distribution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from decide.comparison import ArmResult, Cost, DataFlow
from decide.latency import Latency, Timing
from decide.records import Estimate
from decide.statistics import Scored
from evalsets import TextClassification

Array = NDArray[np.float64]


@dataclass(frozen=True)
class World:
    """Arms on one kind of test set.

    Args:
        arms: Accuracy of each arm, averaged over items and seeds.
        items: Items of a test set.
        seeds: Runs of each arm, one number for all or one for each arm.
        seed_spread: Standard deviation over seeds of an arm's accuracy, roughly.
        shared: Share of the latent variance of an answer that all arms share (hard items are hard for all).
        own: Share that is the arm's own, the same for all its seeds.
        groups: Number of groups; 0 for none.
        group_share: Share of the latent variance that items of a group have in common, half of it over all
            arms and half for an arm.
        labels: Probability of each label for macro-F1; empty for accuracy.
    """

    arms: Sequence[float]
    items: int = 200
    seeds: int = 1
    seed_spread: float = 0.0
    shared: float = 0.5
    own: float = 0.3
    groups: int = 0
    group_share: float = 0.0
    labels: Sequence[float] = field(default=())

    def task(self) -> TextClassification:
        """The task whose metric is simulated."""
        names = tuple(f"label {i}" for i in range(max(len(self.labels), 2)))
        return TextClassification(names, {}, "macro_f1" if self.labels else "accuracy")

    def with_gap(self, gap: float) -> World:
        """The same with two arms whose expected scores differ by ``gap``, around those of now."""
        from scipy.optimize import brentq

        middle = float(np.mean(self.arms))

        def world(step: float) -> World:
            return replace(self, arms=(middle - step / 2, middle + step / 2))

        def missing(step: float) -> float:
            low, high = world(step).truth()
            return float(high - low - gap)

        most = 2 * min(middle, 1 - middle) - 1e-6
        return world(float(brentq(missing, 0.0, most, xtol=1e-6)))

    def truth(self) -> Array:
        """Expected score of each arm on unlimited items, averaged over seeds, shape ``(arms,)``."""
        if not self.labels:
            return np.asarray(self.arms, dtype=np.float64)
        from scipy.stats import norm

        # Gauss-Hermite nodes over the ability of the seed.
        nodes, weights = np.polynomial.hermite_e.hermegauss(61)
        scores = []
        for accuracy in self.arms:
            right = norm.cdf(self._threshold(accuracy) + self._latent_spread(accuracy) * nodes)
            f1 = np.array([self._population_f1(p) for p in right])
            scores.append(float(weights @ f1 / weights.sum()))
        return np.array(scores)

    def draw(self, rng: np.random.Generator) -> tuple[list[Scored], list[str] | None]:
        """Answers of every arm and seed to one fresh test set, and the groups of its items."""
        n = self.items
        groups = rng.integers(self.groups, size=n) if self.groups else np.zeros(n, dtype=int)
        gold = rng.choice(len(self.labels), size=n, p=self.labels) if self.labels else np.zeros(n, dtype=int)
        group_part = np.sqrt(self.group_share / 2)
        common = np.sqrt(self.shared) * rng.standard_normal(n)
        common += group_part * rng.standard_normal(max(self.groups, 1))[groups]
        rest = 1 - self.shared - self.own - self.group_share
        found = []
        for i, accuracy in enumerate(self.arms):
            mine = common + np.sqrt(self.own) * rng.standard_normal(n)
            mine += group_part * rng.standard_normal(max(self.groups, 1))[groups]
            runs = []
            for _ in range(self.seeds):
                ability = self._threshold(accuracy) + self._latent_spread(accuracy) * rng.standard_normal()
                right = ability + mine + np.sqrt(rest) * rng.standard_normal(n) > 0
                runs.append(self._statistics(gold, right, rng))
            found.append(Scored(f"arm {i}", tuple(runs)))
        return found, [str(g) for g in groups] if self.groups else None

    def _statistics(
        self, gold: NDArray[np.int64], right: NDArray[np.bool_], rng: np.random.Generator
    ) -> Array:
        if not self.labels:
            return np.stack([right, np.ones_like(right)], axis=1).astype(np.float64)
        k = len(self.labels)
        wrong = (gold + rng.integers(1, k, size=len(gold))) % k
        predicted = np.where(right, gold, wrong)
        is_gold, is_predicted = np.eye(k)[gold], np.eye(k)[predicted]
        return np.hstack([is_gold * is_predicted, is_gold, is_predicted])

    def _threshold(self, accuracy: float) -> float:
        from scipy.special import ndtri

        return float(ndtri(accuracy) * np.sqrt(1 + self._latent_spread(accuracy) ** 2))

    def _latent_spread(self, accuracy: float) -> float:
        """Standard deviation of a seed's ability that moves accuracy by about ``seed_spread``."""
        from scipy.special import ndtri

        density = np.exp(-(float(ndtri(accuracy)) ** 2) / 2) / np.sqrt(2 * np.pi)
        return self.seed_spread / density

    def _population_f1(self, right: float) -> float:
        shares = np.asarray(self.labels)
        hits = shares * right
        predicted = hits + (1 - right) * (1 - shares) / (len(shares) - 1)
        return float(np.mean(2 * hits / (shares + predicted)))


def arm_result(name: str, score: Estimate, seeds: int) -> ArmResult:
    """An arm as the recommendation sees it, at a cost and speed that are the same for all."""
    return ArmResult(
        name=name,
        kind="simulated",
        summary="",
        config={},
        seeds=list(range(seeds)),
        score=score,
        timing=Timing(
            latency=Latency(p50_ms=1, p95_ms=1, p99_ms=1, calls=1),
            documents_per_second=1,
            documents_timed=1,
            hardware="none: simulated",
        ),
        cost=Cost(one_off_usd=0, per_1000_usd=1, horizon_usd=1200, one_off=[], running=[]),
        data_flow=DataFlow(destinations=["this machine"], leaves=False),
    )
