"""A case: evidence and workload, to which the rule can be applied under any change of the assumptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from decide.comparison import ArmResult
from decide.economics.reprice import Amount, Change, base_price, reprice
from decide.recommend.evidence import Evidence
from decide.recommend.rule import Verdict, apply
from decide.workload import Parameter, Workload

PRICES: dict[Parameter, tuple[str, str]] = {
    "machine_hour": ("price of the machine", "US$/hour"),
    "label": ("price of a label", "US$/document"),
    "engineering_day": ("a day of engineering", "US$/day"),
    "input_million_tokens": ("price of input tokens", "US$/million"),
    "output_million_tokens": ("price of output tokens", "US$/million"),
}
"""Assumptions that are prices of cost lines, with name and unit."""
OTHERS: dict[Parameter, tuple[str, str]] = {
    "documents_per_month": ("documents a month", "documents"),
    "horizon_months": ("horizon", "months"),
    "utilisation": ("utilisation of rented machines", "share of time"),
    "margin": ("margin that does not matter", "score"),
    "error_usd": ("cost of a wrong answer", "US$"),
    "usd_per_point": ("worth of a point of score", "US$"),
}
"""The other assumptions."""


@dataclass(frozen=True)
class Lever:
    """An assumption that can be moved, with its value now."""

    parameter: Parameter
    name: str
    unit: str
    base: float


@dataclass(frozen=True)
class Case:
    """What was measured and what production needs."""

    evidence: Evidence
    workload: Workload

    @cached_property
    def verdict(self) -> Verdict:
        """What the rule says of the case as it is."""
        return self.under(self.workload)

    def under(
        self,
        workload: Workload,
        factors: Mapping[str, float] | None = None,
        values: Mapping[str, float] | None = None,
    ) -> Verdict:
        """What it says under another workload, and prices multiplied or replaced by parameter."""
        change = Change(workload, self.workload.prices.utilisation, factors or {}, values or {})
        return apply(self.evidence, workload, self._costs(change))

    def relaxed(self, **update: Any) -> Workload:
        """The workload with other values."""
        return self.workload.model_copy(update=update)

    def at(self, lever: Lever, value: float) -> Verdict:
        """What the rule says with one assumption at another value."""
        if lever.parameter == "utilisation":
            prices = self.workload.prices.model_copy(update={"utilisation": value})
            return self.under(self.relaxed(prices=prices))
        if lever.parameter in OTHERS:
            return self.under(self.relaxed(**{lever.parameter: value}))
        if lever.base:
            return self.under(self.workload, factors={lever.parameter: value / lever.base})
        return self.under(self.workload, values={lever.parameter: value})

    def lever(self, parameter: Parameter) -> Lever | None:
        """An assumption with its value now; ``None`` if nothing in this case rests on it."""
        if parameter in PRICES:
            price = base_price(self.evidence.measured, parameter)
            return None if price is None else Lever(parameter, *PRICES[parameter], price)
        value = (
            self.workload.prices.utilisation
            if parameter == "utilisation"
            else getattr(self.workload, parameter)
        )
        return None if value is None else Lever(parameter, *OTHERS[parameter], value)

    def arm(self, name: str) -> ArmResult:
        """The arm called ``name``."""
        return next(arm for arm in self.evidence.arms if arm.name == name)

    def score(self, name: str) -> float:
        """Its score on test."""
        found = self.arm(name).score
        assert found is not None
        return found.value

    def _costs(self, change: Change) -> dict[str, Amount]:
        return {arm.name: reprice(arm.cost, change) for arm in self.evidence.measured if arm.cost is not None}
