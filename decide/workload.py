"""What production needs and what things cost: the user's side of the decision."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Assumption(BaseModel):
    """A number that was not measured here, with where it comes from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    value: float
    unit: str
    source: str


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
        source: Where the figures come from, shown in the report.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    cpu_core_hour: Annotated[float, Field(ge=0)] = 0.05
    gpu_hour: Annotated[float, Field(ge=0)] = 1.0
    utilisation: Annotated[float, Field(gt=0, le=1)] = 0.5
    label: Annotated[float, Field(ge=0)] = 0.0
    input_million_tokens: Annotated[float, Field(ge=0)] | None = None
    cached_million_tokens: Annotated[float, Field(ge=0)] | None = None
    output_million_tokens: Annotated[float, Field(ge=0)] | None = None
    source: str = (
        "assumption of this library: the order of on-demand list prices of general-purpose cloud machines "
        "in 2025; replace by your own"
    )


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
