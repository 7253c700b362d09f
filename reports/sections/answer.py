"""The answer in full: every reason, what would change it, what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import format, strings
from reports.format import Missing
from reports.registry import Context, register_section

if TYPE_CHECKING:
    from decide.comparison import Comparison, Reason

REASONS_SHOWN = 5


@register_section("answer", title="The answer in full", order=10)
def build(comparison: Comparison) -> Context | None:
    """Reasons, flips and next steps."""
    found = comparison.recommendation
    reasons = [_reason(reason) for reason in found.reasons]
    return {
        "reasons": reasons[:REASONS_SHOWN],
        "more_reasons": reasons[REASONS_SHOWN:],
        "flips": found.flips,
        "modes": [
            (strings.RISKS[m.risk], strings.sentence(m.kind), m.text, m.risk) for m in found.failure_modes
        ],
        "next_steps": found.next_steps,
    }


def _reason(reason: Reason) -> Context:
    stated = any(character.isdigit() for character in reason.text)
    value = format.number(reason.value) if reason.value is not None and not stated else None
    return {"text": reason.text, "value": None if isinstance(value, Missing) else value}
