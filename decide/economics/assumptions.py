"""Every number behind the costs that was not measured, with its source and date."""

from __future__ import annotations

from collections.abc import Sequence

from decide.comparison import ArmResult
from decide.workload import USER_SOURCE, Assumption, Workload

TOKENS = ("input_million_tokens", "output_million_tokens")


def assumptions(workload: Workload, arms: Sequence[ArmResult] = ()) -> list[Assumption]:
    """The assumptions of a comparison.

    Args:
        workload: Volume, horizon, margin and prices.
        arms: Results, for the prices of tokens that they were charged and the carbon of their electricity.
    """
    prices = workload.prices
    rows = [
        _asked("documents a month", workload.documents_per_month, "documents"),
        _asked("horizon", workload.horizon_months, "months"),
        _asked("margin that does not matter", workload.margin, "score"),
    ]
    if workload.error_usd is not None:
        rows.append(_asked("cost of a wrong answer", workload.error_usd, "US$"))
    if workload.usd_per_point is not None:
        rows.append(_asked("worth of a point of score", workload.usd_per_point, "US$ over the horizon"))
    for name, field, unit in (
        ("utilisation of rented machines", "utilisation", "share of time"),
        ("price of a CPU core", "cpu_core_hour", "US$/hour"),
        ("price of an accelerator", "gpu_hour", "US$/hour"),
        ("price of a label", "label", "US$/document"),
    ):
        source, date = prices.origin(field)
        value = getattr(prices, field)
        if field == "label" and not value:
            source, date = "none was given; labels are not counted", ""
        rows.append(Assumption(name=name, value=value, unit=unit, source=source, date=date))
    return [*rows, *_engineering(workload), *_tokens(arms), *_carbon(arms)]


def _asked(name: str, value: float, unit: str) -> Assumption:
    return Assumption(name=name, value=value, unit=unit, source=USER_SOURCE)


def _engineering(workload: Workload) -> list[Assumption]:
    prices = workload.prices
    if not prices.engineering_days:
        return [
            Assumption(
                name="engineering",
                value=0.0,
                unit="days",
                source="no days were given; the work of bringing an approach into production is not counted",
            )
        ]
    source, date = prices.origin("engineering_day")
    rows = [("a day of engineering", prices.engineering_day, "US$/day")]
    rows += [
        (f"engineering, {kind.replace('_', ' ')}", d, "days") for kind, d in prices.engineering_days.items()
    ]
    return [Assumption(name=n, value=v, unit=u, source=source, date=date) for n, v, u in rows]


def _tokens(arms: Sequence[ArmResult]) -> list[Assumption]:
    """Token prices, each provider's once."""
    found: dict[tuple[str, float, str], Assumption] = {}
    for arm in arms:
        for line in arm.cost.running if arm.cost is not None else ():
            if line.driver in TOKENS and line.price is not None:
                found[line.name, line.price, line.source] = Assumption(
                    name=f"price of {line.name}",
                    value=line.price,
                    unit="US$/million",
                    source=line.source,
                    date=line.date,
                )
    return list(found.values())


def _carbon(arms: Sequence[ArmResult]) -> list[Assumption]:
    used = next((arm.energy for arm in arms if arm.energy is not None), None)
    if used is None:
        return []
    return [
        Assumption(
            name="carbon of the electricity",
            value=used.grams_per_kwh,
            unit="g CO2e/kWh",
            source=used.intensity_source,
        )
    ]
