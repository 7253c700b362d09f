"""The answer: one sentence, the figures it rests on, what would change it, what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import format, strings, view
from reports.format import Missing
from reports.registry import Context, register_section

if TYPE_CHECKING:
    from decide.comparison import ArmResult, Comparison, Reason, Recommendation

REASONS_SHOWN = 5


@register_section("answer", title="The answer", order=10)
def build(comparison: Comparison) -> Context | None:
    """Headline, key figures, reasons, flips and next steps."""
    found = comparison.recommendation
    arm = next((a for a in comparison.arms if a.name == found.arm), None)
    reasons = [_reason(reason) for reason in found.reasons]
    return {
        "outcome": found.outcome,
        "badge": strings.OUTCOMES[found.outcome],
        "headline": found.headline,
        "figures": _figures(comparison, arm),
        "arm": found.arm,
        "reasons": reasons[:REASONS_SHOWN],
        "more_reasons": reasons[REASONS_SHOWN:],
        "flips": found.flips,
        "modes": [
            (strings.RISKS[m.risk], strings.sentence(m.kind), m.text, m.risk) for m in found.failure_modes
        ],
        "next_steps": found.next_steps,
        "workload": _workload(comparison),
    }


def _reason(reason: Reason) -> Context:
    stated = any(character.isdigit() for character in reason.text)
    value = format.number(reason.value) if reason.value is not None and not stated else None
    return {"text": reason.text, "value": None if isinstance(value, Missing) else value}


def _figures(
    comparison: Comparison, arm: ArmResult | None
) -> list[tuple[str, format.Shown, format.Shown | str]]:
    """Label, figure and a line of small print for each key figure."""
    found = comparison.recommendation
    if arm is None:
        return []
    figures: list[tuple[str, format.Shown, format.Shown | str]] = [
        (
            f"Score ({strings.metric(comparison.data.metric)})",
            format.score(arm.score.value if arm.score else None),
            _interval(arm),
        ),
        ("Probability of being the best choice", format.percent(found.probability_best), _highest(found)),
        ("Expected regret", _regret(found.expected_regret), _lost(found)),
    ]
    if arm.cost is not None:
        figures += [
            ("Cost per 1,000 documents", _cents(arm.cost.per_1000_usd), "running"),
            (
                f"Cost over {view.horizon(comparison)}",
                _cents(arm.cost.horizon_usd),
                f"of which {_cents(arm.cost.one_off_usd)} once",
            ),
        ]
    if arm.timing is not None:
        limit = comparison.workload.max_p95_ms
        small = "no limit set" if limit is None else f"limit {format.given(limit)} ms"
        figures.append(("p95 latency", format.number(arm.timing.latency.p95_ms, "ms"), small))
    return figures


def _highest(found: Recommendation) -> str:
    """How probable the highest score is, where cost makes that another thing than the best choice."""
    if found.probability_highest is None or found.probability_highest == found.probability_best:
        return "of the eligible approaches"
    return f"highest score: {format.percent(found.probability_highest)}"


def _lost(found: Recommendation) -> str:
    """The regret in money, if an error has a price."""
    if found.expected_regret_usd is None:
        return "score lost if another is better"
    return f"score; {_cents(found.expected_regret_usd)} with costs and errors"


def _interval(arm: ArmResult) -> str:
    text = format.interval(arm.score)
    if isinstance(text, Missing) or arm.score is None:
        return "no interval"
    return f"{arm.score.level:.0%} interval {text}"


def _cents(value: float) -> format.Shown:
    """Money as the headline writes it; the tables below have the exact figure."""
    return "<US$0.01" if 0 < value < 0.01 else format.money(value)


def _regret(value: float | None) -> format.Shown:
    if value is not None and 0 < value < 0.0001:
        return "under 0.0001"
    if value is None or value >= 0.1:
        return format.score(value, "not computed")
    return format.significant(value, 2)


def _workload(comparison: Comparison) -> list[str]:
    """What was asked of an approach, in short phrases."""
    work = comparison.workload
    asked = [
        f"{format.whole(work.documents_per_month)} documents a month for {view.horizon(comparison)}",
        "texts may leave the machine" if work.text_may_leave else "texts must stay on the machine",
    ]
    if work.max_p95_ms is not None:
        asked.append(f"p95 latency of at most {format.given(work.max_p95_ms)} ms")
    if work.min_score is not None:
        asked.append(f"score of at least {format.score(work.min_score)}")
    if work.max_cost_per_1000_usd is not None:
        asked.append(f"at most {format.money(work.max_cost_per_1000_usd)} per 1,000 documents")
    if work.error_usd is not None:
        asked.append(f"a wrong answer costs US${format.given(work.error_usd)}")
    if work.usd_per_point is not None:
        asked.append(f"a point of score is worth {format.money(work.usd_per_point)} over the horizon")
    asked.append(f"differences in score up to {format.given(work.margin)} do not matter")
    return asked
