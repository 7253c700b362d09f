"""How far a domain is from what a general encoder knows, measured in minutes without training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from decide.domain_gap.advice import Advice
from decide.domain_gap.report import GapReport, Measure, Severity

if TYPE_CHECKING:
    from decide.domain_gap.assess import gap

__all__ = ["Advice", "GapReport", "Measure", "Severity", "gap"]


def __getattr__(name: str) -> Any:
    # A saved report must load without what measures it.
    if name == "gap":
        from decide.domain_gap.assess import gap

        return gap
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
