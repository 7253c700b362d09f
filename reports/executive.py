"""The executive summary as data: what the first page, the slides and the other exports say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from decide.recommend import LEADING, SURE
from decide.wording import names
from reports import format, strings, view
from reports.format import Missing, known
from reports.text import shorten

if TYPE_CHECKING:
    from decide.comparison import ArmResult, Comparison, Recommendation

POINTS = 3
"""Reasons, flips and next steps on the first page; the section after it has all of them."""
LONGEST = 210
"""Characters of one of these on the first page."""
CAVEATS = 5
FEW_SEEDS = 3


@dataclass(frozen=True)
class Figure:
    """A key figure, its name and a line of small print."""

    name: str
    value: format.Shown
    small: str


@dataclass(frozen=True)
class Summary:
    """One page: asked, answered, how sure, the figures, what would change it, what to do, what to mind."""

    outcome: str
    badge: str
    headline: str
    arm: str | None
    asked: list[str]
    confidence: str
    confidence_text: str
    figures: list[Figure]
    reasons: list[str]
    flips: list[str]
    next_steps: list[str]
    caveats: list[str]
    synthetic: bool


def summarise(comparison: Comparison) -> Summary:
    """The summary of ``comparison``; long points are cut, none is invented."""
    found = comparison.recommendation
    arm = view.chosen(comparison)
    confidence, text = _confidence(comparison)
    return Summary(
        outcome=found.outcome,
        badge=strings.OUTCOMES[found.outcome],
        headline=found.headline,
        arm=found.arm,
        asked=asked(comparison),
        confidence=confidence,
        confidence_text=text,
        figures=[] if arm is None else _figures(comparison, arm),
        reasons=_first([reason.text for reason in found.reasons]),
        flips=_first(found.flips),
        next_steps=_first(found.next_steps) or _fallback(comparison),
        caveats=_caveats(comparison)[:CAVEATS],
        synthetic=comparison.data.synthetic,
    )


def _first(points: list[str]) -> list[str]:
    return [shorten(point, LONGEST) for point in points[:POINTS]]


def _fallback(comparison: Comparison) -> list[str]:
    found = comparison.recommendation
    return [strings.SHIP_STEP.format(arm=found.arm)] if found.outcome == "ship" and found.arm else []


def asked(comparison: Comparison) -> list[str]:
    """What was asked of an approach, in short phrases."""
    work, say = comparison.workload, strings.ASKED
    phrases = [
        say["volume"].format(
            documents=format.whole(work.documents_per_month), horizon=view.horizon(comparison)
        ),
        say["leave" if work.text_may_leave else "stay"],
    ]
    if work.max_p95_ms is not None:
        phrases.append(say["latency"].format(limit=format.given(work.max_p95_ms)))
    if work.min_score is not None:
        phrases.append(say["score"].format(score=format.score(work.min_score)))
    if work.max_cost_per_1000_usd is not None:
        phrases.append(say["cost"].format(cost=format.money(work.max_cost_per_1000_usd)))
    if work.error_usd is not None:
        phrases.append(say["error"].format(usd=format.given(work.error_usd)))
    if work.usd_per_point is not None:
        phrases.append(say["point"].format(usd=format.money(work.usd_per_point)))
    phrases.append(say["margin"].format(margin=format.given(work.margin)))
    return phrases


def _confidence(comparison: Comparison) -> tuple[str, str]:
    """A word and its meaning, by the thresholds of the recommendation."""
    found, say = comparison.recommendation, strings.CONFIDENCE
    best = found.probability_best
    if found.outcome == "none_eligible" or best is None or not known(best):
        name = "none"
    elif _alone(found):
        name = "alone"
    elif found.outcome == "cannot_tell":
        name = "low"
    else:
        name = "high" if best >= SURE else "moderate"
    word, text = say[name]
    text = text.format(best=format.percent(best), leading=f"{LEADING:.0%}", sure=f"{SURE:.0%}")
    rivals = _not_told_apart(comparison) if name in ("high", "moderate") else []
    return word, f"{text} {strings.NOT_TOLD_APART.format(rivals=names(rivals))}" if rivals else text


def _alone(found: Recommendation) -> bool:
    """Whether a single arm is eligible."""
    return sum(standing.eligible for standing in found.standings) == 1


def _not_told_apart(comparison: Comparison) -> list[str]:
    """Eligible arms that the paired tests do not tell from the one that is recommended."""
    found = comparison.recommendation
    eligible = {standing.name for standing in found.standings if standing.eligible}
    pairs = [
        pair for pair in comparison.pairs if found.arm in (pair.first, pair.second) and not pair.different
    ]
    others = [pair.second if pair.first == found.arm else pair.first for pair in pairs]
    return [name for name in others if name in eligible]


def _best(found: Recommendation) -> format.Shown:
    """The probability, where there was something to be better than."""
    if _alone(found):
        return Missing("nothing was compared with it")
    return format.percent(found.probability_best)


def _figures(comparison: Comparison, arm: ArmResult) -> list[Figure]:
    """Five figures at most."""
    found, say, small = comparison.recommendation, strings.FIGURES, strings.FIGURES_SMALL
    metric = strings.metric(comparison.data.metric)
    figures = [
        Figure(
            say["score"].format(metric=metric),
            format.score(arm.score.value if arm.score else None),
            _interval(arm),
        ),
        Figure(say["best"], _best(found), _highest(found)),
        Figure(say["regret"], _regret(found.expected_regret), _lost(found)),
    ]
    if arm.cost is not None:
        figures.append(
            Figure(
                say["cost"].format(horizon=view.horizon(comparison)),
                cents(arm.cost.horizon_usd),
                small["cost"].format(running=cents(arm.cost.per_1000_usd), once=cents(arm.cost.one_off_usd)),
            )
        )
    if arm.timing is not None:
        limit = comparison.workload.max_p95_ms
        note = small["no_limit"] if limit is None else small["limit"].format(limit=format.given(limit))
        figures.append(Figure(say["p95"], format.number(arm.timing.latency.p95_ms, "ms"), note))
    return figures


def _highest(found: Recommendation) -> str:
    """How probable the highest score is, where cost makes that another thing than the best choice."""
    small = strings.FIGURES_SMALL
    if found.probability_highest is None or found.probability_highest == found.probability_best:
        return small["best"]
    return small["highest"].format(share=format.percent(found.probability_highest))


def _lost(found: Recommendation) -> str:
    """The regret in money, if an error has a price."""
    small = strings.FIGURES_SMALL
    if found.expected_regret_usd is None:
        return small["regret"]
    return small["regret_usd"].format(usd=cents(found.expected_regret_usd))


def _interval(arm: ArmResult) -> str:
    text = format.interval(arm.score)
    if isinstance(text, Missing) or arm.score is None:
        return strings.FIGURES_SMALL["no_interval"]
    return strings.FIGURES_SMALL["interval"].format(level=f"{arm.score.level:.0%}", interval=text)


def cents(value: float | None) -> format.Shown:
    """Money as the headline writes it; the tables have the exact figure."""
    return "<US$0.01" if value is not None and 0 < value < 0.01 else format.money(value)


def _regret(value: float | None) -> format.Shown:
    if value is not None and 0 < value < 0.0001:
        return "under 0.0001"
    if value is None or value >= 0.1 or not known(value):
        return format.score(value, "not computed")
    return format.significant(value, 2)


def _caveats(comparison: Comparison) -> list[str]:
    """What a reader has to know before acting on the page, most weighty first."""
    say, data = strings.CAVEATS, comparison.data
    found = [say["synthetic"]] if data.synthetic else []
    left = [a.name for a in comparison.arms if a.data_flow is not None and a.data_flow.leaves]
    if left:
        found.append(say["left"].format(arms=_names(left)))
    if comparison.privacy is not None and comparison.privacy.cluster:
        found.append(say["cluster"].format(hosts=_names(comparison.privacy.cluster)))
    absent = [a.name for a in comparison.arms if not view.measured(a)]
    if absent:
        found.append(say["absent"].format(arms=_names(absent)))
    if len(comparison.seeds) < FEW_SEEDS:
        found.append(say["seeds"].format(seeds=strings.plural(len(comparison.seeds), "seed")))
    if data.notes:
        more = say["more"].format(count=len(data.notes) - 1) if len(data.notes) > 1 else ""
        found.append(shorten(data.notes[0], LONGEST - 40) + more)
    timed = next((a.timing.hardware for a in comparison.arms if a.timing is not None), None)
    if comparison.assumptions or timed:
        costs = say["costs"].format(count=len(comparison.assumptions)) if comparison.assumptions else ""
        speed = say["speed"].format(hardware=shorten(timed, 90)) if timed else ""
        found.append(f"{costs} {speed}".strip())
    return found


def _names(names: list[str], most: int = 3) -> str:
    shown = [shorten(name, 48) for name in names[:most]]
    return format.joined([*shown, *([f"{len(names) - most} more"] if len(names) > most else [])])
