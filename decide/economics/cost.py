"""What an arm costs, from what its runs measured and the workload's prices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from arms.base import Arm
from decide.comparison import Cost, CostLine
from decide.economics.machine import Machine, machine_hour, machine_origin
from decide.economics.tokens import MILLION, token_prices
from decide.run import Run
from decide.workload import Prices, Workload
from evalsets import EvalSet

ONE_OFF_PHASES = ("adaptation", "training", "choosing shots")
UNITS = 1000
"""Running costs are stated for this many documents."""


def cost_of(arm: Arm, runs: Sequence[Run], evalset: EvalSet, workload: Workload) -> Cost:
    """Cost of an arm.

    One-off: compute of adaptation, training and choosing (mean over seeds, because one model is shipped), the
    labels it learns from, and the days of work that the workload states for its kind. Running: rented machine
    time at the measured throughput and the stated utilisation, or tokens at the provider's price.

    Args:
        arm: The arm.
        runs: Its runs, one a seed.
        evalset: What they ran on.
        workload: Prices, volume and horizon.
    """
    one_off = [*_compute(runs, workload.prices), *_labels(arm, evalset, workload.prices)]
    one_off += _engineering(arm.kind, workload.prices)
    running = _tokens(arm, runs, workload.prices) if runs[0].remote else [_machine(runs, workload.prices)]
    return total(one_off, running, workload)


def total(one_off: Sequence[CostLine], running: Sequence[CostLine], workload: Workload) -> Cost:
    """Cost lines added up over the workload's horizon."""
    once, per_1000 = sum(line.usd for line in one_off), sum(line.usd for line in running)
    return Cost(
        one_off_usd=once,
        per_1000_usd=per_1000,
        horizon_usd=once + per_1000 * workload.documents / UNITS,
        one_off=list(one_off),
        running=list(running),
    )


def _compute(runs: Sequence[Run], prices: Prices) -> list[CostLine]:
    machine = Machine.of(runs[0].conditions)
    hour, basis = machine_hour(prices, machine)
    source, date = machine_origin(prices, machine)
    lines = []
    for phase in ONE_OFF_PHASES:
        seconds = float(np.mean([run.phase_seconds.get(phase, 0.0) for run in runs]))
        if seconds > 0:
            lines.append(
                CostLine(
                    name=phase,
                    usd=seconds / 3600 * hour,
                    basis=f"{seconds:,.0f} s × {basis}",
                    driver="machine_hour",
                    quantity=seconds / 3600,
                    price=hour,
                    source=source,
                    date=date,
                )
            )
    return lines


def _labels(arm: Arm, evalset: EvalSet, prices: Prices) -> list[CostLine]:
    """The labels, also at no price: the report then says that they were not counted."""
    labels = arm.labels_used(evalset)
    if not labels:
        return []
    source, date = prices.origin("label")
    basis = f"{labels:,} labelled documents × US${prices.label:g}"
    return [
        CostLine(
            name="labels",
            usd=labels * prices.label,
            basis=basis if prices.label else f"{labels:,} labelled documents; no price given, not counted",
            driver="label",
            quantity=labels,
            price=prices.label,
            source=source,
            date=date,
        )
    ]


def _engineering(kind: str, prices: Prices) -> list[CostLine]:
    days = prices.engineering_days.get(kind)
    if not days:
        return []
    source, date = prices.origin("engineering_day")
    return [
        CostLine(
            name="engineering",
            usd=days * prices.engineering_day,
            basis=f"{days:g} days × US${prices.engineering_day:g}",
            driver="engineering_day",
            quantity=days,
            price=prices.engineering_day,
            source=source,
            date=date,
        )
    ]


def _machine(runs: Sequence[Run], prices: Prices) -> CostLine:
    machine = Machine.of(runs[0].conditions)
    hour, hour_basis = machine_hour(prices, machine)
    source, date = machine_origin(prices, machine)
    rate = float(np.mean([run.timing.documents_per_second for run in runs]))
    hours = UNITS / (rate * 3600 * prices.utilisation)
    basis = (
        f"1,000 documents ÷ ({rate:,.1f} documents/s at {prices.utilisation:.0%} utilisation) × {hour_basis}"
    )
    return CostLine(
        name="machine",
        usd=hours * hour,
        basis=basis,
        driver="machine_hour",
        quantity=hours,
        price=hour,
        source=source,
        date=date,
    )


def _tokens(arm: Arm, runs: Sequence[Run], prices: Prices) -> list[CostLine]:
    documents = sum(run.timing.documents_timed for run in runs)
    read = sum(run.input_tokens for run in runs)
    found = token_prices(getattr(arm, "model", ""), runs[0].destination, prices, read / max(1, documents))
    cached = sum(run.cached_tokens for run in runs) / documents * UNITS
    fresh = read / documents * UNITS - cached
    output = sum(run.output_tokens for run in runs) / documents * UNITS
    parts = (
        ("input tokens", fresh, found.input, "input_million_tokens"),
        ("cached input tokens", cached, found.cached, "input_million_tokens"),
        ("output tokens", output, found.output, "output_million_tokens"),
    )
    return [
        CostLine(
            name=name,
            usd=tokens / MILLION * usd,
            basis=f"{tokens:,.0f} tokens × US${usd:g} a million ({found.source})",
            driver=driver,
            quantity=tokens / MILLION,
            price=usd,
            source=found.source,
            date=found.date,
        )
        for name, tokens, usd, driver in parts
        if tokens
    ]
