"""What an arm costs at other prices or another volume, from the cost lines it was recorded with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from decide.comparison import ArmResult, Cost, CostLine
from decide.workload import Workload


@dataclass(frozen=True)
class Amount:
    """US dollars: once, for 1,000 documents, and over the horizon."""

    once: float
    per_1000: float
    horizon: float


@dataclass(frozen=True)
class Change:
    """Assumptions at other values than those that the costs were computed with.

    Args:
        workload: What production needs, with its new values.
        utilisation: Of rented machines, as it was when the costs were computed.
        factors: By how much prices are multiplied, by parameter.
        values: Prices in place of a price of 0, which no factor moves, by parameter.
    """

    workload: Workload
    utilisation: float
    factors: Mapping[str, float] = field(default_factory=dict)
    values: Mapping[str, float] = field(default_factory=dict)


def reprice(cost: Cost, change: Change) -> Amount:
    """The cost under a change. Lines without a driver, as older versions saved them, stay as they are."""
    served = change.utilisation / change.workload.prices.utilisation
    once = sum(_usd(line, change) for line in cost.one_off)
    unit = sum(
        _usd(line, change) * (served if line.driver == "machine_hour" else 1.0) for line in cost.running
    )
    if not cost.one_off and not cost.running:
        once, unit = cost.one_off_usd, cost.per_1000_usd
    return Amount(once, unit, once + unit * change.workload.documents / 1000)


def _usd(line: CostLine, change: Change) -> float:
    if not line.price and line.quantity is not None and line.driver in change.values:
        return line.quantity * change.values[line.driver]
    return line.usd * change.factors.get(line.driver, 1.0)


def base_price(arms: Sequence[ArmResult], parameter: str) -> float | None:
    """The price of a parameter in the cost lines, the highest where arms differ; ``None`` if in none."""
    prices = [
        line.price
        for arm in arms
        if arm.cost is not None
        for line in (*arm.cost.one_off, *arm.cost.running)
        if line.driver == parameter and line.price is not None
    ]
    return max(prices, default=None)
