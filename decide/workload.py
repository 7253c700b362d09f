"""What production needs and what things cost: the user's side of the decision."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from decide.energy import Energy

Parameter = Literal[
    "documents_per_month",
    "horizon_months",
    "machine_hour",
    "utilisation",
    "label",
    "engineering_day",
    "input_million_tokens",
    "output_million_tokens",
    "margin",
    "error_usd",
    "usd_per_point",
]
"""Assumptions that are varied to see whether the answer hangs on them."""
ZERO_ALLOWED = (
    "machine_hour",
    "label",
    "engineering_day",
    "input_million_tokens",
    "output_million_tokens",
    "margin",
)

TEXT_STAYS = "text_may_leave is false"
"""Stands in the reason why an arm that would send text elsewhere was refused."""


class Assumption(BaseModel):
    """A number that was not measured here, with where it comes from and as of when (empty if not known)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    value: float
    unit: str
    source: str
    date: str = ""


DEFAULT_SOURCE = (
    "assumption of this library: the order of on-demand list prices of general-purpose cloud machines "
    "in 2025; replace by your own"
)
DEFAULT_DATE = "2025"
USER_SOURCE = "the workload given to compare"


class Prices(BaseModel):
    """Prices in US dollars; every default is an assumption that the report shows with its source.

    Args:
        cpu_core_hour: One core of a rented CPU machine for an hour.
        gpu_hour: One accelerator for an hour.
        utilisation: Share of rented time that serves documents, in (0, 1].
        label: Labelling one training document. 0 when the labels already exist.
        input_million_tokens: A million input tokens of a remote model, instead of the price
            genai-prices lists.
        cached_million_tokens: The same for tokens read from the provider's cache; by default as input.
        output_million_tokens: The same for output tokens.
        engineering_day: A day of an engineer's work. 0 leaves engineering out, which the report then says.
        engineering_days: Days of work that bringing an arm into production takes, by kind of arm, such as
            ``{"fine_tuned": 5, "prompted": 3}``; kinds left out take none.
        source: Where the figures that you set come from, shown in the report.
        date: As of when they hold, such as ``2026-03``, shown in the report.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    cpu_core_hour: Annotated[float, Field(ge=0)] = 0.05
    gpu_hour: Annotated[float, Field(ge=0)] = 1.0
    utilisation: Annotated[float, Field(gt=0, le=1)] = 0.5
    label: Annotated[float, Field(ge=0)] = 0.0
    input_million_tokens: Annotated[float, Field(ge=0)] | None = None
    cached_million_tokens: Annotated[float, Field(ge=0)] | None = None
    output_million_tokens: Annotated[float, Field(ge=0)] | None = None
    engineering_day: Annotated[float, Field(ge=0)] = 0.0
    engineering_days: dict[str, Annotated[float, Field(ge=0)]] = Field(default={})
    source: str = DEFAULT_SOURCE
    date: str = DEFAULT_DATE

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Days without a price, or a price without days, would leave engineering out unnoticed."""
        if self.engineering_days and not self.engineering_day:
            raise ValueError("engineering_days needs engineering_day, the price of a day in US dollars")
        if self.engineering_day and not self.engineering_days:
            raise ValueError(
                "engineering_day needs engineering_days, such as {fine_tuned: 5}: days by kind of arm"
            )
        return self

    def origin(self, field: str) -> tuple[str, str]:
        """Source and date of one figure: the user's where the user set it, else this library's default."""
        default = type(self).model_fields[field].default
        own = field in self.model_fields_set
        if self.source == DEFAULT_SOURCE:
            own = own and getattr(self, field) != default  # a saved default is still one
        if not own:
            return DEFAULT_SOURCE, DEFAULT_DATE
        source = USER_SOURCE if self.source == DEFAULT_SOURCE else self.source
        return source, "" if self.date == DEFAULT_DATE else self.date


class Workload(BaseModel):
    """What the chosen arm must do in production.

    Args:
        documents_per_month: Volume.
        horizon_months: Period over which one-off costs are spread.
        max_p95_ms: Limit on warm p95 latency of a single document, in milliseconds.
        min_score: Lowest acceptable score, in [0, 1].
        max_cost_per_1000_usd: Limit on running cost.
        text_may_leave: Whether texts may be sent to another machine. Arms that would are not run
            unless this is true.
        margin: Difference in score, in [0, 1], that does not matter in practice; within it the
            cheaper arm is preferred.
        prices: Price assumptions.
        error_usd: What a wrong answer, or a document missed, costs in US dollars; one that is right in part
            costs its wrong part. With it, score is weighed against cost in money.
        usd_per_point: Instead, what a point of score (0.01) is worth over the horizon in US dollars.
        ranges: Lowest and highest value, in the assumption's own unit, over which an assumption is varied
            to see whether the answer hangs on it, such as ``{"documents_per_month": (5e4, 2e6)}``. By
            default prices, volume, horizon and margin are halved and doubled, and utilisation goes from
            0.1 to 0.9.
        energy: Where the machines stand; asks for energy to be measured (``pip install
            "decide-nlp[energy]"``).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    documents_per_month: Annotated[float, Field(gt=0)] = 100_000
    horizon_months: Annotated[float, Field(gt=0)] = 12
    max_p95_ms: Annotated[float, Field(gt=0)] | None = None
    min_score: Annotated[float, Field(ge=0, le=1)] | None = None
    max_cost_per_1000_usd: Annotated[float, Field(gt=0)] | None = None
    text_may_leave: bool = False
    margin: Annotated[float, Field(ge=0, lt=1)] = 0.01
    prices: Prices = Prices()
    error_usd: Annotated[float, Field(gt=0)] | None = None
    usd_per_point: Annotated[float, Field(gt=0)] | None = None
    ranges: dict[Parameter, tuple[float, float]] = Field(default={})
    energy: Energy | None = None

    @model_validator(mode="after")
    def _one_worth(self) -> Self:
        """An error has one price."""
        if self.error_usd is not None and self.usd_per_point is not None:
            raise ValueError("give error_usd or usd_per_point, not both: each says what score is worth")
        return self

    @field_validator("ranges")
    @classmethod
    def _ordered(cls, ranges: dict[Parameter, tuple[float, float]]) -> dict[Parameter, tuple[float, float]]:
        """Ranges run upwards, over values that the assumption can have."""
        for name, (low, high) in ranges.items():
            if not low < high:
                raise ValueError(
                    f"{name}: the range must go from a lower to a higher value, not {low:g} to {high:g}"
                )
            if low < 0 or (low == 0 and name not in ZERO_ALLOWED):
                raise ValueError(f"{name}: the range must stay above 0, and begins at {low:g}")
            if high > 1 and name in ("utilisation", "margin"):
                raise ValueError(f"{name}: the range must stay within 0 and 1, and ends at {high:g}")
        return ranges

    @property
    def documents(self) -> float:
        """Documents over the horizon."""
        return self.documents_per_month * self.horizon_months

    @property
    def score_usd(self) -> float | None:
        """US dollars over the horizon for a score of 1 against a score of 0; ``None`` if not given."""
        if self.error_usd is not None:
            return self.error_usd * self.documents
        return None if self.usd_per_point is None else self.usd_per_point * 100
