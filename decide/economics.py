"""What an arm costs: once, and for each 1,000 documents."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from arms.base import Arm, ArmError
from arms.device import cores
from decide.comparison import Cost, CostLine
from decide.run import Run
from decide.workload import Assumption, Prices, Workload
from evalsets import EvalSet

ONE_OFF_PHASES = ("adaptation", "training", "choosing shots")


def machine_hour(prices: Prices) -> tuple[float, str]:
    """US dollars for an hour of this machine, and how that comes about."""
    import torch

    accelerators = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if accelerators:
        return accelerators * prices.gpu_hour, f"{accelerators} accelerators × US${prices.gpu_hour:g}/h"
    return (
        cores() * prices.cpu_core_hour,
        f"{cores()} cores × US${prices.cpu_core_hour:g}/h",
    )


def check_prices(arm: Arm, workload: Workload) -> None:
    """Refuse an arm on a remote server whose tokens have no price, before it costs anything.

    Raises:
        ArmError: Saying which price to give.
    """
    if any(place.remote for place in arm.destinations()):
        token_prices(getattr(arm, "model", ""), arm.destinations()[0].host, workload.prices)


def token_prices(model: str, host: str, prices: Prices) -> tuple[float, float, float, str]:
    """US dollars a million input, cached-input and output tokens, and their source.

    Raises:
        ArmError: If neither the user nor genai-prices gives a price.
    """
    if prices.input_million_tokens is not None and prices.output_million_tokens is not None:
        cached = prices.cached_million_tokens
        return (
            prices.input_million_tokens,
            prices.input_million_tokens if cached is None else cached,
            prices.output_million_tokens,
            prices.source,
        )
    from importlib.metadata import version

    from genai_prices import Usage, calc_price

    million = 1_000_000
    try:
        fresh = calc_price(Usage(input_tokens=million), model_ref=model, provider_api_url=f"https://{host}")
        cached_price = calc_price(
            Usage(input_tokens=million, cache_read_tokens=million),
            model_ref=model,
            provider_api_url=f"https://{host}",
        )
        output = calc_price(Usage(output_tokens=million), model_ref=model, provider_api_url=f"https://{host}")
    except LookupError as error:
        raise ArmError(
            f"No price is known for model {model!r} at {host}. Give workload.prices.input_million_tokens "
            "and output_million_tokens in US dollars (0 if the server costs you nothing)."
        ) from error
    source = f"genai-prices {version('genai-prices')}, {fresh.provider.name}, {fresh.model.id}"
    return float(fresh.total_price), float(cached_price.total_price), float(output.total_price), source


def cost_of(arm: Arm, runs: Sequence[Run], evalset: EvalSet, workload: Workload) -> Cost:
    """Cost of an arm from what its runs measured and the workload's prices.

    One-off: compute of adaptation and training (mean over seeds, because one model is shipped) and the
    labels it learns from. Running: rented machine time at the measured throughput and the stated
    utilisation, or tokens at the provider's price.
    """
    prices = workload.prices
    hour, hour_basis = machine_hour(prices)
    one_off: list[CostLine] = []
    for phase in ONE_OFF_PHASES:
        seconds = float(np.mean([run.phase_seconds.get(phase, 0.0) for run in runs]))
        if seconds > 0:
            usd = seconds / 3600 * hour
            one_off.append(CostLine(name=phase, usd=usd, basis=f"{seconds:,.0f} s × {hour_basis}"))
    if prices.label:
        labels = arm.labels_used(evalset)
        if labels:
            basis = f"{labels:,} labelled documents × US${prices.label:g}"
            one_off.append(CostLine(name="labels", usd=labels * prices.label, basis=basis))
    running = (
        _token_lines(arm, runs, prices) if runs[0].remote else [_machine_line(runs, prices, hour, hour_basis)]
    )
    once, per_1000 = sum(line.usd for line in one_off), sum(line.usd for line in running)
    months = workload.horizon_months * workload.documents_per_month / 1000
    return Cost(
        one_off_usd=once,
        per_1000_usd=per_1000,
        horizon_usd=once + per_1000 * months,
        one_off=one_off,
        running=running,
    )


def _machine_line(runs: Sequence[Run], prices: Prices, hour: float, hour_basis: str) -> CostLine:
    rate = float(np.mean([run.timing.documents_per_second for run in runs]))
    usd = 1000 / (rate * 3600 * prices.utilisation) * hour
    basis = (
        f"1,000 documents ÷ ({rate:,.1f} documents/s at {prices.utilisation:.0%} utilisation) × {hour_basis}"
    )
    return CostLine(name="machine", usd=usd, basis=basis)


def _token_lines(arm: Arm, runs: Sequence[Run], prices: Prices) -> list[CostLine]:
    documents = sum(run.timing.documents_timed for run in runs)
    fresh_usd, cached_usd, output_usd, source = token_prices(
        getattr(arm, "model", ""), runs[0].destination, prices
    )
    cached = sum(run.cached_tokens for run in runs) / documents * 1000
    fresh = sum(run.input_tokens for run in runs) / documents * 1000 - cached
    output = sum(run.output_tokens for run in runs) / documents * 1000
    parts = (
        ("input tokens", fresh, fresh_usd),
        ("cached input tokens", cached, cached_usd),
        ("output tokens", output, output_usd),
    )
    return [
        CostLine(
            name=name, usd=tokens * usd / 1e6, basis=f"{tokens:,.0f} tokens × US${usd:g} a million ({source})"
        )
        for name, tokens, usd in parts
        if tokens
    ]


def assumptions(workload: Workload) -> list[Assumption]:
    """Every number behind the costs that was not measured."""
    prices = workload.prices
    user = "the workload given to compare"
    rows = [
        ("documents a month", workload.documents_per_month, "documents", user),
        ("horizon", workload.horizon_months, "months", user),
        ("margin that does not matter", workload.margin, "score", user),
        ("utilisation of rented machines", prices.utilisation, "share of time", prices.source),
        ("price of a CPU core", prices.cpu_core_hour, "US$/hour", prices.source),
        ("price of an accelerator", prices.gpu_hour, "US$/hour", prices.source),
        ("price of a label", prices.label, "US$/document", prices.source),
    ]
    return [Assumption(name=n, value=v, unit=u, source=s) for n, v, u, s in rows]
