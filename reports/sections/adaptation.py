"""What each rung of adaptation did, what it cost and what it gained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from decide.rungs import ADAPTED, POINTS, find_rungs
from reports import format, strings, view
from reports.adaptation_charts import Gain, LossChange, gain_chart, loss_chart
from reports.adaptation_facts import NOT_RECORDED, Adaptation, Loss, read_adaptation
from reports.bars import axis_for
from reports.format import Missing, known
from reports.registry import Context, register_section

if TYPE_CHECKING:
    from decide.comparison import ArmResult, Comparison, RungResult
    from decide.records import Estimate
    from reports.bars import Axis

VERDICTS = {
    "gain": "Gain",
    "loss": "Loss",
    "no gain shown": "No gain shown",
    "not compared": "Not compared",
}
LOOKS = {"gain": "gain", "loss": "loss"}


@register_section(
    "adaptation",
    title="What adaptation cost and gained",
    order=34,
    lede="A rung is one way of adapting an encoder to the domain before fine-tuning it. Each is compared, on "
    "the same test documents, with the same encoder fine-tuned as it is.",
    readers=("finance", "data_scientist"),
)
def build(comparison: Comparison) -> Context | None:
    """A row and details for each arm that adapted and finished, and both charts."""
    arms = [arm for arm in view.with_results(comparison) if arm.kind == ADAPTED]
    if not arms:
        return None
    rungs = {r.arm: r for r in comparison.rungs or find_rungs(comparison.arms, comparison.pairs)}
    facts = {arm.name: read_adaptation(arm) for arm in arms}
    axis = axis_for((r.difference for r in rungs.values()), include=(0.0,), step=0.01)
    gains = [g for g in (_gain(rungs.get(arm.name)) for arm in arms) if g is not None]
    losses = [change for arm in arms for change in _changes(arm, facts[arm.name])]
    return {
        "statements": [rungs[arm.name].statement for arm in arms if arm.name in rungs],
        "gains": gain_chart(gains) if gains else None,
        "losses": loss_chart(losses) if losses else None,
        "general": any(change.general for change in losses),
        "metric": strings.metric(comparison.data.metric),
        "axis": (format.signed(axis.low), format.signed(axis.high)),
        "rows": [_row(comparison, arm, facts[arm.name], rungs.get(arm.name), axis) for arm in arms],
        "details": [_details(arm, facts[arm.name]) for arm in arms],
        "margin": format.given(comparison.workload.margin) if comparison.workload.margin else None,
        "failed": [
            (arm.name, view.failure(arm))
            for arm in comparison.arms
            if arm.kind == ADAPTED and not view.measured(arm)
        ],
    }


def _row(
    comparison: Comparison, arm: ArmResult, facts: Adaptation, rung: RungResult | None, axis: Axis
) -> Context:
    difference = rung.difference if rung else None
    verdict = rung.verdict if rung else "not compared"
    return {
        "name": arm.name,
        "rung": rung.rung.replace("_", " ") if rung else None,
        "chosen": arm.name == comparison.recommendation.arm,
        "verdict": VERDICTS[verdict],
        "sure": verdict in LOOKS,
        "difference": format.signed(difference.value if difference else None, "nothing to compare it with"),
        "interval": format.interval(difference, sign=True) if difference else None,
        "bar": axis.bar(difference, comparison.workload.margin),
        "p": format.p_value(rung.p_adjusted) if rung and rung.p_adjusted is not None else None,
        "domain": _loss(facts.domain),
        "general": _loss(facts.general),
        "new_tokens": format.whole(facts.new_tokens, NOT_RECORDED),
        "seconds": format.duration(facts.seconds, NOT_RECORDED),
        "planned": format.duration(facts.planned_seconds, NOT_RECORDED),
        "usd": _usd(arm),
    }


def _usd(arm: ArmResult) -> format.Shown:
    """What the time of adaptation cost, as the cost lines have it."""
    lines = arm.cost.one_off if arm.cost else []
    usd = next((line.usd for line in lines if line.name == "adaptation"), None)
    return format.money(usd)


def _loss(loss: Loss) -> Context:
    """Before and after in one cell, with the change below; the reason in words where there is neither."""
    if not loss.known:
        change = _change(loss.change)
        return {
            "why": loss.missing if change is None else None,
            "before": None,
            "after": None,
            "change": change,
        }
    return {
        "why": None,
        "before": format.number(loss.before),
        "after": format.number(loss.after),
        "change": _change(loss.change),
    }


def _change(change: Estimate | None) -> tuple[str, str] | None:
    """The change and its interval."""
    if change is None:
        return None
    if change.low is None or change.high is None:
        return _nats(change.value), "no interval"
    return _nats(change.value), f"{_nats(change.low)} to {_nats(change.high)}"


def _nats(value: float) -> str:
    """A signed change in nats; two decimals are what an interval over documents supports."""
    return ("+" if value > 0 else "") + f"{value:.2f}".replace("-", format.MINUS)


def _details(arm: ArmResult, facts: Adaptation) -> Context:
    fertility = [format.number(v, why=NOT_RECORDED) for v in (facts.fertility_before, facts.fertility_after)]
    unknown = any(isinstance(f, Missing) for f in fertility)
    processes = facts.processes
    return {
        "name": arm.name,
        "summary": arm.summary,
        "facts": [
            ("Documents adapted on", format.whole(facts.documents, NOT_RECORDED)),
            ("Documents held out for the loss", format.whole(facts.held_out_documents, NOT_RECORDED)),
            ("Tokens in the packed blocks", format.large(facts.tokens, NOT_RECORDED)),
            ("Steps", format.whole(facts.steps, NOT_RECORDED)),
            ("Tokens added to the tokenizer", format.whole(facts.new_tokens, NOT_RECORDED)),
            (
                "Tokens a word of domain text",
                Missing(NOT_RECORDED) if unknown else f"{fertility[0]} before, {fertility[1]} after",
            ),
            ("Processes", format.whole(processes, NOT_RECORDED)),
            ("Continued from a checkpoint", _yes(facts.resumed)),
            ("Masked-LM head trained from scratch", _yes(facts.fresh_head)),
        ],
    }


def _yes(value: bool | None) -> format.Shown:
    return Missing(NOT_RECORDED) if value is None else "yes" if value else "no"


def _gain(rung: RungResult | None) -> Gain | None:
    """The row of the chart of gains; none without an interval, which is what the chart is about."""
    if rung is None or rung.difference is None:
        return None
    value, low, high = rung.difference.value, rung.difference.low, rung.difference.high
    if low is None or high is None or not (known(value) and known(low) and known(high)):
        return None
    return Gain(
        name=rung.arm,
        value=value * POINTS,
        low=low * POINTS,
        high=high * POINTS,
        verdict=LOOKS.get(rung.verdict, "none"),
        text=f"{rung.arm}: {format.signed(value)} ({format.interval(rung.difference, sign=True)}), "
        f"{VERDICTS[rung.verdict].lower()}",
    )


def _changes(arm: ArmResult, facts: Adaptation) -> list[LossChange]:
    return [
        LossChange(
            name=f"{arm.name} · {kind}",
            before=loss.before,
            after=loss.after,
            general=kind == "general",
            text=f"{arm.name}, {kind} text: {format.number(loss.before)} before, "
            f"{format.number(loss.after)} nats a word after",
        )
        for kind, loss in (("domain", facts.domain), ("general", facts.general))
        if loss.before is not None and loss.after is not None
    ]
