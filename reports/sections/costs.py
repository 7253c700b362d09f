"""Costs: every line with its arithmetic, every assumption with its source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import format, view
from reports.registry import Context, register_section

if TYPE_CHECKING:
    from decide.comparison import ArmResult, Comparison, Cost, CostLine
    from decide.energy import EnergyUse


@register_section(
    "costs",
    title="Where the costs come from",
    order=80,
    lede="Time, throughput and tokens were measured; prices and volume are assumptions, listed below. "
    "Replace an assumption and the costs follow by the arithmetic shown.",
    readers=("finance",),
)
def build(comparison: Comparison) -> Context | None:
    """Cost lines of each arm and the assumptions."""
    arms = [arm for arm in view.with_results(comparison) if arm.cost is not None]
    return {
        "arms": [_arm(comparison, arm) for arm in arms],
        "horizon": view.horizon(comparison),
        "summary": [_summary(comparison, arm) for arm in arms],
        "around_the_clock": view.around_the_clock(arms),
        "energy": [_energy(arm, arm.energy) for arm in arms if arm.energy is not None],
        "energy_missing": _missing(arms),
        "energy_notes": _energy_notes(arms),
        "assumptions": [
            (a.name, format.given(a.value), a.unit, a.source, a.date or format.Missing("no date was given"))
            for a in comparison.assumptions
        ],
    }


def _summary(comparison: Comparison, arm: ArmResult) -> Context:
    """One row: once, for 1,000 documents, in all, and how many machines that keeps busy."""
    cost = arm.cost
    assert cost is not None
    return {
        "name": arm.name,
        "once": format.amount(cost.one_off_usd),
        "unit": format.amount(cost.per_1000_usd),
        "total": format.amount(cost.horizon_usd),
        "share": format.percent(cost.one_off_usd / cost.horizon_usd) if cost.horizon_usd else "none",
        "machines": _machines(comparison, cost),
    }


def _machines(comparison: Comparison, cost: Cost) -> format.Shown:
    """Machines that the workload keeps rented, day and night taken together."""
    hours = [line.quantity for line in cost.running if line.driver == view.MACHINE]
    known = [h for h in hours if h is not None]
    if not known:
        return format.Missing("no machine is rented for serving" if not hours else "not recorded")
    machines = sum(known) * comparison.workload.documents_per_month / 1000 / view.MONTH_HOURS
    return "under 0.01" if machines < 0.01 else format.number(machines)


def _energy(arm: ArmResult, used: EnergyUse) -> Context:
    return {
        "name": arm.name,
        "cells": [
            format.number(value)
            for value in (
                used.fit_kwh,
                used.per_1000_kwh,
                used.horizon_kwh,
                used.fit_kg,
                used.per_1000_kg,
                used.horizon_kg,
            )
        ],
        "note": arm.energy_missing,
    }


def _missing(arms: list[ArmResult]) -> list[str]:
    """Why energy is not there, approaches with the same reason together."""
    reasons: dict[str, list[str]] = {}
    for arm in arms:
        if arm.energy is None:
            reasons.setdefault(arm.energy_missing or "not measured", []).append(arm.name)
    if len(reasons) == 1 and len(next(iter(reasons.values()))) == len(arms):
        return [f"Energy: {next(iter(reasons))}."]
    return [f"Energy of {format.joined(names)}: {why}." for why, names in reasons.items()]


def _energy_notes(arms: list[ArmResult]) -> list[str]:
    """How energy was measured, and where the carbon intensity comes from."""
    used = [arm.energy for arm in arms if arm.energy is not None]
    notes = dict.fromkeys(u.method for u in used)
    notes |= dict.fromkeys(f"{format.given(u.grams_per_kwh)} g CO2e/kWh: {u.intensity_source}" for u in used)
    return list(notes)


def _arm(comparison: Comparison, arm: ArmResult) -> Context:
    cost = arm.cost
    assert cost is not None
    work = comparison.workload
    volume = f"{format.whole(work.documents_per_month)} documents × {view.horizon(comparison)}"
    return {
        "name": arm.name,
        "lines": [_line("once", line) for line in cost.one_off]
        + [_line("per 1,000", line) for line in cost.running],
        "total": format.exact_money(cost.horizon_usd),
        "basis": f"{format.exact_money(cost.one_off_usd)} once + "
        f"{format.exact_money(cost.per_1000_usd)} per 1,000 × {volume}",
        "tokens": _tokens(arm),
    }


def _line(when: str, line: CostLine) -> tuple[str, str, str, format.Shown]:
    return (line.name, when, line.basis, format.exact_money(line.usd))


def _tokens(arm: ArmResult) -> str | None:
    parts = [
        f"{format.number(value)} {name} tokens"
        for name, value in (
            ("input", arm.input_tokens_per_document),
            ("output", arm.output_tokens_per_document),
        )
        if value is not None
    ]
    return f"{format.joined(parts)} a document" if parts else None
