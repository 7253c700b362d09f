"""The result of a comparison: plain data, saved as JSON with a schema version.

Every report is rendered from a :class:`Comparison` and nothing else, later and elsewhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from decide.brief import Brief
from decide.budget import Spending
from decide.decision_records import BreakEven, FailureMode, Flip, Sensitivity
from decide.domain_gap.report import GapReport
from decide.energy import EnergyUse
from decide.exporting import Exports
from decide.latency import Timing
from decide.pair_records import NonInferiority, Power
from decide.privacy.records import NetworkGuard, Privacy, Provider, RedactionRecord, TextFlow
from decide.protocols.injection_records import InjectionTest
from decide.protocols.records import Calibration, CascadeResult, Generalisation, LearningCurve, Robustness
from decide.protocols.stability_records import Stability
from decide.records import Environment, Estimate, Record
from decide.source import Source
from decide.workload import Assumption, Workload

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION = 1


class LabelResult(Record):
    """Scores of one label, averaged over seeds; ``support`` counts its gold items in test."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int


class GroupResult(Record):
    """Score on the test items of one group; ``seen`` says whether train has the group."""

    group: str
    seen: bool
    items: int
    score: Estimate


class CostLine(Record):
    """One part of a cost, with the arithmetic that gives it in words.

    ``usd`` is ``quantity`` × ``price`` where these are given; ``driver`` says which assumption the price is,
    ``source`` and ``date`` where it comes from.
    """

    name: str
    usd: float
    basis: str
    driver: str = ""
    quantity: float | None = None
    price: float | None = None
    source: str = ""
    date: str = ""


class Cost(Record):
    """Cost in US dollars: once, per 1,000 documents, and in total over the workload's horizon."""

    one_off_usd: float
    per_1000_usd: float
    horizon_usd: float
    one_off: list[CostLine]
    running: list[CostLine]


class DataFlow(Record):
    """Where texts went, and what kept them from going elsewhere."""

    destinations: list[str]
    leaves: bool
    guard: NetworkGuard | None = Field(default=None, description="what enforced that, where recorded")
    flows: list[TextFlow] = Field(default=[], description="which texts, in a run")
    provider: Provider | None = Field(default=None, description="as the user states it")
    redaction: RedactionRecord | None = None


class ErrorExample(Record):
    """A test item that an arm got wrong. ``item`` is its 0-based place in the test split."""

    item: int
    text: str
    gold: str
    predicted: str | None
    probability: float | None = None
    group: str | None = None
    reason: str | None = None


class ArmResult(Record):
    """Everything measured of one arm. Fields are ``None`` where ``status`` is not ``ok``."""

    name: str
    kind: str
    summary: str
    config: dict[str, Any]
    status: Literal["ok", "failed", "refused"] = "ok"
    failure: str | None = None
    seeds: list[int] = Field(default=[])
    score: Estimate | None = None
    seed_scores: list[float] = Field(default=[])
    other_scores: dict[str, float] = Field(
        default={}, description="the task's other metrics on test, mean over seeds"
    )
    groups: list[GroupResult] = Field(default=[])
    labels: list[LabelResult] = Field(default=[])
    confusion: list[list[float]] = Field(
        default=[], description="gold by predicted, mean count over seeds; the last column is 'no answer'"
    )
    unanswered: float = Field(default=0.0, description="test items without a usable answer, mean over seeds")
    unanswered_reasons: dict[str, int] = Field(default={}, description="reason to count, over all seeds")
    phase_seconds: dict[str, float] = Field(default={}, description="wall time by phase, mean over seeds")
    timing: Timing | None = None
    cost: Cost | None = None
    energy: EnergyUse | None = None
    energy_missing: str = Field(
        default="", description="why energy was not measured, or what its figures do not cover"
    )
    data_flow: DataFlow | None = None
    peak_memory_mb: float | None = None
    model_mb: float | None = None
    parameters: int | None = None
    input_tokens_per_document: float | None = None
    output_tokens_per_document: float | None = None
    examples: list[ErrorExample] = Field(default=[])
    calibration: Calibration | None = None
    calibration_missing: str = Field(default="", description="why calibration was not measured")
    facts: dict[str, Any] = Field(default={})
    notes: list[str] = Field(default=[])
    fingerprint: dict[str, str] = Field(default={})
    run_keys: list[str] = Field(default=[])
    cached: bool = Field(default=False, description="whether every run was read from the run directory")
    seed_facts: list[dict[str, Any]] = Field(
        default=[], description="for each seed, the facts that are not the same for all of them"
    )
    conditions: dict[str, Any] = Field(default={}, description="threads, number formats and the like")


class PairResult(Record):
    """Paired comparison of two arms on the same items; ``difference`` is first minus second."""

    first: str
    second: str
    difference: Estimate
    p_value: float
    p_adjusted: float
    test: str
    different: bool
    power: Power | None = None
    non_inferiority: NonInferiority | None = None


class RungResult(Record):
    """What one rung of adaptation gained over fine-tuning the same encoder as it is.

    ``difference`` is the adapted arm's score minus that of ``base``, on the same test items; it and
    ``p_adjusted`` are ``None`` where no arm fine-tunes the same encoder with the same settings.
    """

    arm: str
    rung: str
    base: str | None
    difference: Estimate | None = None
    p_adjusted: float | None = None
    verdict: Literal["gain", "no gain shown", "loss", "not compared"]
    statement: str = Field(description="the verdict in one sentence")


class Reason(Record):
    """One reason for the recommendation, tied to the number it rests on."""

    text: str
    value: float | None = None


class ArmStanding(Record):
    """How one arm stands under the workload."""

    name: str
    eligible: bool
    exclusions: list[str] = Field(default=[])
    probability_best: float | None = None
    expected_regret: float | None = Field(default=None, description="expected score lost to the best arm")
    probability_highest: float | None = Field(
        default=None, description="probability of the highest score, cost left aside"
    )
    expected_regret_usd: float | None = Field(
        default=None, description="expected loss in money to the best arm, if an error has a price"
    )


class Recommendation(Record):
    """The arm to ship, or an honest "cannot tell", or that none meets the constraints."""

    outcome: Literal["ship", "cannot_tell", "none_eligible"]
    arm: str | None
    headline: str = Field(description="the answer in one sentence")
    probability_best: float | None = None
    expected_regret: float | None = None
    probability_highest: float | None = Field(
        default=None, description="probability of the highest score, cost left aside"
    )
    expected_regret_usd: float | None = None
    reasons: list[Reason] = Field(default=[])
    flips: list[str] = Field(default=[], description="the texts of flip_details")
    flip_details: list[Flip] = Field(default=[])
    failure_modes: list[FailureMode] = Field(default=[])
    next_steps: list[str] = Field(default=[])
    standings: list[ArmStanding] = Field(default=[])


class DataSummary(Record):
    """The evaluation set as the report describes it."""

    name: str
    synthetic: bool
    task: dict[str, Any]
    metric: str
    labels: list[str]
    train: int
    dev: int
    test: int
    unlabeled: bool
    groups: dict[str, dict[str, int]] = Field(default={}, description="split to group to count")
    label_counts: dict[str, dict[str, int]] = Field(default={}, description="split to label to count")
    content_hash: str
    test_hash: str = Field(default="", description="of the test split alone; empty in old files")
    notes: list[str] = Field(default=[])


class Comparison(Exports, Record):
    """Arms side by side on one evaluation set, with the recommendation that follows."""

    schema_version: int = SCHEMA_VERSION
    title: str
    created: str
    data: DataSummary
    workload: Workload
    assumptions: list[Assumption]
    seeds: list[int]
    arms: list[ArmResult]
    pairs: list[PairResult]
    rungs: list[RungResult] = Field(default=[])
    break_evens: list[BreakEven] = Field(default=[], description="of every pair of arms with a cost")
    sensitivity: list[Sensitivity] = Field(default=[], description="the largest swing first")
    gap: GapReport | None = Field(
        default=None, description="the domain gap of the arms' encoder, if measured"
    )
    gap_missing: str = Field(default="", description="why the gap was not measured")
    cascades: list[CascadeResult] = Field(default=[])
    learning_curve: LearningCurve | None = Field(default=None, description="if label budgets were given")
    generalisation: list[Generalisation] = Field(
        default=[], description="on groups that training lacks: of test as it is, and held out in turn"
    )
    robustness: Robustness | None = Field(default=None, description="if perturbations were given")
    injection: InjectionTest | None = Field(default=None, description="if injections were given")
    stability: Stability | None = Field(default=None, description="flip rates between seeds and repetitions")
    source: Source | None = Field(default=None, description="where the data can be found again")
    privacy: Privacy | None = None
    brief: Brief | None = Field(default=None, description="client and questions, if given")
    spending: Spending | None = Field(
        default=None, description="what answers of language models have cost in the run directory, if any"
    )
    recommendation: Recommendation
    environment: Environment
    method: dict[str, str] = Field(default={}, description="how each statistic was computed, in words")
    wall_seconds: float = 0.0

    def __repr__(self) -> str:
        # Every field would bury the answer under thousands of lines.
        arms = ", ".join(arm.name for arm in self.arms)
        return f"Comparison({self.title!r}, arms: {arms}; {self.recommendation.headline})"

    __str__ = __repr__

    def arm(self, name: str) -> ArmResult:
        """The result of the arm called ``name``.

        Raises:
            KeyError: If there is none.
        """
        for arm in self.arms:
            if arm.name == name:
                return arm
        raise KeyError(f"No arm {name!r}; arms are {', '.join(a.name for a in self.arms)}")

    def table(self) -> pd.DataFrame:
        """One row an arm: score in [0, 1], seconds, milliseconds, documents/s, US dollars, megabytes."""
        from decide.table import to_frame

        return to_frame(self)

    def to_json(self, path: str | Path) -> Path:
        """Write the comparison to ``path``, whole or not at all, and return the path."""
        from decide.files import write_atomically

        return write_atomically(Path(path), self.model_dump_json(indent=1))


def load(path: str | Path) -> Comparison:
    """Read a comparison that :meth:`Comparison.to_json` wrote.

    Raises:
        DecideError: If the file is missing, is no comparison, or was written by a newer version.
    """
    from decide.files import read_saved

    return read_saved(
        path, Comparison, SCHEMA_VERSION, what="comparison", writer="Comparison.to_json or decide compare"
    )
