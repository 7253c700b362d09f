"""Energy and carbon of an arm, from the readings of its runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from decide.economics.cost import ONE_OFF_PHASES
from decide.energy import EnergyPart, EnergyUse, intensity
from decide.run import Run
from decide.workload import Workload

NOT_ASKED = "not asked for; workload.energy measures it"
BRIEF = 5.0
"""Seconds; a shorter measurement rests on one reading of the power or so, and the report says so."""
SHORT = 0.9
"""Fitting that was measured over less than this share of its time lacks what an earlier run left behind."""


class Figures(NamedTuple):
    """The energy of an arm, and why there is none or what it does not cover."""

    use: EnergyUse | None
    missing: str


def energy_of(runs: Sequence[Run], workload: Workload) -> Figures:
    """The energy of an arm, or why there is none.

    Args:
        runs: Runs of the arm, one a seed.
        workload: Asks for energy and says where the machine stands.
    """
    if workload.energy is None:
        return Figures(None, NOT_ASKED)
    if any(run.remote for run in runs):
        where = ", ".join(sorted({run.destination for run in runs if run.remote}))
        return Figures(None, f"not known: the work is done at {where}, whose energy cannot be read here")
    readings = [run.energy for run in runs]
    if any(reading is None for reading in readings):
        return Figures(None, "not measured: put together from the runs of other arms")
    found = [reading for reading in readings if reading is not None]
    if not sum(reading.documents for reading in found):
        return Figures(None, "not measured: all answers were kept from an attempt that was interrupted")
    # Adaptation is done once and shared by the seeds: the seed that did it is the one that fitted longest.
    fit = max((reading.fit for reading in found), key=lambda part: part.kwh)
    each = sum(r.test.kwh for r in found) / sum(r.documents for r in found) * 1000
    total = fit.kwh + each * workload.documents / 1000
    grams, source = intensity(workload.energy)
    use = EnergyUse(
        fit_kwh=fit.kwh,
        per_1000_kwh=each,
        horizon_kwh=total,
        fit_kg=fit.kwh * grams / 1000,
        per_1000_kg=each * grams / 1000,
        horizon_kg=total * grams / 1000,
        grams_per_kwh=grams,
        intensity_source=source,
        method=found[0].method,
        metered=all(reading.metered for reading in found),
    )
    seconds = sum(reading.test.seconds for reading in found)
    notes = [note for note in (_incomplete(runs, fit), _brief(seconds)) if note]
    return Figures(use, "; ".join(notes))


def _brief(seconds: float) -> str:
    """Whether predicting took too little time to measure its energy well."""
    if seconds >= BRIEF:
        return ""
    return f"the energy of predicting was measured over {seconds:.2g} s only, so its first digit is uncertain"


def _incomplete(runs: Sequence[Run], fit: EnergyPart) -> str:
    """What is not in the energy of fitting, because an earlier run did it."""
    spent = max(sum(run.phase_seconds.get(phase, 0.0) for phase in ONE_OFF_PHASES) for run in runs)
    if fit.seconds >= SHORT * spent:
        return ""
    return (
        f"the energy of fitting covers {fit.seconds:,.0f} of {spent:,.0f} s; the rest was done in an "
        "earlier run"
    )
