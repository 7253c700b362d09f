"""What is saved of a pair of arms beside the difference: what could be seen, and what is close enough."""

from __future__ import annotations

from pydantic import Field

from decide.records import Record


class NonInferiority(Record):
    """Whether either arm of a pair is at most ``margin`` worse than the other.

    ``low`` and ``high`` are one-sided bounds of the difference, first minus second, each at ``level``.
    """

    margin: float
    level: float = Field(description="of each one-sided bound; the test's alpha is 1 minus this")
    low: float
    high: float
    first_not_inferior: bool = Field(description="low is above minus the margin")
    second_not_inferior: bool = Field(description="high is below the margin")
    equivalent: bool = Field(description="both: the difference is within the margin either way")


class Power(Record):
    """What difference between two arms this test set could show, and what it would take to show the one seen.

    Standard errors are those of the difference. ``items_needed`` and ``seeds_needed`` take the observed
    difference at face value and change one of the two; they are ``None`` where the question is settled, the
    observed difference is 0, or no number within reach would do, as ``statement`` says.
    """

    power: float = Field(description="probability of detection that is asked for")
    alpha: float = Field(description="level of the test: 0.05 divided by the number of pairs")
    detectable: float = Field(description="smallest true difference that would be detected so often")
    error_items: float = Field(description="standard error from the choice of test items")
    error_seeds: float | None = Field(description="standard error from seeds; None with one run each")
    items: int = Field(description="test items now")
    groups: int | None = Field(default=None, description="groups now, where those are the units")
    seeds: int = Field(description="runs of the arm that has more")
    items_needed: int | None = Field(default=None, description="test items in all, with the seeds as now")
    seeds_needed: int | None = Field(default=None, description="seeds in all, with the items as now")
    statement: str = Field(description="the answer in plain words")
