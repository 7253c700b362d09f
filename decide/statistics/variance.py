"""Variance of scores and differences, with what test items and what seeds contribute.

Items and seeds are crossed random effects: every seed answers the same items. That is the design of
reader studies in radiology (readers are seeds, cases are items), whose analysis is used here: jackknife
pseudovalues over cases (Dorfman, Berbaum and Metz 1992, Investigative Radiology 27:723-731), the variance
components of Obuchowski and Rockette (1995, Communications in Statistics B 24:285-308), which are the same
analysis (Hillis et al. 2005, Statistics in Medicine 24:1579-1607), and degrees of freedom after
Satterthwaite in which only mean squares that vary freely count (Hillis 2007, Statistics in Medicine
26:596-619). statsmodels' mixed models assume a linear model of single answers and do not cover F1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from decide.statistics.scored import Array, Scored, seed_scores
from evalsets import Task


@dataclass(frozen=True)
class Measured:
    """One arm as variance sees it.

    Args:
        scores: Score of each seed, shape ``(seeds,)``.
        pseudo: Jackknife pseudovalues, shape ``(units, seeds)``.
    """

    scores: Array
    pseudo: Array


@dataclass(frozen=True)
class SeedTerm:
    """What the seeds of one arm add to the variance.

    Args:
        between: Variance of the mean over seeds by the spread of seed scores.
        inside: The part of it that comes from items on which seeds disagree, at most ``between``.
        degrees: Seeds minus 1.
    """

    between: float
    inside: float
    degrees: int


@dataclass(frozen=True)
class Components:
    """Variance of a score, or of a difference of two, as it was measured.

    Args:
        items: What the choice of items adds however many seeds there are, shrinking with items.
        units: Items, or groups if those are the units.
        terms: What seeds add, one term for each arm that has several.
    """

    items: float
    units: int
    terms: tuple[SeedTerm, ...] = ()

    @property
    def interaction(self) -> float:
        """What items on which seeds disagree add, shrinking with items and with seeds."""
        return sum(term.inside for term in self.terms)

    @property
    def seeds(self) -> float:
        """What the choice of seeds adds however many items there are, shrinking with seeds."""
        return sum(term.between - term.inside for term in self.terms)

    @property
    def total(self) -> float:
        """The variance."""
        return self.items + sum(term.between for term in self.terms)

    @property
    def error(self) -> float:
        """The standard error."""
        return math.sqrt(self.total)

    @property
    def degrees(self) -> float:
        """Degrees of freedom of the variance (Satterthwaite 1946; Hillis 2007); at least 1."""
        spread = self.items**2 / max(self.units - 1, 1)
        spread += sum(term.between**2 / term.degrees for term in self.terms)
        return max(1.0, self.total**2 / spread) if spread > 0 else max(1.0, self.units - 1.0)

    def scaled(self, units: int, seeds: float = 1.0) -> Components:
        """What to expect of another number of units, and of ``seeds`` times as many seeds.

        Args:
            units: Items, or groups.
            seeds: Factor on the number of seeds of every arm that has several.
        """
        by_units = self.units / units
        terms = []
        for term in self.terms:
            inside = term.inside * by_units / seeds
            between = (term.between - term.inside) / seeds + inside
            terms.append(SeedTerm(between, inside, max(1, round((term.degrees + 1) * seeds) - 1)))
        return Components(self.items * by_units, units, tuple(terms))


def measure(task: Task, arm: Scored) -> Measured:
    """Seed scores and jackknife pseudovalues of an arm whose rows are units.

    The pseudovalue of a unit is ``n * score - (n - 1) * score without it`` (Tukey 1958): the metric turned
    into one number a unit whose mean is the metric up to bias.
    """
    scores = seed_scores(task, arm)
    n = len(arm.statistics[0])
    if n < 2:
        return Measured(scores, np.tile(scores, (n, 1)))
    left_out = np.stack([task.score_from_statistics(s.sum(axis=0) - s) for s in arm.statistics], axis=1)
    return Measured(scores, n * scores - (n - 1) * left_out)


def interaction_of(arm: Measured) -> float:
    """Variance of the mean score that comes from seeds disagreeing on single units."""
    n, seeds = arm.pseudo.shape
    if seeds < 2 or n < 2:
        return 0.0
    rest = arm.pseudo - arm.pseudo.mean(axis=1, keepdims=True)
    rest -= rest.mean(axis=0)
    return float((rest**2).sum() / ((n - 1) * (seeds - 1)) / (n * seeds))


def between_of(arm: Measured) -> float:
    """Variance of the mean score from the spread of seed scores, which holds the interaction, too."""
    seeds = len(arm.scores)
    return float(arm.scores.var(ddof=1) / seeds) if seeds > 1 else 0.0


def components(arms: Sequence[tuple[float, Measured]]) -> Components:
    """Variance of a weighted sum of scores of arms that saw the same items.

    Args:
        arms: Weight and measurement of each: ``(1, a)`` for a score, ``(1, a), (-1, b)`` for a difference.
            Seeds of different arms are taken as independent.
    """
    units = len(arms[0][1].pseudo)
    mean = sum(weight * arm.pseudo.mean(axis=1) for weight, arm in arms)
    shared = float(np.var(mean, ddof=1) / units) if units > 1 else 0.0
    terms = []
    for weight, arm in arms:
        inside, between = weight**2 * interaction_of(arm), weight**2 * between_of(arm)
        # The spread of seed scores holds the interaction already, so it must not be counted with items.
        shared -= inside
        if between > 0:
            terms.append(SeedTerm(between, min(inside, between), len(arm.scores) - 1))
    return Components(max(shared, 0.0), units, tuple(terms))


def difference(first: Measured, second: Measured, *, shared_seeds: bool = False) -> Components:
    """Variance of the difference of two arms' scores.

    Args:
        first: One arm.
        second: The other.
        shared_seeds: Whether a seed stands for the same thing in both, such as a subset of the training
            data, so that seeds are paired where both have equally many.
    """
    if shared_seeds and len(first.scores) == len(second.scores):
        return components([(1.0, Measured(first.scores - second.scores, first.pseudo - second.pseudo))])
    return components([(1.0, first), (-1.0, second)])
