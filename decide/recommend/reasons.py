"""The headline and the reasons, each tied to the number it rests on."""

from __future__ import annotations

from decide import rungs
from decide.comparison import ArmResult, PairResult, Reason
from decide.recommend.case import Case
from decide.recommend.rule import SURE
from decide.wording import dollars, names, p_value, percent


def headline(case: Case) -> str:
    """The answer in one sentence."""
    found = case.verdict
    if found.arm is None:
        if not any(arm.score for arm in case.evidence.arms):
            return "No arm has a result: each was refused or failed."
        return "No arm meets the constraints of the workload."
    score = case.score(found.arm)
    if found.outcome == "ship":
        text = f"Ship {found.arm}: score {score:.3f}, {_running(case, found.arm)}"
        if found.leader is not None and found.leader != found.arm:
            text += (
                f"; {found.leader} scores {case.score(found.leader):.3f}, a difference within the margin of "
                f"{case.workload.margin:g}"
            )
        return text + "."
    if case.evidence.lone:
        return (
            f"Cannot tell yet: {found.arm} scores {score:.3f}, and no other arm has a result to compare "
            "it with."
        )
    if found.rivals:
        first = found.rivals[0]
        return (
            f"Cannot tell yet: {found.arm} leads with {score:.3f}, but it is ahead of {first.name} with a "
            f"probability of only {percent(first.ahead)} ({percent(SURE)} is asked){_others(case)}."
        )
    return (
        f"Cannot tell yet: {found.arm} leads with {score:.3f}, but it is the best or within the margin of it "
        f"with a probability of only {percent(found.safe)}."
    )


def _others(case: Case) -> str:
    more = [rival.name for rival in case.verdict.rivals[1:]]
    return f", and {names(more)} may be better too" if more else ""


def reasons(case: Case) -> list[Reason]:
    """Why: score and doubt, cost, adaptation, and the closest rivals."""
    found = case.verdict
    if found.arm is None:
        return [Reason(text=f"{name}: {'; '.join(why)}.") for name, why in found.excluded.items()]
    chosen, best = found.arm, found.best[found.arm]
    text = (
        f"among {len(found.best)} eligible arms it is the best choice with probability {percent(best)} and "
        f"the best or within the margin of {case.workload.margin:g} of it with {percent(found.safe)}."
    )
    if len(found.best) == 1:
        text = "it is the only eligible arm, so this is no finding that it is good."
    told = [
        Reason(text=f"{chosen} scores {case.score(chosen):.3f}; {text}", value=best),
        *_regret(case, chosen),
        *_cheaper(case, chosen),
    ]
    adapted = rungs.find_rungs(case.evidence.arms, case.evidence.pairs)
    told += [Reason(text=text, value=value) for text, value in rungs.reasons(adapted, chosen)]
    skip = {frozenset((rung.arm, rung.base)) for rung in adapted}
    pairs = [p for p in case.evidence.pairs if chosen in (p.first, p.second)]
    # The closest rivals first: they are what the decision hangs on.
    for pair in sorted(pairs, key=lambda p: abs(p.difference.value)):
        if frozenset((pair.first, pair.second)) not in skip:
            told.append(_against(pair, chosen))
    return told


def _regret(case: Case, chosen: str) -> list[Reason]:
    found = case.verdict
    lost = found.regret[chosen]
    told = [
        Reason(
            text=f"Shipping it is expected to lose {lost:.4f} of score to the highest-scoring eligible arm.",
            value=lost,
        )
    ]
    if found.regret_usd:
        usd = found.regret_usd[chosen]
        told.append(
            Reason(
                text=f"Errors and costs together, it is expected to lose {dollars(usd)} over "
                f"{case.workload.horizon_months:g} months to the best eligible arm.",
                value=usd,
            )
        )
    return told


def _cheaper(case: Case, chosen: str) -> list[Reason]:
    """Money against the leader, or against the highest score, where that is not the arm chosen."""
    found, months = case.verdict, f"{case.workload.horizon_months:g} months"
    if found.leader is not None and found.leader != chosen:
        saved = found.costs[found.leader].horizon - found.costs[chosen].horizon
        return [
            Reason(
                text=f"{found.leader} scores higher ({case.score(found.leader):.3f}), but {chosen} is "
                f"within the margin of it with probability {percent(found.within)} and costs "
                f"{dollars(saved)} less over {months}.",
                value=saved,
            )
        ]
    top = max(found.best, key=case.score)
    worth = case.workload.score_usd
    if worth is None or case.score(top) <= case.score(chosen):
        return []
    saved = found.costs[top].horizon - found.costs[chosen].horizon
    return [
        Reason(
            text=f"{top} scores higher ({case.score(top):.3f}), but costs {dollars(saved)} more over "
            f"{months}, which its fewer errors do not pay back.",
            value=saved,
        )
    ]


def _against(pair: PairResult, chosen: str) -> Reason:
    sign = 1 if pair.first == chosen else -1
    other = pair.second if sign > 0 else pair.first
    value = sign * pair.difference.value
    ends = [sign * end for end in (pair.difference.low, pair.difference.high) if end is not None]
    interval = f"{min(ends):+.3f} to {max(ends):+.3f}, " if len(ends) == 2 else ""
    verdict = "different" if pair.different else "not distinguishable"
    return Reason(
        text=f"Against {other}: {value:+.3f} ({interval}adjusted p {p_value(pair.p_adjusted)}), {verdict}.",
        value=value,
    )


def _running(case: Case, name: str) -> str:
    value = case.verdict.costs[name].per_1000
    return f"US${value:.2f} per 1,000 documents" if value >= 0.01 else "under US$0.01 per 1,000 documents"


def failed(arms: list[ArmResult]) -> list[str]:
    """Arms without a result, and why."""
    return [f"{arm.name} did not run: {arm.failure}" for arm in arms if arm.status != "ok"]
