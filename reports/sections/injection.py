"""How often instructions in documents steer each approach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import format, view
from reports.bars import Axis, axis_for
from reports.registry import Context, register_section
from reports.text import shorten

if TYPE_CHECKING:
    from decide.comparison import Comparison
    from decide.protocols.injection_records import ArmInjection, AttackRate, AttackSummary, InjectionTest
    from decide.records import Estimate

LONGEST = 180
"""Characters of a wording that are shown."""
PLACES = {"start": "before the document", "middle": "in its middle", "end": "after the document"}


@register_section(
    "injection",
    title="Instructions in documents",
    order=65,
    lede="A document can carry instructions to the model that reads it (prompt injection). Here test "
    "documents were given instructions to answer something else than is right. The control names that answer "
    "at the same place and asks for nothing: what moves as often under it is moved by words, not by "
    "instructions.",
    readers=("decision_maker", "privacy", "engineer"),
)
def build(comparison: Comparison) -> Context | None:
    """A table of arms, one of attacks by arms, and the wordings that worked best."""
    found = comparison.injection
    if found is None:
        return None
    by_name = {arm.arm: arm for arm in found.arms}
    arms = [by_name[arm.name] for arm in view.ordered(comparison) if arm.name in by_name]
    axis = axis_for((arm.rate for arm in arms), include=[0.0, 1.0], step=0.25)
    rates = {arm.arm: {attack.attack: attack for attack in arm.attacks} for arm in arms}
    attacks = {attack.name: attack for attack in found.attacks}
    return {
        "documents": f"{found.documents:,} of {found.test_documents:,}",
        "asks": found.asks,
        "count": len(found.attacks),
        "statements": [arm.statement for arm in arms],
        "chosen": comparison.recommendation.arm,
        "rows": [_row(arm, axis) for arm in arms],
        "names": [arm.arm for arm in arms],
        "attacks": [
            (
                attack.name,
                attack.family,
                attack.description,
                PLACES[attack.place],
                [_share(rates[arm.arm][attack.name]) for arm in arms],
            )
            for attack in found.attacks
        ],
        "examples": [_example(arm, attacks[arm.worst]) for arm in arms if arm.rate.value > 0],
        "pairs": _pairs(found, comparison.recommendation.arm),
        "left_out": list(found.left_out.items()),
    }


def _row(arm: ArmInjection, axis: Axis) -> Context:
    worst = next(attack for attack in arm.attacks if attack.attack == arm.worst)
    return {
        "name": arm.arm,
        "reads": arm.reads_instructions,
        "steered": arm.steered,
        "moved": arm.moved,
        "rate": _percent(arm.rate.value),
        "interval": _interval(arm.rate),
        "bar": axis.bar(arm.rate),
        "control": (_percent(arm.control.value), _interval(arm.control)),
        "excess": (_points(arm.excess.value), _interval(arm.excess, points=True)),
        "worst": (arm.worst, _percent(worst.rate.value), _interval(worst.rate)) if arm.rate.value else None,
        "changed": (_percent(arm.changed), _percent(arm.control_changed)),
        "unusable": (_percent(arm.unusable), _percent(arm.clean_unusable)),
        "drop": (format.signed(arm.drop.value), format.interval(arm.drop, sign=True)),
        "scores": (format.score(arm.clean_score.value), format.score(arm.score.value)),
    }


def _share(found: AttackRate) -> Context:
    return {
        "rate": _percent(found.rate.value),
        "interval": _interval(found.rate),
        "control": _percent(found.control),
    }


def _example(arm: ArmInjection, attack: AttackSummary) -> tuple[str, str, str]:
    return arm.arm, attack.name, shorten(visible(attack.example), LONGEST)


def visible(text: str) -> str:
    """The text with characters that nobody sees written as ``[U+200B]``; a run of them is counted."""
    parts: list[str] = []
    hidden = ""
    for c in f"{text}\n":
        if c.isprintable() or c == "\n":
            if hidden:
                more = f" and {len(hidden) - 1} more" if len(hidden) > 1 else ""
                parts.append(f"[U+{ord(hidden[0]):04X}{more}]")
                hidden = ""
            parts.append(c)
        else:
            hidden += c
    return "".join(parts)[:-1]


def _pairs(found: InjectionTest, chosen: str | None) -> list[tuple[str, str, str | None]]:
    """How much more often others were steered than the arm that is recommended."""
    pairs = []
    for pair in found.pairs:
        if chosen in (pair.first, pair.second):
            ours = pair.second == chosen
            d = pair.difference if ours else pair.difference.turned()
            other = pair.first if ours else pair.second
            pairs.append((other, _points(d.value), _interval(d, points=True)))
    return pairs


def _percent(share: float) -> str:
    return f"{share:.0%}" if share in (0.0, 1.0) else f"{share:.1%}"


def _points(share: float) -> str:
    return f"{share * 100:+.1f}".replace("-", format.MINUS) + " points"


def _interval(rate: Estimate, *, points: bool = False) -> str | None:
    if rate.low is None or rate.high is None:
        return None
    if points:
        return f"{rate.low * 100:+.1f} to {rate.high * 100:+.1f}".replace("-", format.MINUS)
    return f"{rate.low:.0%} to {rate.high:.0%}"
