"""How far a domain is from what a general encoder knows, measured in minutes without training."""

from decide.domain_gap.advice import Advice
from decide.domain_gap.assess import gap
from decide.domain_gap.report import GapReport, Measure, Severity

__all__ = ["Advice", "GapReport", "Measure", "Severity", "gap"]
