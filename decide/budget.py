"""A budget for the answers of language models, and the record of what they have cost."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from arms.llm.spending import Limit, Purse, Spent
from decide.records import Record
from evalsets import DecideError
from evalsets.explain import listed

SPENDING = "spending.jsonl"
"""File of a run directory."""


class Budget(BaseModel):
    """The most that answers of language models may cost; when it is used up no further request is sent.

    Everything that is really asked for counts, over all attempts in the same run directory: choosing shots,
    timing single documents, dev, test, repetitions. Answers taken from the run directory cost nothing.
    Requests that are under way when the limit is reached are still paid for: at most as many as the server's
    ``concurrency``. Requests that failed are not counted, as no server says what they took.

    Args:
        usd: US dollars, for models on other machines, at the prices of the report. Servers on this machine
            cost no money here; their tokens count.
        tokens: Tokens read and written, cached ones included.
        per: Whether this is for the whole comparison or for each arm.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    usd: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    tokens: Annotated[int, Field(gt=0)] | None = None
    per: Literal["comparison", "arm"] = "comparison"

    @field_validator("tokens", mode="before")
    @classmethod
    def _whole(cls, value: object) -> object:
        """Two million is often written 2e6, which YAML reads as a number or as text."""
        if isinstance(value, str):
            try:
                value = float(value.replace("_", ""))
            except ValueError:
                return value
        return int(value) if isinstance(value, float) and value.is_integer() else value

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.usd is None and self.tokens is None:
            raise ValueError("give usd, tokens or both, such as {usd: 5} or {tokens: 2000000}")
        return self

    def limit(self) -> Limit:
        """The same, as arms are told it."""
        return Limit(self.usd, self.tokens, self.per)


class ArmSpending(Record):
    """What was asked for one arm: answers, tokens, US dollars at the price of then (0 on this machine)."""

    arm: str
    answers: int
    input_tokens: int
    output_tokens: int
    usd: float


class Spending(Record):
    """What answers of language models have cost in a run directory so far, and the budget."""

    budget: Budget | None = None
    arms: list[ArmSpending] = Field(default=[])

    @property
    def usd(self) -> float:
        """US dollars of all arms."""
        return sum(arm.usd for arm in self.arms)

    @property
    def tokens(self) -> int:
        """Tokens of all arms."""
        return sum(arm.input_tokens + arm.output_tokens for arm in self.arms)


def check_budget(budget: object) -> Budget | None:
    """The budget given to ``compare``, also as a mapping.

    Raises:
        DecideError: Naming what is wrong with it.
    """
    if budget is None or isinstance(budget, Budget):
        return budget
    try:
        return Budget.model_validate(budget)
    except ValidationError as error:
        raise DecideError(
            f"budget: {listed(error)}. Give decide.Budget(usd=5) or decide.Budget(tokens=2_000_000)."
        ) from None


def spending_of(run_dir: Path, budget: Budget | None) -> Spending | None:
    """What was spent in a run directory; ``None`` if nothing was and there is no budget."""
    purse = Purse(run_dir / SPENDING, "")
    arms = purse.arms()
    if not arms and budget is None:
        return None
    return Spending(budget=budget, arms=[_record(name, spent) for name, spent in arms.items()])


def _record(name: str, spent: Spent) -> ArmSpending:
    return ArmSpending(
        arm=name,
        answers=spent.answers,
        input_tokens=spent.input_tokens,
        output_tokens=spent.output_tokens,
        usd=spent.usd,
    )
