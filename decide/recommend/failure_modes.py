"""The two expensive mistakes, by name: is the recommendation about to make one of them?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from decide import rungs
from decide.comparison import ArmResult, RungResult
from decide.decision_records import FailureMode
from decide.recommend.case import Case
from decide.wording import dollars, percent

ENCODERS = (rungs.PLAIN, rungs.ADAPTED)
INVESTED = (rungs.ADAPTED, "prompted", "lora", "cascade")
"""Kinds of arm beyond fine-tuning: what one may over-invest in."""


def failure_modes(case: Case, gap_level: str | None = None) -> list[FailureMode]:
    """Both mistakes, each with whether it is about to be made and the number that this rests on.

    Args:
        case: What was measured.
        gap_level: Severity of the domain gap of the encoder, if it was measured and could be graded.
    """
    return [_skipped(case, gap_level), _over_invested(case)]


def _skipped(case: Case, gap_level: str | None) -> FailureMode:
    arms, chosen = case.evidence.arms, case.verdict.arm
    found = [r for r in rungs.find_rungs(arms, case.evidence.pairs) if r.difference is not None]
    if found:
        return _judged(case, max(found, key=_gain), chosen)
    if any(arm.kind == rungs.ADAPTED and arm.status == "ok" for arm in arms):
        text = (
            "An adapted arm ran, but none that fine-tunes the same encoder as it is with the same settings."
        )
        return _mode("unknown", text)
    if not any(arm.kind in ENCODERS for arm in arms):
        return _mode("unknown", "No encoder was compared, neither adapted nor as it is.")
    without = "No adapted arm has a result, so encoders are judged without adaptation."
    if gap_level in rungs.WIDE:
        return _mode("present", f"The domain gap is {gap_level}, and no adapted arm has a result: {RISK}")
    if gap_level is not None:
        return _mode(
            "unknown", f"{without} The domain gap is {gap_level}, which makes a large gain unlikely."
        )
    return _mode("unknown", f"{without} How wide the domain gap is was not established.")


RISK = "whatever is said here of encoders may be wrong for an adapted one."


def _judged(case: Case, best: RungResult, chosen: str | None) -> FailureMode:
    """Where adaptation was compared with the same encoder as it is."""
    assert best.difference is not None
    value = best.difference.value
    if best.verdict != "gain":
        return _mode("avoided", f"Adaptation was tried. {best.statement}", value)
    if chosen == best.arm:
        return _mode("avoided", f"The adapted arm is the answer. {best.statement}", value)
    if chosen == best.base and best.base is not None:
        why = case.verdict.excluded.get(best.arm)
        because = f"it {'; '.join(why)}" if why else _cost_reason(case, best.arm, best.base)
        return _mode("present", f"{best.statement} Still {best.base} is named, because {because}.", value)
    return _mode("avoided", f"{best.statement} The answer was weighed against the adapted arm.", value)


def _cost_reason(case: Case, adapted: str, base: str) -> str:
    extra = case.verdict.costs[adapted].horizon - case.verdict.costs[base].horizon
    if extra > 0:
        return (
            f"{adapted} costs {dollars(extra)} more over the horizon than that gain is worth under the "
            "workload"
        )
    return "the gain is within the margin of the workload"


def _over_invested(case: Case) -> FailureMode:
    chosen = case.verdict.arm
    if chosen is None:
        return _mode("unknown", "No arm is eligible.", over=True)
    eligible = [arm for arm in case.evidence.measured if not case.verdict.excluded[arm.name]]
    plain = [arm for arm in eligible if arm.kind not in INVESTED]
    if case.arm(chosen).kind in INVESTED:
        return _invested(case, chosen, plain)
    dear = [arm for arm in eligible if arm.kind in INVESTED and _extra(case, arm.name, chosen) > 0]
    if not dear:
        text = (
            f"{chosen} needs neither adaptation nor a language model, and no dearer arm of that kind "
            "is eligible."
        )
        return _mode("avoided", text, over=True)
    worst = max(dear, key=lambda arm: _extra(case, arm.name, chosen))
    most = _extra(case, worst.name, chosen)
    better = max(float(_difference(case, arm.name, chosen)) for arm in dear)
    more = f"at most {rungs.points(better)} points more" if better > 0 else "no higher"
    needs = "suffices" if case.verdict.outcome == "ship" else "leads and needs neither"
    return _mode(
        "avoided",
        f"{chosen} {needs}: dearer adapted arms and language models score {more} and would cost up "
        f"to {dollars(most)} more over {case.workload.horizon_months:g} months ({worst.name}).",
        most,
        over=True,
        unit="US$",
    )


def _invested(case: Case, chosen: str, plain: Sequence[ArmResult]) -> FailureMode:
    """Where the answer is more than fine-tuning: is it worth what it costs over the simpler arms?"""
    cheaper = [arm for arm in plain if _extra(case, chosen, arm.name) > 0]
    if not cheaper:
        text = f"No simpler arm that is eligible costs less than {chosen}."
        return _mode("avoided", text, over=True)
    rival = max(cheaper, key=lambda arm: case.score(arm.name))
    extra = _extra(case, chosen, rival.name)
    column = {arm.name: i for i, arm in enumerate(case.evidence.measured)}
    gain = case.evidence.draws[:, column[chosen]] - case.evidence.draws[:, column[rival.name]]
    within = float(np.mean(gain <= case.workload.margin + 1e-9))
    pair = case.evidence.pair(chosen, rival.name)
    shown = pair is None or (pair[0].different and pair[1] * pair[0].difference.value > 0)
    told = (
        f"{chosen} costs {dollars(extra)} more than {rival.name} over {case.workload.horizon_months:g} "
        f"months for {rungs.points(_difference(case, chosen, rival.name))} points"
        + ("" if shown else ", which the paired test does not tell from none")
        + f"; with probability {percent(within)} its gain is no more than the margin of "
        f"{case.workload.margin:g}."
    )
    risk = "avoided" if shown and within < 0.5 else "present"
    return _mode(risk, told, extra, over=True, unit="US$")


def _mode(
    risk: str, text: str, value: float | None = None, *, over: bool = False, unit: str = "score"
) -> FailureMode:
    kind = "over-investment where fine-tuning suffices" if over else "adaptation skipped where it pays"
    return FailureMode.model_validate(
        {"kind": kind, "risk": risk, "text": text, "value": value, "unit": unit if value is not None else ""}
    )


def _gain(rung: RungResult) -> float:
    assert rung.difference is not None
    return rung.difference.value


def _extra(case: Case, first: str, second: str) -> float:
    return case.verdict.costs[first].horizon - case.verdict.costs[second].horizon


def _difference(case: Case, first: str, second: str) -> float:
    return case.score(first) - case.score(second)
