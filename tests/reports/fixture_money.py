"""The money side of the made-up comparison: draws are invented, what follows from them is not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from decide.comparison import ArmResult
from decide.economics import break_evens
from decide.energy import EnergyUse
from decide.recommend import Case, Evidence, recommendation, sensitivity
from decide.workload import Workload


def money(results: Sequence[ArmResult], workload: Workload, chosen: str | None) -> dict[str, Any]:
    """Break-evens and sensitivity as a comparison holds them; nothing where the arms cannot give any."""
    scored = [a for a in results if a.score is not None and a.status == "ok"]
    if not scored or any(a.cost is None or not np.isfinite(a.score.value) for a in scored if a.score):
        return {}
    if any(a.timing is None or a.data_flow is None for a in scored):
        return {}
    rng = np.random.default_rng(0)
    values = np.array([a.score.value for a in scored if a.score is not None])
    draws = values + rng.normal(0, 0.012, (400, 1)) + rng.normal(0, 0.003, (400, len(scored)))
    case = Case(Evidence.of(results, draws, [], items=4000), workload)
    found, rows = recommendation(case), sensitivity(case)
    return {
        "break_evens": break_evens(results, workload),
        "sensitivity": rows if found.arm == chosen else [],
    }


def energy(fit_kwh: float = 0.21, per_1000_kwh: float = 0.0004, grams: float = 381.0) -> EnergyUse:
    """Energy of an arm over 4.8 million documents, invented."""
    total = fit_kwh + per_1000_kwh * 4800
    return EnergyUse(
        fit_kwh=fit_kwh,
        per_1000_kwh=per_1000_kwh,
        horizon_kwh=total,
        fit_kg=fit_kwh * grams / 1000,
        per_1000_kg=per_1000_kwh * grams / 1000,
        horizon_kg=total * grams / 1000,
        grams_per_kwh=grams,
        intensity_source="a fixture's table, mean of Nowhere in 2023",
        method="fixture 1.0: estimated from the processor's rated power (a fixture CPU)",
        metered=False,
    )
