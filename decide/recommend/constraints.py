"""The workload's constraints: what keeps an arm from being shipped, and the limits that would let it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from decide.comparison import ArmResult
from decide.wording import dollars, milliseconds
from decide.workload import Workload


@dataclass(frozen=True)
class Violation:
    """One constraint that an arm does not meet.

    Args:
        field: Field of the workload.
        limit: Its value.
        needed: The value at which the arm would meet it.
        unit: Of both.
        text: What is wrong, in words.
        relaxed: "p95 latency may be 900 ms": what would have to hold.
    """

    field: str
    limit: float | None
    needed: float | None
    unit: str
    text: str
    relaxed: str


def violations(arm: ArmResult, workload: Workload, per_1000_usd: float | None = None) -> list[Violation]:
    """The constraints that an arm with a result does not meet.

    Args:
        arm: An arm with a result.
        workload: The constraints.
        per_1000_usd: Its running cost, where that is not the recorded one.
    """
    found = []
    if arm.data_flow is not None and arm.data_flow.leaves and not workload.text_may_leave:
        places = ", ".join(arm.data_flow.destinations)
        found.append(
            Violation(
                "text_may_leave",
                None,
                None,
                "",
                f"sends text to {places}, and text may not leave",
                f"text may go to {places}",
            )
        )
    limit, p95 = workload.max_p95_ms, None if arm.timing is None else arm.timing.latency.p95_ms
    if limit is not None and p95 is not None and p95 > limit:
        found.append(
            Violation(
                "max_p95_ms",
                limit,
                p95,
                "ms",
                f"p95 latency of {milliseconds(p95)} is over the limit of {milliseconds(limit)}",
                f"p95 latency may be {milliseconds(p95)} (now {milliseconds(limit)})",
            )
        )
    least, score = workload.min_score, None if arm.score is None else arm.score.value
    if least is not None and score is not None and score < least:
        found.append(
            Violation(
                "min_score",
                least,
                score,
                "score",
                f"score {score:.3f} is below the required {least:.3f}",
                f"a score of {score:.3f} is enough (now {least:.3f})",
            )
        )
    usd = per_1000_usd if per_1000_usd is not None or arm.cost is None else arm.cost.per_1000_usd
    most = workload.max_cost_per_1000_usd
    if most is not None and usd is not None and usd > most:
        found.append(
            Violation(
                "max_cost_per_1000_usd",
                most,
                usd,
                "US$ per 1,000 documents",
                f"costs {dollars(usd)} per 1,000 documents, over the limit of {dollars(most)}",
                f"1,000 documents may cost {dollars(usd)} (now {dollars(most)})",
            )
        )
    return found


def exclusions(arm: ArmResult, workload: Workload, per_1000_usd: float | None = None) -> list[str]:
    """Why an arm cannot be shipped under the workload; empty if it can."""
    if arm.status != "ok":
        return [arm.failure or arm.status]
    return [violation.text for violation in violations(arm, workload, per_1000_usd)]


def relaxed(workload: Workload, found: Sequence[Violation]) -> Workload:
    """The workload with exactly those constraints moved so far that they are met."""
    update: dict[str, Any] = {}
    for violation in found:
        update[violation.field] = True if violation.field == "text_may_leave" else violation.needed
    return workload.model_copy(update=update)
