"""The section on advice in the document on a gap report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import format
from reports.bars import Axis
from reports.registry import Context

if TYPE_CHECKING:
    from decide.domain_gap.advice import Advice, Resemblance, Step

ACTIONS = {
    "run": "Run",
    "run if the one before does not suffice": "If the one before does not suffice",
    "skip": "Skip",
}


def advice_context(advice: Advice) -> Context:
    """What the template shows."""
    axis = _axis(advice)
    return {
        "headline": advice.headline,
        "steps": [_step(step, axis) for step in advice.steps],
        "bases": [(s.name, s.gain_basis, s.cost.basis) for s in advice.steps],
        "resembles": [_case(case) for case in advice.resembles],
        "confidence": advice.confidence,
        "statement": advice.confidence_statement,
        "predictor": advice.predictor,
        "method": advice.predictor_method,
        "assumptions": [(a.name, format.given(a.value), a.unit, a.source) for a in advice.assumptions],
        "notes": advice.notes,
    }


def _axis(advice: Advice) -> Axis:
    """An axis for the gains of adaptation; language models may lie beyond it."""
    ends = [0.0, advice.workload.margin]
    for step in advice.steps:
        if step.gain is not None and step.rung is not None:
            ends += [v for v in (step.gain.low, step.gain.high) if v is not None]
    low, high = min(ends), max(ends)
    return Axis(low, high if high > low else low + 0.01)


def _step(step: Step, axis: Axis) -> Context:
    gain = step.gain
    interval = ""
    if gain is not None and gain.low is not None and gain.high is not None:
        interval = f"{_points(gain.low)} to {_points(gain.high)}"
    return {
        "name": step.arm,
        "rung": (step.rung or "").replace("_", " "),
        "action": ACTIONS[step.action],
        "gain": _points(gain.value) if gain is not None else format.Missing(step.gain_basis),
        "interval": interval,
        "bar": axis.bar(gain, step.must_bring),
        "worth": format.percent(step.probability_worth, step.gain_basis),
        "time": format.duration(step.cost.seconds, step.cost.basis),
        "usd": format.money(step.cost.usd, step.cost.basis),
        "monthly": format.money(step.cost.usd_per_month, step.cost.basis),
        "reasons": [(r.text, r.source) for r in step.reasons],
    }


def _points(value: float) -> str:
    return f"{'+' if value > 0 else format.MINUS if value < 0 else ''}{abs(100 * value):.1f}"


def _case(case: Resemblance) -> Context:
    return {
        "name": f"{case.dataset} ({case.task})",
        "domain": case.domain,
        "kind": case.kind.replace("_", " "),
        "gain": _points(case.gain),
        "sd": f"{100 * case.gain_sd:.1f}",
        "similarity": case.similarity,
        "source": case.source,
    }
