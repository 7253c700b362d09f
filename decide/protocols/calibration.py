"""How far an arm's probabilities can be taken at their word, before and after temperature scaling.

Expected calibration error: Naeini, Cooper and Hauskrecht (2015), "Obtaining Well Calibrated Probabilities
Using Bayesian Binning"; temperature scaling: Guo et al. (2017), "On Calibration of Modern Neural Networks".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from decide import statistics
from decide.protocols.records import Calibration, ReliabilityBin
from decide.records import Estimate
from decide.run import Run
from decide.statistics import ABSOLUTE_MEAN, Scored
from evalsets import EvalSet, TextClassification

Array = NDArray[np.float64]
Rows = Sequence[Sequence[float | None]]

BINS = 15
RESAMPLES = 1000
BLOCKS = 20_000
"""More items than this are resampled in as many random blocks, which gives the same spread."""
SIDES = ("before", "after")
FLOOR = 1e-12
"""Probabilities below this are taken for it, so that they have a logarithm."""
LOG_TEMPERATURES = (-3.0, 3.0)
"""Temperatures between 0.05 and 20."""
METHOD = (
    f"Expected calibration error in {BINS} bins of equal width (Guo et al. 2017) and of equal numbers of "
    "documents (Naeini et al. 2015); Brier score summed over labels, between 0 and 2. One temperature a seed "
    "is fitted on dev by maximum likelihood and applied to test. Dev also chose settings, so what scaling "
    "gains there would be a little flattering; the figures are those of test. Intervals are basic bootstrap "
    f"intervals ({RESAMPLES:,} resamples of test items, in random blocks if there are more than {BLOCKS:,}; "
    "seeds drawn around their mean; Davison and Hinkley 1997), widened to hold the value where need be, "
    "because the error is biased upwards on few documents. Documents without a usable answer are left out."
)


def as_array(rows: Rows) -> Array:
    """Recorded probabilities, shape ``(n, labels)``, NaN where there is no answer."""
    return np.array([[np.nan if p is None else p for p in row] for row in rows], dtype=np.float64)


def scale(probabilities: Array, temperature: float) -> Array:
    """Softmax of the logarithms divided by the temperature; the largest label stays the largest."""
    from scipy.special import softmax

    logits = np.log(np.maximum(probabilities, FLOOR)) / temperature
    return np.asarray(softmax(logits, axis=1))


def fit_temperature(probabilities: Array, gold: NDArray[np.int64]) -> float:
    """The temperature under which ``gold`` (class indices) is most likely; rows of NaN do not count.

    Raises:
        ValueError: If no row has probabilities.
    """
    from scipy.optimize import minimize_scalar

    known = ~np.isnan(probabilities).any(axis=1)
    if not known.any():
        raise ValueError("no item has probabilities")
    p, g = probabilities[known], gold[known]

    def loss(log_temperature: float) -> float:
        right = scale(p, float(np.exp(log_temperature)))[np.arange(len(g)), g]
        return float(-np.log(np.maximum(right, FLOOR)).mean())

    found = minimize_scalar(loss, bounds=LOG_TEMPERATURES, method="bounded")
    # Scaling must not be worse on dev than leaving the probabilities as they are.
    return float(np.exp(found.x)) if found.fun < loss(0.0) else 1.0


def temperature_of(run: Run, data: EvalSet) -> float:
    """The temperature of a run, fitted on its dev predictions."""
    assert isinstance(data.task, TextClassification)
    assert run.dev_probabilities is not None
    return fit_temperature(as_array(run.dev_probabilities), data.task.encode(data.dev.labels))


def equal_width(confidence: Array) -> NDArray[np.int64]:
    """Bin of each confidence, of which bin ``b`` holds those above ``b / BINS`` up to the next edge."""
    return np.clip(np.ceil(confidence * BINS).astype(np.int64) - 1, 0, BINS - 1)


def equal_mass(confidence: Array) -> NDArray[np.int64]:
    """Bin of each confidence, with as equal numbers as ties allow: equal confidences share a bin."""
    order = np.sort(confidence)
    edges = [part[0] for part in np.array_split(order, min(BINS, len(order)))]
    return np.searchsorted(np.unique(edges), confidence, side="right") - 1


@dataclass(frozen=True)
class Stated:
    """Confidences of one seed: probability of the answer, whether it is right, squared error of the row.

    Items without an answer have weight 0.
    """

    confidence: Array
    right: Array
    squared: Array
    known: Array

    @classmethod
    def of(cls, run: Run, data: EvalSet, temperature: float | None = None) -> Stated:
        """From the test predictions of a run, scaled if a temperature is given."""
        assert isinstance(data.task, TextClassification)
        assert run.probabilities is not None
        p = as_array(run.probabilities)
        known = np.asarray(~np.isnan(p).any(axis=1))
        p = np.where(known[:, None], p, 1 / p.shape[1])
        if temperature is not None:
            p = scale(p, temperature)
        gold, answer = data.task.encode(data.test.labels), data.task.encode(run.answers(data.task))
        known &= answer >= 0
        rows = np.arange(len(p))
        return cls(
            confidence=np.clip(p[rows, answer], 0, 1),
            right=(gold == answer).astype(np.float64),
            squared=((p - np.eye(p.shape[1])[gold]) ** 2).sum(axis=1),
            known=known.astype(np.float64),
        )

    def statistics(self, units: NDArray[np.int64]) -> tuple[Array, Array, Array]:
        """What errors in equal-width bins, in equal-mass bins and the Brier score are read from.

        Args:
            units: The unit of each item.

        Returns:
            Tables whose rows are units: sums to be taken absolutely (in each bin what confidence is above
            being right), and last the number of items with an answer.
        """
        surplus = (self.confidence - self.right) * self.known
        mass = np.zeros(len(self.known), dtype=np.int64)
        kept = self.known > 0
        if kept.any():
            mass[kept] = equal_mass(self.confidence[kept])
        none = np.zeros(len(self.known), dtype=np.int64)
        known = _by_unit(self.known, none, units, 1)
        width = _by_unit(surplus, equal_width(self.confidence), units, BINS)
        squared = _by_unit(self.squared * self.known, none, units, 1)
        return (
            np.hstack([width, known]),
            np.hstack([_by_unit(surplus, mass, units, BINS), known]),
            np.hstack([squared, known]),
        )


def _by_unit(values: Array, bins: NDArray[np.int64], units: NDArray[np.int64], most: int) -> Array:
    """Sums of values by unit and bin, shape ``(units, most)``."""
    count = int(units.max()) + 1
    cells = np.bincount(units * most + bins, weights=values, minlength=count * most)
    return np.asarray(cells.reshape(count, most))


def calibrate(name: str, runs: Sequence[Run], data: EvalSet) -> tuple[Calibration | None, str]:
    """How well calibrated an arm is, or why that cannot be said."""
    if not isinstance(data.task, TextClassification):
        return None, f"calibration is measured for one label a text, not for {data.task.kind}"
    if any(run.probabilities is None or run.dev_probabilities is None for run in runs):
        return None, "the approach states no probabilities"
    try:
        temperatures = [temperature_of(run, data) for run in runs]
    except ValueError:
        return None, "no document of dev got an answer with probabilities"
    before = [Stated.of(run, data) for run in runs]
    after = [Stated.of(run, data, t) for run, t in zip(runs, temperatures, strict=True)]
    if any(not s.known.any() for s in before):
        return None, "no test document got an answer with probabilities"
    points, draws = _draws(before, after, data.test.groups)
    found = [[_estimate(points[i][m], draws[:, i, m]) for m in range(3)] for i in (0, 1)]
    change = _estimate(points[1][0] - points[0][0], draws[:, 1, 0] - draws[:, 0, 0], least=-1.0)
    confidence = float(np.mean([np.average(s.confidence, weights=s.known) for s in before]))
    accuracy = float(np.mean([np.average(s.right, weights=s.known) for s in before]))
    return Calibration(
        ece=found[0][0],
        ece_equal_mass=found[0][1],
        brier=found[0][2],
        temperatures=temperatures,
        ece_after=found[1][0],
        ece_equal_mass_after=found[1][1],
        brier_after=found[1][2],
        ece_change=change,
        mean_confidence=confidence,
        accuracy=accuracy,
        answered=float(np.mean([s.known.sum() for s in before])),
        bins=_bins(before),
        bins_after=_bins(after),
        statement=_statement(name, confidence, accuracy, found[0][0], found[1][0], change, temperatures),
    ), ""


def _draws(
    before: Sequence[Stated], after: Sequence[Stated], groups: Sequence[str] | None
) -> tuple[Array, Array]:
    """Measures, shape ``(before and after, measures)``, and the same under resampled items and seeds.

    Bins are those of the whole sample, also where items are resampled.
    """
    rng = np.random.default_rng(0)
    units = _units(len(before[0].known), groups, rng)
    sides = [[s.statistics(units) for s in side] for side in (before, after)]
    arms = [
        [Scored(name, tuple(tables[m] for tables in side)) for name, side in zip(SIDES, sides, strict=True)]
        for m in range(3)
    ]
    drawn = statistics.drawn_by_seed([(ABSOLUTE_MEAN, pair) for pair in arms], RESAMPLES, rng)
    seeds = np.stack(
        [np.stack([statistics.seed_scores(ABSOLUTE_MEAN, arm) for arm in pair], axis=1) for pair in arms],
        axis=2,
    )
    by_seed = np.stack([np.stack(pair, axis=2) for pair in drawn], axis=3)
    found = statistics.over_seeds(
        by_seed.reshape(RESAMPLES, len(before), -1),
        seeds.reshape(len(before), -1),
        statistics.item_tails(int(units.max()) + 1, RESAMPLES, rng),
        statistics.seed_directions(len(before), RESAMPLES, rng),
    )
    return seeds.mean(axis=0), found.reshape(RESAMPLES, *seeds.shape[1:])


def _units(n: int, groups: Sequence[str] | None, rng: np.random.Generator) -> NDArray[np.int64]:
    """What is resampled: groups, or items, which are put together at random where there are very many."""
    codes = statistics.cluster_codes(groups)
    if codes is not None:
        return codes
    return np.arange(n) if n <= BLOCKS else rng.permutation(n) % BLOCKS


def _estimate(value: float, draws: Array, least: float = 0.0) -> Estimate:
    """Basic bootstrap interval: the percentiles mirrored at the value."""
    low, high = np.quantile(draws, [(1 - statistics.LEVEL) / 2, (1 + statistics.LEVEL) / 2])
    return Estimate(
        value=float(value),
        low=float(min(max(2 * value - high, least), value)),
        high=float(max(2 * value - low, value)),
        level=statistics.LEVEL,
    )


def _bins(parts: Sequence[Stated]) -> list[ReliabilityBin]:
    """Equal-width bins that hold an item of any seed; items are the mean over seeds."""
    place = np.concatenate([equal_width(s.confidence) for s in parts])
    known = np.concatenate([s.known for s in parts]) > 0
    confidence = np.concatenate([s.confidence for s in parts])
    right = np.concatenate([s.right for s in parts])
    found = []
    for b in range(BINS):
        inside = (place == b) & known
        if inside.any():
            found.append(
                ReliabilityBin(
                    low=b / BINS,
                    high=(b + 1) / BINS,
                    confidence=float(confidence[inside].mean()),
                    accuracy=float(right[inside].mean()),
                    items=float(inside.sum() / len(parts)),
                )
            )
    return found


def _statement(
    name: str,
    confidence: float,
    accuracy: float,
    before: Estimate,
    after: Estimate,
    change: Estimate,
    temperatures: Sequence[float],
) -> str:
    """Over- or underconfident, by how much, and whether a temperature mends it."""
    assert change.low is not None
    assert change.high is not None
    lean = "overconfident" if confidence > accuracy else "underconfident"
    text = (
        f"{name} states {confidence:.0%} on average and is right in {accuracy:.0%}"
        + (f", so it is {lean}" if abs(confidence - accuracy) >= 0.02 else "")
        + f"; its probabilities are off by {before.value * 100:.1f} points on average (ECE)."
    )
    verdict = "lowers" if change.high < 0 else "raises" if change.low > 0 else "does not surely change"
    return (
        f"{text} A temperature of {np.mean(temperatures):.2f}, fitted on dev, {verdict} that: "
        f"{after.value * 100:.1f} points afterwards."
    )
