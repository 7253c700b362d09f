"""What the protocols record: plain data in a saved comparison."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from decide.records import Estimate, Record


class CurvePoint(Record):
    """An arm at one label budget.

    ``labels`` counts the labels that the arm used of the ``budget``; ``label_usd`` is their price.
    """

    budget: int
    labels: int
    score: Estimate
    seed_scores: list[float]
    label_usd: float
    run_keys: list[str]


class ArmCurve(Record):
    """An arm over growing budgets; the last point is the full set.

    An arm that is ``flat`` uses no labels, or no more than the smallest budget has, and ran once.
    """

    arm: str
    flat: bool
    points: list[CurvePoint]
    last_gain: Estimate | None = Field(
        default=None, description="score on the full set minus that at the largest budget below it"
    )
    enough: int | None = Field(
        default=None,
        description="smallest budget that is within the margin of the full set in 95% of resamples",
    )
    failure: str | None = None


class BudgetPair(Record):
    """Paired difference of two arms at a budget; ``difference`` is first minus second, corrected by Holm."""

    first: str
    second: str
    difference: Estimate
    p_adjusted: float
    different: bool


class BudgetStanding(Record):
    """Who leads at a budget, and every paired difference there."""

    budget: int
    label_usd: float
    leader: str
    probability_best: float
    pairs: list[BudgetPair]


class Crossing(Record):
    """From which budget on one arm is ahead of another.

    ``labels`` is where ``winner``, ahead on the full set, overtakes ``loser`` for good, interpolated on
    the logarithm of the budget; ``None`` if that is not within the budgets tried. An end of the interval
    that is ``None`` lies outside of the budgets tried.
    """

    winner: str
    loser: str
    status: Literal["crosses", "ahead throughout", "level"]
    labels: float | None = None
    low: float | None = None
    high: float | None = None
    probability_ahead: float = Field(description="share of resamples in which the winner ends ahead")
    label_usd: float | None = None
    statement: str


class LearningCurve(Record):
    """Scores over growing label budgets, nested subsets that all arms share."""

    budgets: list[int] = Field(description="budgets tried, the full set last")
    label_price_usd: float
    curves: list[ArmCurve]
    standings: list[BudgetStanding]
    crossings: list[Crossing]
    statements: list[str] = Field(description="what follows, in sentences")


class ReliabilityBin(Record):
    """Answers whose stated probability lies above ``low`` up to ``high``; ``items`` is a mean over seeds."""

    low: float
    high: float
    confidence: float
    accuracy: float
    items: float


class Calibration(Record):
    """How far stated probabilities hold, as stated and after temperature scaling fitted on dev.

    ``ece`` has bins of equal width. ``ece_change`` is after minus before, on the same items.
    """

    ece: Estimate
    ece_equal_mass: Estimate
    brier: Estimate
    temperatures: list[float] = Field(description="one a seed")
    ece_after: Estimate
    ece_equal_mass_after: Estimate
    brier_after: Estimate
    ece_change: Estimate
    mean_confidence: float
    accuracy: float
    answered: float = Field(description="test items with an answer and probabilities, mean over seeds")
    bins: list[ReliabilityBin]
    bins_after: list[ReliabilityBin]
    statement: str


class CascadePoint(Record):
    """A cascade if a share ``deferral`` of the test documents went on to its second part."""

    deferral: float
    per_1000_usd: float
    p95_ms: float
    score: float


class CascadeResult(Record):
    """How a cascade cuts, and what it would be with other cuts.

    ``curve`` is over thresholds on test: it shows the room there is and was not used for choosing, which
    dev did. ``egress_share`` is the share of documents that goes to another machine.
    """

    arm: str
    first: str
    then: str
    thresholds: list[float] = Field(description="one a seed, picked on dev")
    temperatures: list[float] = Field(description="of the first part, one a seed")
    deferral_dev: float
    deferral_test: float
    egress_share: float
    curve: list[CascadePoint]
    statement: str


class HeldOutGroup(Record):
    """An arm on one group that it did not learn from, beside groups that it did."""

    group: str
    items: int
    in_domain: Estimate
    out_of_domain: Estimate
    drop: Estimate


class ArmGeneralisation(Record):
    """How much an arm loses on groups it has not seen; ``drop`` is in-domain minus out-of-domain score.

    The probabilities are shares of resamples in which the arm has the highest score out of domain, and
    the smallest drop; the latter is ``None`` for an arm that reads no text.
    """

    arm: str
    in_domain: Estimate
    out_of_domain: Estimate
    drop: Estimate
    probability_best: float
    probability_smallest_drop: float | None = None
    groups: list[HeldOutGroup]


class Generalisation(Record):
    """Scores on sources seen in training and on others.

    ``source`` says where the figures come from: the test set as it is, of which train lacks some groups,
    or runs of their own in which each of ``held_out`` in turn was kept out of training.
    """

    source: Literal["test set", "held out in turn"]
    held_out: list[str]
    in_domain_from: Literal["test", "dev"]
    arms: list[ArmGeneralisation]
    best: str | None = Field(default=None, description="arm with the highest score out of domain")
    smallest_drop: str | None = None
    failures: dict[str, str] = Field(default={}, description="arm to why it is missing")
    statement: str


class PerturbationSummary(Record):
    """What was done to the test texts, and to how many of them."""

    name: str
    description: str
    config: dict[str, Any]
    changed: int
    items: int


class PerturbationDrop(Record):
    """An arm on texts perturbed in one way; ``drop`` is the score as it was minus that after.

    ``changed_answers`` is the share of test items that were answered otherwise, mean over seeds.
    """

    perturbation: str
    score: Estimate
    drop: Estimate
    changed_answers: float


class ArmRobustness(Record):
    """An arm under every perturbation; ``mean_drop`` is over those that changed any text."""

    arm: str
    drops: list[PerturbationDrop]
    mean_drop: Estimate
    worst: str
    statement: str


class Robustness(Record):
    """Arms on damaged texts, the same for all of them."""

    seed: int
    perturbations: list[PerturbationSummary]
    left_out: dict[str, str] = Field(default={}, description="perturbation to why it was not applied")
    arms: list[ArmRobustness]
    statements: list[str]
