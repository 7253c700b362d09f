"""Energy of a run, measured with codecarbon (extra ``energy``): offline, without files, on request only."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from decide.records import Record
from evalsets import DecideError

EXTRA = 'pip install "decide-nlp[energy]"'
SAMPLE_SECONDS = 5.0
"""Power is read this often while something runs."""
RATED = {"cpu_load", "constant"}
"""Ways of codecarbon to get at the processor's power that rest on its rated power, not on a meter."""


class Energy(BaseModel):
    """Where the machines stand, which turns energy into carbon; giving it asks for energy to be measured.

    Args:
        country: Three letters of ISO 3166, such as ``DEU``; its carbon intensity is taken from the table
            in codecarbon.
        grams_per_kwh: Carbon intensity of the electricity in g CO2e/kWh, instead of the country's.
        source: Where ``grams_per_kwh`` comes from, shown in the report.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    country: str
    grams_per_kwh: Annotated[float, Field(ge=0)] | None = None
    source: str = "the workload given to compare"

    @field_validator("country")
    @classmethod
    def _three_letters(cls, country: str) -> str:
        """Codes of two letters are the common mistake."""
        if len(country) != 3 or not country.isascii() or not country.isalpha():
            raise ValueError(f"{country!r} is not three letters of ISO 3166, such as DEU, FRA or USA")
        return country.upper()


class EnergyPart(Record):
    """Energy of one part of a run, in kilowatt-hours, over ``seconds``."""

    kwh: float
    seconds: float


class EnergyReading(Record):
    """Energy of one run: of fitting the arm, and of predicting ``documents`` test documents.

    ``method`` says how the processor was read; ``metered`` whether by a meter or from its rated power.
    """

    fit: EnergyPart
    test: EnergyPart
    documents: int
    method: str
    metered: bool


class EnergyUse(Record):
    """Energy of an arm and the carbon that it stands for.

    Kilowatt-hours for fitting once and for 1,000 documents at the measured speed, and kilograms of CO2e at
    ``grams_per_kwh``, whose origin is ``intensity_source``.
    """

    fit_kwh: float
    per_1000_kwh: float
    horizon_kwh: float
    fit_kg: float
    per_1000_kg: float
    horizon_kg: float
    grams_per_kwh: float
    intensity_source: str
    method: str
    metered: bool


class EnergyError(DecideError):
    """Energy was asked for and cannot be measured; the message says why and what to do."""


def intensity(energy: Energy) -> tuple[float, str]:
    """Carbon intensity in g CO2e/kWh, and where it comes from.

    Raises:
        EnergyError: If codecarbon is missing, or lists no such country.
    """
    if energy.grams_per_kwh is not None:
        return energy.grams_per_kwh, energy.source
    _require()
    from codecarbon import __version__
    from codecarbon.input import DataSource

    mix: dict[str, dict[str, Any]] = DataSource().get_global_energy_mix_data()
    found = mix.get(energy.country)
    if found is None:
        raise EnergyError(
            f"workload.energy.country: codecarbon {__version__} lists no country {energy.country!r}. Give "
            "another, or grams_per_kwh."
        )
    year = found.get("year", "an unnamed year")
    return float(found["carbon_intensity"]), (
        f"codecarbon {__version__}, mean of {found['country_name']} in {year}"
    )


def _require() -> None:
    import importlib.util

    if importlib.util.find_spec("codecarbon") is None:
        raise EnergyError(
            f"workload.energy asks for energy to be measured, which needs codecarbon: {EXTRA}. Or leave "
            "workload.energy out."
        )


@dataclass
class Meter:
    """Collects what parts of a run use; nothing at all if no energy was asked for."""

    tracker: Any = None
    parts: dict[str, EnergyPart] = field(default_factory=dict)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Measure what happens inside under ``name``."""
        if self.tracker is None:
            yield
            return
        self.tracker.start_task(name)
        try:
            yield
        finally:
            data = self.tracker.stop_task(name)
            self.parts[name] = EnergyPart(kwh=float(data.energy_consumed), seconds=float(data.duration))

    def reading(self, documents: int) -> EnergyReading | None:
        """What was measured, over ``documents`` test documents."""
        if self.tracker is None:
            return None
        method, metered = _method(self.tracker)
        return EnergyReading(
            fit=self.parts["fit"],
            test=self.parts["test"],
            documents=documents,
            method=method,
            metered=metered,
        )


@contextmanager
def meter(energy: Energy | None) -> Iterator[Meter]:
    """A meter for one run.

    Every way for codecarbon to write a file or to reach another machine is turned off here, also those that
    its configuration files and environment variables could turn on.

    Args:
        energy: Where the machine stands; ``None`` measures nothing.

    Raises:
        EnergyError: If codecarbon is missing, or lists no such country.
    """
    if energy is None:
        yield Meter()
        return
    grams, _ = intensity(energy)
    _require()
    from codecarbon import OfflineEmissionsTracker

    logging.getLogger("codecarbon").setLevel(logging.CRITICAL)
    tracker = OfflineEmissionsTracker(
        project_name="decide",
        country_iso_code=energy.country,
        region=None,
        cloud_provider=None,
        cloud_region=None,
        country_2letter_iso_code=None,
        force_carbon_intensity_g_co2e_kwh=grams,
        electricitymaps_api_token=None,
        output_methods=[],
        save_to_file=False,
        save_to_api=False,
        save_to_logger=False,
        save_to_prometheus=False,
        save_to_logfire=False,
        output_handlers=[],
        emissions_endpoint=None,
        api_key=None,
        allow_multiple_runs=True,
        tracking_mode="process",
        measure_power_secs=SAMPLE_SECONDS,
        log_level="critical",
    )
    try:
        yield Meter(tracker)
    finally:
        tracker.stop()


def _method(tracker: Any) -> tuple[str, bool]:
    """How the processor was read, in words, and whether a meter was there."""
    from codecarbon import __version__

    processor = next((h for h in tracker._hardware if type(h).__name__ not in ("RAM", "GPU")), None)
    way = getattr(processor, "_mode", type(processor).__name__)
    parts = ["memory is estimated from its size"]
    if tracker._conf.get("gpu_count"):
        parts.append("accelerators are read by their own meters")
    if way not in RATED:
        parts.insert(0, f"the processor is read by its meter ({way}), whatever else runs on it included")
        return f"codecarbon {__version__}: {'; '.join(parts)}", True
    model = tracker._conf.get("cpu_model") or "the processor"
    parts.insert(
        0,
        f"estimated from the processor's rated power ({model}) and the load that this arm put on it, because "
        "no meter can be read",
    )
    return f"codecarbon {__version__}: {'; '.join(parts)}", False
