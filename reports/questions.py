"""What the client asked, with the answer in a sentence where something was measured that gives one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from decide.brief import Topic
from reports import executive, format, strings, view
from reports.registry import sections

if TYPE_CHECKING:
    from decide.comparison import ArmResult, Comparison

LANGUAGE_MODELS = ("prompted", "lora")
FALLBACK = "answer"
"""Section for questions without a topic, or whose own section is not in the report."""


@dataclass(frozen=True)
class Asked:
    """A question, the section to read, and the answer; empty where nothing measured answers it."""

    question: str
    answer: str
    section: str
    title: str


def asked(comparison: Comparison, most: int | None = None) -> list[Asked]:
    """The questions of the brief in their order; only so many of them if ``most`` is given."""
    if comparison.brief is None:
        return []
    shown = {section.id: section for section in sections()}
    found = []
    for item in comparison.brief.questions[:most]:
        wanted, answer = TOPICS[item.topic] if item.topic is not None else (FALLBACK, _nothing)
        section = shown.get(wanted)
        if section is None or section.build(comparison) is None:
            section = shown[FALLBACK]
        found.append(Asked(item.question, answer(comparison) or "", section.id, section.title))
    return found


def _nothing(comparison: Comparison) -> str | None:
    return None


def _score(arm: ArmResult) -> float:
    assert arm.score is not None
    return arm.score.value


def _best(arms: list[ArmResult]) -> ArmResult | None:
    return max(arms, key=_score, default=None)


def _scored(comparison: Comparison) -> list[ArmResult]:
    return [arm for arm in comparison.arms if view.measured(arm)]


def _choice(comparison: Comparison) -> str | None:
    return comparison.recommendation.headline


def _certainty(comparison: Comparison) -> str | None:
    found = executive.summarise(comparison)
    return f"{found.confidence}. {found.confidence_text}"


def _adaptation(comparison: Comparison) -> str | None:
    """The rung that gained most over the same encoder as it is."""
    compared = [(r.difference.value, r) for r in comparison.rungs if r.difference is not None]
    return max(compared, key=lambda pair: pair[0])[1].statement if compared else None


def _llm(comparison: Comparison) -> str | None:
    """The best arm with a language model against the best without, by their paired difference."""
    say, arms = strings.QUESTIONS, _scored(comparison)
    model = _best([arm for arm in arms if arm.kind in LANGUAGE_MODELS])
    other = _best([arm for arm in arms if arm.kind not in (*LANGUAGE_MODELS, "cascade")])
    if model is None or other is None:
        return None
    names = {model.name, other.name}
    pair = next((p for p in comparison.pairs if {p.first, p.second} == names), None)
    if pair is None:
        return None
    told = say["different" if pair.different else "alike"]
    text = say["llm"].format(
        model=model.name,
        a=format.score(_score(model)),
        other=other.name,
        b=format.score(_score(other)),
        told=told,
    )
    if model.cost is None or other.cost is None:
        return text
    a, b = (executive.cents(arm.cost.per_1000_usd) for arm in (model, other) if arm.cost)
    return f"{text} {say['llm_cost'].format(a=a, b=b)}"


def _privacy(comparison: Comparison) -> str | None:
    """The best arm whose texts stay here, and the best that sends them away."""
    say = strings.QUESTIONS
    arms = [(arm, arm.data_flow) for arm in _scored(comparison) if arm.data_flow is not None]
    stay = _best([arm for arm, flow in arms if not flow.leaves])
    leave = _best([arm for arm, flow in arms if flow.leaves])
    parts = []
    if stay is not None:
        parts.append(
            say["stay" if leave else "all_stay"].format(arm=stay.name, score=format.score(_score(stay)))
        )
    if leave is not None and leave.data_flow is not None:
        hosts = format.joined(leave.data_flow.destinations)
        parts.append(say["leave"].format(arm=leave.name, score=format.score(_score(leave)), hosts=hosts))
    return " ".join(parts) or None


def _cost(comparison: Comparison) -> str | None:
    arm = view.chosen(comparison)
    if arm is None or arm.cost is None:
        return None
    return strings.QUESTIONS["cost"].format(
        arm=arm.name,
        running=executive.cents(arm.cost.per_1000_usd),
        total=executive.cents(arm.cost.horizon_usd),
        horizon=view.horizon(comparison),
    )


def _latency(comparison: Comparison) -> str | None:
    arm = view.chosen(comparison)
    if arm is None or arm.timing is None:
        return None
    say, limit = strings.QUESTIONS, comparison.workload.max_p95_ms
    return say["latency" if limit is None else "latency_limit"].format(
        arm=arm.name,
        p95=format.number(arm.timing.latency.p95_ms, "ms"),
        hardware=arm.timing.hardware,
        limit=None if limit is None else format.given(limit),
    )


def _labels(comparison: Comparison) -> str | None:
    curve = comparison.learning_curve
    return next(iter(curve.statements), None) if curve is not None else None


def _gap(comparison: Comparison) -> str | None:
    return None if comparison.gap is None else comparison.gap.severity.headline


def _calibration(comparison: Comparison) -> str | None:
    arm = view.chosen(comparison)
    return None if arm is None or arm.calibration is None else arm.calibration.statement


def _generalisation(comparison: Comparison) -> str | None:
    """Of groups held out in turn where they were, else of those that only test has."""
    return comparison.generalisation[-1].statement if comparison.generalisation else None


def _robustness(comparison: Comparison) -> str | None:
    return next(iter(comparison.robustness.statements), None) if comparison.robustness is not None else None


def _stability(comparison: Comparison) -> str | None:
    if comparison.stability is None:
        return None
    chosen = comparison.recommendation.arm
    return next((arm.statement for arm in comparison.stability.arms if arm.arm == chosen), None)


TOPICS: dict[Topic, tuple[str, Callable[[Comparison], str | None]]] = {
    "choice": ("answer", _choice),
    "certainty": ("differences", _certainty),
    "adaptation": ("adaptation", _adaptation),
    "llm": ("tradeoffs", _llm),
    "privacy": ("privacy", _privacy),
    "cost": ("costs", _cost),
    "latency": ("tradeoffs", _latency),
    "labels": ("learning-curve", _labels),
    "gap": ("gap", _gap),
    "calibration": ("calibration", _calibration),
    "generalisation": ("generalisation", _generalisation),
    "robustness": ("robustness", _robustness),
    "stability": ("stability", _stability),
}
"""For each topic the section of the report and what gives the sentence."""
