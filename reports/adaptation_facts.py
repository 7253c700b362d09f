"""What runs recorded of the adaptation, read so that nothing absent passes for a number."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from decide.records import Estimate

if TYPE_CHECKING:
    from decide.comparison import ArmResult

NOT_RECORDED = "not measured: the run did not record it"
NO_LOSS = "not measured: the run recorded no masked-LM loss a word"
NOT_WATCHED = "not watched: no reference text"
NO_HEAD = "not measured: the checkpoint has no trained masked-LM head, and this rung trains none"


@dataclass(frozen=True)
class Loss:
    """Masked-LM loss on held-out text in nats a word; a negative ``change`` is an improvement.

    ``missing`` says why there is no number.
    """

    before: float | None
    after: float | None
    change: Estimate | None
    missing: str

    @property
    def known(self) -> bool:
        """Whether both losses are there."""
        return self.before is not None and self.after is not None


@dataclass(frozen=True)
class Adaptation:
    """Facts of one adaptation; ``None`` where the run did not record one. Times are in seconds."""

    new_tokens: float | None
    fertility_before: float | None
    fertility_after: float | None
    documents: float | None
    held_out_documents: float | None
    tokens: float | None
    steps: float | None
    processes: float | None
    planned_seconds: float | None
    seconds: float | None
    resumed: bool | None
    fresh_head: bool | None
    domain: Loss
    general: Loss


def read_adaptation(arm: ArmResult) -> Adaptation:
    """The facts of ``arm``. Whatever is absent, no number or not finite is ``None``."""
    facts = arm.facts

    def of(name: str) -> float | None:
        return number(facts.get(f"adaptation_{name}"))

    actual = number(arm.phase_seconds.get("adaptation"))
    untrained = of("steps") == 0 and facts.get("adaptation_fresh_head") is True
    return Adaptation(
        new_tokens=of("new_tokens"),
        fertility_before=of("fertility_before"),
        fertility_after=of("fertility_after"),
        documents=of("documents"),
        held_out_documents=of("held_out_documents"),
        tokens=of("tokens"),
        steps=of("steps"),
        processes=of("processes"),
        planned_seconds=of("planned_seconds") or None,  # nothing is planned where nothing is trained
        seconds=of("seconds_actual") if actual is None else actual,
        resumed=_flag(facts.get("adaptation_resumed")),
        fresh_head=_flag(facts.get("adaptation_fresh_head")),
        domain=_loss(facts, "domain", NO_HEAD if untrained else NO_LOSS),
        general=_loss(facts, "general", NO_HEAD if untrained else NOT_WATCHED),
    )


def number(value: Any) -> float | None:
    """A finite number, or ``None`` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _loss(facts: Mapping[str, Any], text: str, missing: str) -> Loss:
    before = number(facts.get(f"adaptation_{text}_loss_before"))
    after = number(facts.get(f"adaptation_{text}_loss_after"))
    change = _change(facts.get(f"adaptation_{text}_change"))
    if change is None and before is not None and after is not None:
        change = Estimate(value=after - before)
    known = before is not None or after is not None or change is not None
    return Loss(before, after, change, NOT_RECORDED if known else missing)


def _change(value: Any) -> Estimate | None:
    """``[value, low, high]`` as an estimate; without both ends it has no interval."""
    if not isinstance(value, list | tuple) or not value:
        return None
    middle, *ends = (number(v) for v in value[:3])
    if middle is None:
        return None
    if len(ends) < 2 or None in ends:
        return Estimate(value=middle)
    return Estimate(value=middle, low=ends[0], high=ends[1])
