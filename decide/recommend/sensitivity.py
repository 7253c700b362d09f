"""What moves the answer: each assumption at both ends of a range, and the rule applied again."""

from __future__ import annotations

from decide.decision_records import End, Sensitivity
from decide.recommend.case import OTHERS, PRICES, Case, Lever
from decide.wording import dollars, in_unit, significant
from decide.workload import Parameter

UTILISATION = (0.1, 0.9)
HALF_AND_DOUBLE = "half and double; a range assumed by this library"
BOUNDS = "from a machine that mostly waits to one that is nearly full; a range assumed by this library"
GIVEN = "range given in the workload"


def sensitivity(case: Case) -> list[Sensitivity]:
    """Every assumption that the costs or the answer rest on, the largest swing of the cost first.

    Empty if no arm is eligible, because then no cost is that of an answer.
    """
    if case.verdict.arm is None:
        return []
    parameters: tuple[Parameter, ...] = (*OTHERS, *PRICES)
    found = [_varied(case, lever) for lever in map(case.lever, parameters) if lever is not None]
    rows = [row for row in found if row is not None]
    return sorted(rows, key=lambda row: (-row.swing, not row.changes))


def _varied(case: Case, lever: Lever) -> Sensitivity | None:
    low, high, source = _range(case, lever)
    if low == high:
        return None
    chosen = case.verdict.arm
    assert chosen is not None
    ends = []
    for value in (low, high):
        verdict = case.at(lever, value)
        ends.append(
            End(
                value=value,
                usd=verdict.costs[chosen].horizon,
                outcome=verdict.outcome,
                arm=verdict.arm,
            )
        )
    changes = any((end.outcome, end.arm) != case.verdict.answer for end in ends)
    return Sensitivity(
        parameter=lever.parameter,
        name=lever.name,
        unit=lever.unit,
        base=lever.base,
        base_usd=case.verdict.costs[chosen].horizon,
        low=ends[0],
        high=ends[1],
        changes=changes,
        source=source,
        statement=_statement(case, lever, ends[0], ends[1], changes),
    )


def _range(case: Case, lever: Lever) -> tuple[float, float, str]:
    given = case.workload.ranges.get(lever.parameter)
    if given is not None:
        return (*given, GIVEN)
    if lever.parameter == "utilisation":
        return min(UTILISATION[0], lever.base), max(UTILISATION[1], lever.base), BOUNDS
    return lever.base / 2, lever.base * 2, HALF_AND_DOUBLE


def _statement(case: Case, lever: Lever, low: End, high: End, changes: bool) -> str:
    chosen = case.verdict.arm
    span = f"{significant(low.value)} to {in_unit(high.value, lever.unit)}"
    told = f"{lever.name}, {span}: {chosen} costs {dollars(low.usd)} to {dollars(high.usd)}"
    if not changes:
        return f"{told}; the answer stays."
    says = [
        f"at {significant(end.value)} {answer(end.outcome, end.arm)}"
        for end in (low, high)
        if (end.outcome, end.arm) != case.verdict.answer
    ]
    return f"{told}; {' and '.join(says)}."


def answer(outcome: str, arm: str | None) -> str:
    """An answer as part of a sentence."""
    if outcome == "none_eligible":
        return "no arm meets the constraints"
    return f"the answer would be {arm}" if outcome == "ship" else f"one could not tell, and {arm} would lead"
