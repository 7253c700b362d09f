"""Advice before any training: plain data, saved as JSON with a schema version."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from decide.records import Estimate, Record
from decide.workload import Assumption, Workload

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION = 1

Action = Literal["run", "run if the one before does not suffice", "skip"]


class Reason(Record):
    """One thing that speaks for or against a step, with where it comes from."""

    text: str
    source: str


class StepCost(Record):
    """What a step is estimated to cost.

    Fields are ``None`` where no honest figure can be given; ``basis`` then says why.

    Args:
        seconds: Time on this machine to train one seed.
        usd: The same, or the tokens of scoring dev and test once, in US dollars.
        usd_per_month: Serving the workload's documents for a month.
        basis: The arithmetic in words.
    """

    seconds: float | None = None
    usd: float | None = None
    usd_per_month: float | None = None
    basis: str


class Step(Record):
    """One arm, or one rung of adaptation, with what to do about it.

    ``gain`` is the expected difference in score (0 to 1) against the same encoder fine-tuned without
    adaptation, for one new case; ``None`` where nothing published allows an estimate.
    ``probability_worth`` is the probability that the gain exceeds what the step must bring.
    """

    arm: str
    rung: str | None = None
    action: Action
    gain: Estimate | None = None
    gain_basis: str
    must_bring: float | None = Field(default=None, description="least gain in score that is worth the step")
    probability_worth: float | None = None
    cost: StepCost
    reasons: list[Reason]

    @property
    def name(self) -> str:
        """Arm and rung."""
        return f"{self.arm} ({self.rung})" if self.rung else self.arm


class Resemblance(Record):
    """A published case like this one. ``gain`` and its standard deviation over seeds are in score."""

    dataset: str
    domain: str
    task: str
    kind: str
    train_documents: int | None
    gain: float
    gain_sd: float
    similarity: str
    source: str


class Advice(Record):
    """Which arms and rungs are worth running, in which order, and why."""

    schema_version: int = SCHEMA_VERSION
    domain: str
    model: str
    workload: Workload
    headline: str
    steps: list[Step] = Field(description="in the order to run them; steps to skip come last")
    resembles: list[Resemblance]
    predictor: str = Field(description="the model of published gains, in words")
    predictor_method: str
    assumptions: list[Assumption]
    notes: list[str] = Field(default=[])
    confidence: Literal["low", "moderate"]
    confidence_statement: str

    def step(self, arm: str, rung: str | None = None) -> Step:
        """The step of an arm and rung.

        Raises:
            KeyError: If there is none.
        """
        for step in self.steps:
            if (step.arm, step.rung) == (arm, rung):
                return step
        raise KeyError(
            f"No step {arm!r} with rung {rung!r}; steps are {', '.join(s.name for s in self.steps)}"
        )

    def table(self) -> pd.DataFrame:
        """One row a step; gains in score, costs in seconds and US dollars, missing numbers NaN."""
        import pandas as pd

        rows = []
        for step in self.steps:
            gain = step.gain
            rows.append(
                {
                    "arm": step.arm,
                    "rung": step.rung or "",
                    "action": step.action,
                    "gain": None if gain is None else gain.value,
                    "low": None if gain is None else gain.low,
                    "high": None if gain is None else gain.high,
                    "worth_it": step.probability_worth,
                    "train_s": step.cost.seconds,
                    "train_usd": step.cost.usd,
                    "usd_per_month": step.cost.usd_per_month,
                    "why": " ".join(r.text for r in step.reasons),
                }
            )
        return pd.DataFrame(rows)

    def to_json(self, path: str | Path) -> Path:
        """Write the advice to ``path``, whole or not at all, and return the path."""
        from decide.files import write_atomically

        return write_atomically(Path(path), self.model_dump_json(indent=1))

    @classmethod
    def load(cls, path: str | Path) -> Advice:
        """Read advice that :meth:`to_json` wrote.

        Raises:
            DecideError: If the file is missing, holds something else, or was written by a newer version.
        """
        from decide.files import read_saved

        return read_saved(path, cls, SCHEMA_VERSION, what="advice", writer="Advice.to_json")

    def __repr__(self) -> str:
        return f"Advice({self.domain!r}, model={self.model!r}; {self.headline})"

    __str__ = __repr__

    def _repr_html_(self) -> str:
        """Rich display in notebooks: the headline and the table."""
        from html import escape

        return f"<p><strong>{escape(self.headline)}</strong></p>" + self.table().to_html(
            index=False, escape=True
        )
