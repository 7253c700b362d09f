"""Expected gain of adaptation, from published cases.

Three candidates: the mean of all cases; a ridge regression on the labelled documents; a
ridge regression on labelled documents, vocabulary overlap and kind of adaptation. The one with the least
squared error on left-out data sets is used. That choice is the only thing taken from the table besides the
fit, and where the advice is tested it is made anew without the data set being judged.

A case counts by how precisely it was measured, and the cases of one data set together count as one, because
they share its baseline and its peculiarities. The spread between data sets that is not seed noise is that of
a random-effects meta-analysis.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decide.domain_gap.published.tables import Case, cases
from decide.records import Estimate

Array = NDArray[np.float64]

CANDIDATES: dict[str, tuple[str, ...]] = {
    "mean of all cases": (),
    "labelled documents": ("labels",),
    "labelled documents, overlap and kind": ("labels", "overlap", "kind"),
}
LEAST_SPREAD = 0.1
"""Points; a spread between data sets of zero would let the most precise case decide alone."""
METHOD = (
    "Bayesian ridge regression (MacKay 1992) on published gains; between-data-set spread by random-effects "
    "meta-analysis (Paule and Mandel 1982); interval for a new case after Higgins, Thompson and "
    "Spiegelhalter 2009, Student's t with data sets less 2 degrees of freedom"
)


@dataclass(frozen=True)
class Features:
    """What is known of a task before anything is trained; ``None`` widens the interval.

    Args:
        labels: Labelled training documents.
        overlap: Overlap of the 10,000 most frequent words with general English, in percent.
        kind: 1 for adapting on the task's own texts, 0 for a large corpus, between for what lies between.
    """

    labels: float | None = None
    overlap: float | None = None
    kind: float | None = None

    def row(self, columns: Sequence[str]) -> Array:
        """The values of ``columns``; labels as decimal logarithm, unknown as NaN."""
        values = {
            "labels": None if self.labels is None else np.log10(max(1.0, self.labels)),
            "overlap": self.overlap,
            "kind": self.kind,
        }
        return np.array([np.nan if values[c] is None else values[c] for c in columns], dtype=np.float64)


def features_of(case: Case) -> Features:
    """What was known of a published case beforehand."""
    return Features(case.train_documents, case.overlap, 1.0 if case.kind == "task_text" else 0.0)


@dataclass(frozen=True)
class GainModel:
    """A fitted predictor of the gain in points.

    Args:
        name: Which of :data:`CANDIDATES`.
        columns: Its features.
        intercept: Gain at the mean of every feature.
        coefficients: Points a standard deviation of each feature.
        center: Mean of each feature.
        scale: Standard deviation of each feature.
        lowest: Least value of each feature in the cases; nothing is extrapolated.
        highest: Greatest value.
        covariance: Posterior covariance of the coefficients.
        spread: Standard deviation of the gain between data sets that the features leave, in points.
        mean_error: Standard error of the intercept.
        data_sets: Distinct data sets behind it.
        rows: Cases behind it.
        errors: Root mean squared error of each candidate on left-out data sets, in points.
    """

    name: str
    columns: tuple[str, ...]
    intercept: float
    coefficients: Array
    center: Array
    scale: Array
    lowest: Array
    highest: Array
    covariance: Array
    spread: float
    mean_error: float
    data_sets: int
    rows: int
    errors: dict[str, float]

    def predict(self, features: Features) -> tuple[float, float]:
        """Expected gain of a new case and its standard deviation, in points.

        An unknown feature is set to its mean and its whole variance enters. A feature beyond the published
        range is set to the end of that range.
        """
        raw = features.row(self.columns)
        z = (np.clip(raw, self.lowest, self.highest) - self.center) / self.scale
        unknown = np.isnan(z)
        z = np.where(unknown, 0.0, z)
        variance = self.spread**2 + self.mean_error**2 + float(z @ self.covariance @ z)
        variance += float(((self.coefficients**2 + np.diag(self.covariance)) * unknown).sum())
        return self.intercept + float(self.coefficients @ z), float(np.sqrt(max(variance, 0.0)))

    def estimate(self, features: Features, level: float = 0.95) -> Estimate:
        """Expected gain with the interval for one new case, in points."""
        from scipy.stats import t

        mean, deviation = self.predict(features)
        half = float(t.ppf(0.5 + level / 2, self.degrees)) * deviation
        return Estimate(value=mean, low=mean - half, high=mean + half, level=level)

    def probability_above(self, features: Features, points: float) -> float:
        """Probability that the gain of a new case exceeds ``points``."""
        from scipy.stats import t

        mean, deviation = self.predict(features)
        return float(t.sf((points - mean) / deviation, self.degrees))

    @property
    def degrees(self) -> int:
        """Degrees of freedom of the interval."""
        return max(1, self.data_sets - 2)

    def describe(self) -> str:
        """The fit in one sentence."""
        parts = [f"{self.intercept:.2f} points on average"]
        words = {
            "labels": "tenfold labelled documents",
            "overlap": "10 points of overlap",
            "kind": "task text",
        }
        steps = {"labels": 1.0, "overlap": 10.0, "kind": 1.0}
        for name, coefficient, scale in zip(self.columns, self.coefficients, self.scale, strict=True):
            parts.append(f"{coefficient / scale * steps[name]:+.2f} for {words[name]}")
        return (
            f"{'; '.join(parts)}; standard deviation between cases {self.spread:.2f} points "
            f"({self.rows} published rows of {self.data_sets} data sets)"
        )


def evidence_model(leave_out: str | None = None, *, judged_only: bool = False) -> GainModel:
    """The model of all published cases, without those of data set ``leave_out``.

    Args:
        leave_out: A data set that must not be learnt from.
        judged_only: Whether to learn from the judged rows alone, to see what the others change.
    """
    return _selected(leave_out, judged_only)


@functools.cache
def _selected(leave_out: str | None, judged_only: bool) -> GainModel:
    rows = [c for c in cases() if c.dataset != leave_out and (c.judged or not judged_only)]
    errors = {name: left_out_error(rows, columns) for name, columns in CANDIDATES.items()}
    name = min(errors, key=lambda n: errors[n])
    return fit(rows, name, errors)


def left_out_error(rows: Sequence[Case], columns: Sequence[str]) -> float:
    """Root mean squared error, in points, of predicting each data set from the others.

    Every error counts by the weight of its row, see :func:`weights`.
    """
    squares = np.zeros(len(rows))
    for name in dict.fromkeys(c.dataset for c in rows):
        model = _fit(rows=[c for c in rows if c.dataset != name], columns=tuple(columns))
        for i, case in enumerate(rows):
            if case.dataset == name:
                squares[i] = (model.predict(features_of(case))[0] - case.gain) ** 2
    weight = weights(rows, between(rows)[0])
    return float(np.sqrt(squares @ weight / weight.sum()))


def between(rows: Sequence[Case]) -> tuple[float, float, float]:
    """Variance between data sets, mean gain and its standard error, by random-effects meta-analysis."""
    from statsmodels.stats.meta_analysis import combine_effects

    names = list(dict.fromkeys(c.dataset for c in rows))
    groups = [[c for c in rows if c.dataset == name] for name in names]
    gains = np.array([np.mean([c.gain for c in group]) for group in groups])
    noise = np.array([np.mean([c.noise for c in group]) for group in groups])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few data sets: the iteration may stop at its limit
        found = combine_effects(gains, noise, method_re="iterated")
    return max(float(found.tau2), LEAST_SPREAD**2), float(found.mean_effect_re), float(found.sd_eff_w_re)


def weights(rows: Sequence[Case], variance: float) -> Array:
    """Weight of each row: 1 over the rows of a data set together, less where seeds scatter."""
    count: dict[str, int] = {}
    for case in rows:
        count[case.dataset] = count.get(case.dataset, 0) + 1
    return np.array([variance / (variance + c.noise) / count[c.dataset] for c in rows])


def fit(rows: Sequence[Case], name: str, errors: dict[str, float]) -> GainModel:
    """One candidate fitted on ``rows``."""
    return _fit(rows=rows, columns=CANDIDATES[name], name=name, errors=errors)


def _fit(
    rows: Sequence[Case], columns: tuple[str, ...], name: str = "", errors: dict[str, float] | None = None
) -> GainModel:
    variance, mean, error = between(rows)
    gains = np.array([c.gain for c in rows])
    weight = weights(rows, variance)
    names = len({c.dataset for c in rows})
    if not columns:
        empty = np.zeros(0)
        fitted: dict[str, Any] = {
            "intercept": mean,
            "coefficients": empty,
            "center": empty,
            "scale": empty,
            "lowest": empty,
            "highest": empty,
            "covariance": np.zeros((0, 0)),
            "spread": float(np.sqrt(variance)),
            "mean_error": error,
        }
    else:
        fitted = _ridge(np.array([features_of(c).row(columns) for c in rows]), gains, weight)
    return GainModel(
        name=name, columns=columns, data_sets=names, rows=len(rows), errors=errors or {}, **fitted
    )


def _ridge(table: Array, gains: Array, weight: Array) -> dict[str, Any]:
    from sklearn.linear_model import BayesianRidge

    center, scale = np.nanmean(table, axis=0), np.nanstd(table, axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    z = np.nan_to_num((table - center) / scale)  # an unknown feature of a case is set to the mean
    model = BayesianRidge().fit(z, gains, sample_weight=weight)
    spread = float(1 / np.sqrt(model.alpha_))
    return {
        "intercept": float(model.intercept_),
        "coefficients": np.asarray(model.coef_, dtype=np.float64),
        "center": center,
        "scale": scale,
        "lowest": np.nanmin(table, axis=0),
        "highest": np.nanmax(table, axis=0),
        "covariance": np.asarray(model.sigma_, dtype=np.float64),
        "spread": spread,
        "mean_error": spread / float(np.sqrt(weight.sum())),
    }
