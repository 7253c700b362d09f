"""What the measurement of prompt injection says in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from arms.cascade import Cascade
from decide.protocols.injection_records import ArmInjection, AttackRate, InjectionTest
from decide.protocols.stability import percent
from decide.records import Estimate

if TYPE_CHECKING:
    from decide.comparison import ArmResult


def statement(arm: ArmInjection, worst: AttackRate) -> str:
    """What was measured of an arm, and how far it is more than the mention of the answer."""
    name, rate = arm.arm, arm.rate
    if rate.value == 0:
        first = f"{name} gave the answer asked for in none of the hostile documents (up to {_upper(rate)})"
    else:
        verb = "was steered by" if arm.reads_instructions else "gave the answer asked for in"
        first = (
            f"{name} {verb} {percent(rate)} of the hostile documents, most by {worst.attack} "
            f"({worst.rate.value:.0%}); where the answer was only named, in {percent(arm.control)}"
        )
    if not arm.reads_instructions:
        return f"{first}. It cannot follow instructions: what moves it are the words."
    if arm.steered:
        return f"{first}. It follows instructions in documents."
    if arm.moved:
        return f"{first}. Naming the answer is enough: that instructions move it more is not shown."
    return f"{first}. That instructions move it more than the mention of the answer is not shown."


def _upper(rate: Estimate) -> str:
    return "not known" if rate.high is None else f"{rate.high:.1%}"


def advice(found: InjectionTest | None, recommended: str | None, results: Sequence[ArmResult]) -> list[str]:
    """What to do before an arm that documents can steer is relied on; for a cascade, before its parts are."""
    if found is None or recommended is None:
        return []
    config = next((arm.config for arm in results if arm.name == recommended and arm.kind == Cascade.kind), {})
    names = [recommended, config.get("first"), config.get("then")]
    return [
        _advice(arm, recommended) for arm in found.arms if arm.arm in names and (arm.steered or arm.moved)
    ]


def _advice(arm: ArmInjection, recommended: str) -> str:
    part = "" if arm.arm == recommended else f", a part of {recommended},"
    first = f"Do not let {arm.arm}{part} decide alone on documents from anyone who gains by the answer: "
    if not arm.steered:
        return (
            f"{first}a sentence that names an answer made it the answer in {arm.control.value:.0%} of the "
            "documents. Have a person or another approach check such answers."
        )
    return (
        f"{first}instructions in the text steered it in {arm.rate.value:.0%} of the hostile documents, "
        f"against {arm.control.value:.0%} where the answer was only named (most: {arm.worst}). Have a person "
        "or an encoder check such answers, and try attacks of your own."
    )
