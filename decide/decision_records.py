"""Saved records of the money side of a comparison: break-evens, what moves the answer, failure modes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from decide.records import Record

Outcome = Literal["ship", "cannot_tell", "none_eligible"]


class BreakEven(Record):
    """Where two arms cost the same, one-off and running cost together.

    ``documents`` is the volume in all, ``per_month`` that volume spread over the horizon, ``months`` how long
    the workload's volume takes to get there, and ``usd`` what either arm has cost then; all are ``None``
    where one arm is never dearer, or both always cost the same. Below the volume ``cheaper_below`` costs
    less,
    above it ``cheaper_above``.
    """

    first: str
    second: str
    documents: float | None = None
    per_month: float | None = None
    months: float | None = None
    usd: float | None = None
    cheaper_below: str | None = None
    cheaper_above: str | None = None
    statement: str


class Flip(Record):
    """A change under which the answer would be another, found by applying the rule again.

    ``threshold`` is the value of ``parameter`` from which on the answer changes and ``current`` the one it
    has
    now, both in ``unit``; they are ``None`` where the change is no number, such as that text may leave.
    ``arm`` is what the answer would then be, ``None`` if no arm would be eligible or it was not measured.
    """

    parameter: str
    text: str
    current: float | None = None
    threshold: float | None = None
    unit: str = ""
    arm: str | None = None
    outcome: Outcome | Literal["not measured"] = "ship"


class FailureMode(Record):
    """One of the two expensive mistakes: is the recommendation about to make it?

    ``value`` is the number that the verdict rests on, in ``unit``; ``None`` where nothing was measured.
    """

    kind: Literal["adaptation skipped where it pays", "over-investment where fine-tuning suffices"]
    risk: Literal["present", "avoided", "unknown"]
    text: str
    value: float | None = None
    unit: str = ""


class End(Record):
    """One end of a range: the value, what the chosen arm then costs, and what the answer then is."""

    value: float
    usd: float
    outcome: Outcome
    arm: str | None = None


class Sensitivity(Record):
    """An assumption varied over a range, everything else as it was.

    ``usd`` at each end is the cost over the horizon of the arm that the recommendation names; ``changes``
    says
    whether the answer is another at an end. ``source`` says where the range comes from.
    """

    parameter: str
    name: str
    unit: str
    base: float
    base_usd: float
    low: End
    high: End
    changes: bool
    source: str
    statement: str = Field(description="the row in one sentence")

    @property
    def swing(self) -> float:
        """By how much the cost moves from end to end, in US dollars."""
        return abs(self.high.usd - self.low.usd)
