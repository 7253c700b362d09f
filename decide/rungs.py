"""What each rung of adaptation gained over fine-tuning the same encoder as it is.

Two mistakes are named here: skipping adaptation where it pays, and over-investing in it where fine-tuning
suffices. The numbers are those of the paired comparison; nothing is computed anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from decide.comparison import ArmResult, PairResult, RungResult
from decide.domain_gap.report import GapReport
from decide.records import Estimate
from decide.wording import p_value

Verdict = Literal["gain", "no gain shown", "loss", "not compared"]

ADAPTED, PLAIN = "domain_adapted", "fine_tuned"
POINTS = 100
"""A score of 0.01 is one point."""
WIDE = ("marked", "severe")
"""Levels of the gap at which leaving adaptation out needs a reason."""
ONE_SEED = " It rests on one seed, so the chance of training is not in the interval."
_NOT_TUNING = ("kind", "name", "model")
_MEANING = {
    "gain": "Adaptation pays here, and skipping it would have been a mistake",
    "loss": "Adaptation hurts here",
    "no gain shown": "Adaptation would be an over-investment unless more data shows a gain",
}


def find_rungs(arms: Sequence[ArmResult], pairs: Sequence[PairResult]) -> list[RungResult]:
    """The verdict on every arm that adapted and finished, in the order of ``arms``.

    Args:
        arms: Results of all arms.
        pairs: Paired differences between those that finished, as :func:`statistics.compare_pairs` gives.
    """
    return [_rung(arm, arms, pairs) for arm in arms if arm.kind == ADAPTED and arm.status == "ok"]


def reasons(rungs: Iterable[RungResult], chosen: str | None) -> list[tuple[str, float]]:
    """What the compared rungs say for or against adaptation, that of the chosen arm first, the rest by gain.

    Returns:
        A sentence and the difference in score that it rests on, adapted minus base.
    """
    compared = [(rung, rung.difference) for rung in rungs if rung.difference is not None]
    compared.sort(key=lambda part: (part[0].arm != chosen and part[0].base != chosen, -part[1].value))
    return [
        (f"{_MEANING[rung.verdict]}: {rung.statement}", difference.value) for rung, difference in compared
    ]


def next_steps(rungs: Sequence[RungResult], arms: Sequence[ArmResult], gap: GapReport | None) -> list[str]:
    """What to run so that adaptation is judged at all."""
    steps = [rung.statement for rung in rungs if rung.verdict == "not compared"]
    level = gap.severity.level if gap is not None else None
    if not any(arm.kind == ADAPTED for arm in arms) and level in WIDE:
        assert gap is not None
        steps.append(
            f"Try adaptation before concluding on encoders: the domain gap of {gap.model} is {level}, and no "
            "adapted arm was compared. Add a DomainAdapted arm."
        )
    return steps


def points(value: float) -> str:
    """A difference of scores in points, with a minus sign where there is one."""
    return f"{value * POINTS:.1f}".replace("-", "\u2212")


def _rung(arm: ArmResult, arms: Sequence[ArmResult], pairs: Sequence[PairResult]) -> RungResult:
    name = str(arm.config.get("rung", "not named"))
    base, why = _base(arm, arms)
    pair = None if base is None else next((p for p in pairs if {p.first, p.second} == {arm.name, base}), None)
    if base is None or pair is None:
        why = why or f"no paired difference between {arm.name} and {base} is there"
        return RungResult(
            arm=arm.name,
            rung=name,
            base=base,
            verdict="not compared",
            statement=f"Whether adaptation pays was not measured for {arm.name}: {why}.",
        )
    difference = pair.difference if pair.first == arm.name else pair.difference.turned()
    verdict = _verdict(difference, pair.different)
    return RungResult(
        arm=arm.name,
        rung=name,
        base=base,
        difference=difference,
        p_adjusted=pair.p_adjusted,
        verdict=verdict,
        statement=_statement(arm.name, base, difference, pair.p_adjusted, verdict)
        + (ONE_SEED if len(arm.seeds) < 2 else ""),
    )


def _base(arm: ArmResult, arms: Sequence[ArmResult]) -> tuple[str | None, str]:
    """The arm that fine-tunes the same encoder as it is with the same settings, or why there is none."""
    same = [a for a in arms if a.kind == PLAIN and _same_model(a, arm)]
    alike = [a for a in same if not _differing(a, arm)]
    finished = next((a.name for a in alike if a.status == "ok"), None)
    if finished is not None:
        return finished, ""
    if alike:
        return None, f"{alike[0].name}, which fine-tunes the same encoder as it is, has no result"
    if same:
        fields = ", ".join(_differing(same[0], arm))
        return None, f"{same[0].name} fine-tunes the same encoder but with other settings ({fields})"
    model = arm.config.get("model", "the same encoder")
    return None, f"no arm fine-tunes {model} as it is; add FineTuned with the same settings"


def _same_model(base: ArmResult, adapted: ArmResult) -> bool:
    """Equal weights, or where they are not known of both (an arm that failed has none), equal names."""
    if base.fingerprint and adapted.fingerprint:
        return set(base.fingerprint.values()) <= set(adapted.fingerprint.values())
    return bool(base.config.get("model") == adapted.config.get("model"))


def _differing(base: ArmResult, adapted: ArmResult) -> list[str]:
    """Settings of fine-tuning that are not the same; what only adaptation has does not count."""
    fields = [field for field in base.config if field not in _NOT_TUNING]
    return [f for f in fields if _plain(base.config[f]) != _plain(adapted.config.get(f))]


def _plain(value: Any) -> Any:
    """One value and a list of one mean the same."""
    if isinstance(value, list | tuple):
        return value[0] if len(value) == 1 else list(value)
    return value


def _verdict(difference: Estimate, different: bool) -> Verdict:
    if not different:
        return "no gain shown"
    return "gain" if difference.value > 0 else "loss"


def _statement(arm: str, base: str, difference: Estimate, p_adjusted: float, verdict: Verdict) -> str:
    """The verdict with its numbers; of a loss, the size of the loss."""
    shown = difference.turned() if verdict == "loss" else difference
    value, low, high = shown.value, shown.low, shown.high
    p = f"adjusted p {p_value(p_adjusted)}"
    evidence, missed = f"({p})", ""
    if low is not None and high is not None:
        evidence = f"({difference.level:.0%} interval {points(low)} to {points(high)}, {p})"
        if high > 0:
            missed = f"; a gain of up to {points(high)} points is not ruled out"
    if verdict == "gain":
        return f"{arm} gained {points(value)} points {evidence} over {base}, the same encoder as it is."
    if verdict == "loss":
        return f"{arm} lost {points(value)} points {evidence} against {base}, the same encoder as it is."
    size = f"{'+' if value >= 0 else ''}{points(value)} points"
    return f"{arm} did not beat {base}, the same encoder as it is: {size} {evidence}{missed}."
