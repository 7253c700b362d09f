from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from arms import Cascade, Majority, TfidfLogistic
from decide import energy
from decide.economics.energy import NOT_ASKED, energy_of
from decide.energy import Energy, EnergyError, EnergyPart, EnergyReading, intensity, meter
from decide.orchestrate import compare
from decide.run import DEFAULT, Measure
from decide.workload import Workload
from evalsets import EvalSet
from tests.decide.test_economics import run

HERE = Energy(country="deu", grams_per_kwh=400.0, source="our supplier")


def reading(fit: float, test: float, seconds: float = 3600.0) -> EnergyReading:
    return EnergyReading(
        fit=EnergyPart(kwh=fit, seconds=seconds),
        test=EnergyPart(kwh=test, seconds=1.0),
        documents=200,
        method="a meter",
        metered=True,
    )


def test_nothing_is_measured_unless_asked_for() -> None:
    with meter(None) as found, found.part("fit"):
        pass
    assert found.reading(10) is None
    assert energy_of([run()], Workload()) == (None, NOT_ASKED)
    assert Measure(energy=HERE).parts() != DEFAULT.parts()


def test_energy_of_fitting_is_that_of_the_seed_that_did_most() -> None:
    runs = [run(energy=reading(0.5, 0.001)), run(energy=reading(0.1, 0.003))]
    found = energy_of(runs, Workload(energy=HERE)).use
    assert found is not None
    assert found.fit_kwh == 0.5
    assert found.per_1000_kwh == pytest.approx(0.004 / 400 * 1000)
    assert found.horizon_kwh == pytest.approx(0.5 + 0.01 * 1200)
    assert found.fit_kg == pytest.approx(0.2)
    assert found.horizon_kg == pytest.approx(found.horizon_kwh * 0.4)
    assert (found.grams_per_kwh, found.intensity_source) == (400, "our supplier")


def test_every_field_of_energy_and_carbon() -> None:
    runs = [
        run(energy=reading(0.5, 0.001)),
        run(energy=reading(0.1, 0.003).model_copy(update={"metered": False, "method": "rated"})),
    ]
    workload = Workload(energy=HERE, documents_per_month=1000, horizon_months=5)
    # 0.004 kWh for 400 documents are 0.01 for 1,000; 400 g for each kWh.
    found = energy_of(runs, workload).use
    assert found is not None
    assert found.model_dump() == {
        "fit_kwh": 0.5,
        "per_1000_kwh": pytest.approx(0.01),
        "horizon_kwh": pytest.approx(0.55),
        "fit_kg": pytest.approx(0.2),
        "per_1000_kg": pytest.approx(0.004),
        "horizon_kg": pytest.approx(0.22),
        "grams_per_kwh": 400.0,
        "intensity_source": "our supplier",
        "method": "a meter",
        "metered": False,
    }
    first = energy_of(runs[:1], workload).use
    assert first is not None
    assert first.metered


def test_what_is_missing_in_words() -> None:
    workload = Workload(energy=HERE)
    places = ("b.example", "a.example", "b.example")
    remote = [run(remote=True, destination=place) for place in places]
    assert energy_of([*remote, run()], workload) == (
        None,
        "not known: the work is done at a.example, b.example, whose energy cannot be read here",
    )
    assert energy_of([run(energy=reading(0.1, 0.1)), run()], workload) == (
        None,
        "not measured: put together from the runs of other arms",
    )
    kept = reading(0.1, 0.1).model_copy(update={"documents": 0})
    assert energy_of([run(energy=kept)], workload) == (
        None,
        "not measured: all answers were kept from an attempt that was interrupted",
    )
    assert energy_of([run(energy=kept), run(energy=reading(0.1, 0.1))], workload).use is not None


def covered(fit_seconds: float, test_seconds: float, runs: int = 1, **phases: float) -> str:
    found = reading(0.1, 0.1, fit_seconds).model_copy(
        update={"test": EnergyPart(kwh=0.1, seconds=test_seconds)}
    )
    phases = phases or {"training": 1000.0}
    return energy_of([run(energy=found, phase_seconds=phases)] * runs, Workload(energy=HERE)).missing


def test_what_the_figures_do_not_cover_in_words() -> None:
    part = "the energy of fitting covers 899 of 1,000 s; the rest was done in an earlier run"
    brief = "the energy of predicting was measured over 2.5 s only, so its first digit is uncertain"
    assert covered(900, 5) == ""
    assert covered(899, 5) == part
    assert covered(900, 2.5) == brief
    assert covered(899, 2.5) == f"{part}; {brief}"
    assert covered(900, 2.5, runs=2) == ""  # together they were long enough
    assert covered(300, 5, adaptation=300, training=100, loading=900) == (
        "the energy of fitting covers 300 of 400 s; the rest was done in an earlier run"
    )
    assert covered(1, 5, loading=900) == ""


def test_fitting_that_an_earlier_run_did_is_said_to_be_missing() -> None:
    told = energy_of([run(energy=reading(0.1, 0.1, seconds=60.0))], Workload(energy=HERE))
    assert "covers 60 of 3,600 s" in told.missing
    long = reading(0.1, 0.1).model_copy(update={"test": EnergyPart(kwh=0.1, seconds=60.0)})
    assert energy_of([run(energy=long)], Workload(energy=HERE)).missing == ""


def test_a_brief_measurement_is_marked_as_one() -> None:
    told = energy_of([run(energy=reading(0.1, 0.1))], Workload(energy=HERE)).missing
    assert "measured over 1 s only" in told


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"remote": True, "destination": "api.example.com"}, "api.example.com"), ({}, "runs of other arms")],
)
def test_what_cannot_be_measured_says_why(changes: dict[str, Any], why: str) -> None:
    told = energy_of([run(**changes)], Workload(energy=HERE))
    assert told.use is None
    assert why in told.missing


def test_without_the_library_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(EnergyError, match=r"decide-nlp\[energy\]"):
        intensity(Energy(country="DEU"))
    with pytest.raises(EnergyError, match=r"decide-nlp\[energy\]"), meter(HERE):
        pass


def test_the_intensity_of_a_country_comes_with_its_source() -> None:
    pytest.importorskip("codecarbon")
    grams, source = intensity(Energy(country="fra"))
    assert 0 < grams < 200
    assert "France in 20" in source
    with pytest.raises(EnergyError, match="lists no country 'QQQ'"):
        intensity(Energy(country="QQQ"))


def test_a_comparison_measures_energy_offline_and_writes_no_files(
    toy: EvalSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("codecarbon")
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    # Settings that a user's own use of codecarbon may have left behind.
    monkeypatch.setenv("CODECARBON_SAVE_TO_API", "true")
    monkeypatch.setenv("CODECARBON_OUTPUT_METHODS", "csv,api")

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(energy, "SAMPLE_SECONDS", 0.5)
    parts = [Majority(name="none"), TfidfLogistic(name="words")]
    arms = [*parts, Cascade(first="words", then="none", name="both")]
    result = compare(
        toy, arms, workload=Workload(energy=HERE), seeds=1, run_dir=tmp_path / "runs", isolate=False
    )
    used = result.arms[0].energy
    assert used is not None
    assert used.per_1000_kwh > 0
    assert used.metered or "rated power" in used.method
    assert list(here.iterdir()) == []
    both = result.arm("both")
    assert both.energy is None
    assert "put together from the runs of other arms" in both.energy_missing
    assert result.privacy is not None
    assert {kept.arm: kept.verbatim for kept in result.privacy.kept} == {
        "none": False,
        "words": True,
        "both": True,
    }
    assert any(
        a.name == "carbon of the electricity" and a.source == "our supplier" for a in result.assumptions
    )
