"""Plugins: a package that pip installs, and packages that are broken."""

import importlib
import json
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from arms import Majority, arm_from_config
from arms.base import ArmError
from decide.environment import environment
from decide.plugins import additions
from decide.run import run_key
from evalsets import EvalSet, plugins
from evalsets.plugins import SWITCH, Plugin
from tests.conftest import toy_texts

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "tests" / "sample_plugin"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample plugin, built and installed by pip into a folder of its own, without a network."""
    pytest.importorskip("setuptools", reason="building the sample plugin needs setuptools")
    folder = tmp_path_factory.mktemp("plugin")
    shutil.copytree(SAMPLE, folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--target", str(folder / "site")]
    command = [sys.executable, "-m", "pip", "install", *options, str(folder / "source")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "site"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("engagement")
    for name, count, seed in (("train", 60, 1), ("test", 40, 3)):
        texts, labels = toy_texts(count, seed)
        rows = [json.dumps({"text": t, "desk": a}) for t, a in zip(texts, labels, strict=True)]
        (found / f"{name}.jsonl").write_text("\n".join(rows))
    (found / "engagement.yaml").write_text(
        "data: {train: train.jsonl, test: test.jsonl, task: acme_routing}\n"
        "arms: [{kind: acme_key_words, name: Words}]\nseeds: 1\n"
    )
    return found


def decide(site: Path | None, *arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(ROOT), *([str(site)] if site else [])])
    command = [sys.executable, "-m", "decide.cli", *map(str, arguments)]
    environ = {**os.environ, "PYTHONPATH": path, **more}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environ)


def test_an_installed_plugin_is_used(installed: Path, folder: Path) -> None:
    listed = decide(installed, "plugins", "--json")
    (row,) = json.loads(listed.stdout)
    assert (row["name"], row["package"], row["version"]) == ("acme", "acme-decide", "1.2.3")
    adds = {"arms": ["acme_key_words"], "tasks": ["acme_routing"], "sections": ["acme-checklist"]}
    assert row["adds"] == adds

    done = decide(installed, "compare", folder / "engagement.yaml", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])["comparison"]
    (arm,) = result["arms"]
    assert arm["score"]["value"] > 0.9
    assert arm["data_flow"]["guard"]["layer"] in ("namespace", "process")  # it ran in a worker
    assert result["data"]["task"]["kind"] == "acme_routing"
    assert result["environment"]["versions"]["acme-decide"] == "1.2.3"
    report = (folder / "report.html").read_text()
    assert "Checklist of Acme" in report
    assert "Words was reviewed." in report
    (run,) = (folder / "runs" / "runs").iterdir()
    assert json.loads(run.read_text())["run"]["versions"]["acme"].startswith("1.2.3 ")


@pytest.mark.parametrize("off", ["1", "acme"])
def test_a_plugin_can_be_left_out(installed: Path, folder: Path, off: str) -> None:
    done = decide(installed, "check", folder / "engagement.yaml", **{SWITCH: off})
    assert done.returncode == 1
    assert "Unknown arm kind 'acme_key_words'" in done.stderr
    assert f"Plugins left out by {SWITCH}: acme." in done.stderr


class Entry:
    """An entry point that fails, or registers nothing."""

    def __init__(self, name: str, error: BaseException | None = None) -> None:
        self.name, self.value, self.module, self.dist, self._error = name, name, "json.decoder", None, error

    def load(self) -> object:
        if self._error is not None:
            raise self._error
        return json.decoder


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    entries = [Entry("bad", ImportError("no module acme_lib")), Entry("exits", SystemExit(2)), Entry("good")]
    # Of our group alone: other libraries look for their own as they are imported.
    found = metadata.entry_points
    monkeypatch.setattr(
        metadata, "entry_points", lambda group: entries if group == plugins.GROUP else found(group=group)
    )
    plugins.forget()
    yield
    plugins.forget()


@pytest.mark.usefixtures("broken")
def test_a_broken_plugin_is_reported_once_and_breaks_nothing() -> None:
    with pytest.warns(RuntimeWarning, match="could not be loaded") as told:
        assert arm_from_config({"kind": "majority"}) == Majority()
    assert [str(w.message).split()[1] for w in told if "Plugin" in str(w.message)] == ["bad", "exits"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ArmError, match=r"Unknown arm kind 'acme'.*not be loaded: bad \(ImportError"):
            arm_from_config({"kind": "acme"})
    assert [(p.name, bool(p.error)) for p in plugins.load()] == [
        ("bad", True),
        ("exits", True),
        ("good", False),
    ]


@pytest.mark.usefixtures("broken")
def test_the_environment_names_plugins_in_use_alone() -> None:
    with pytest.warns(RuntimeWarning):
        plugins.load()
    found = environment().versions
    assert found["good"] == "unknown"
    assert "bad" not in found


def test_a_plugin_is_part_of_the_keys_of_its_own_arms_alone(
    toy: EvalSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugins, "_found", [])
    plain = run_key(Majority(), toy, 0)
    # Stands for a plugin whose arm is a subclass of one of ours.
    owner = Plugin("ours", "arms.baselines.majority", "ours", "1.0")
    other = Plugin("other", "json.decoder", "other", "1.0")
    monkeypatch.setattr(plugins, "_found", [other])
    assert run_key(Majority(), toy, 0) == plain
    monkeypatch.setattr(plugins, "_found", [owner])
    first = run_key(Majority(), toy, 0)
    assert first != plain
    monkeypatch.setattr(plugins, "_found", [Plugin("ours", "arms.baselines.majority", "ours", "1.1")])
    assert run_key(Majority(), toy, 0) not in (plain, first)


def test_code_that_changes_without_a_release_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "acme_hash"
    package.mkdir()
    (package / "__init__.py").write_text("A = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    before = plugins.code_hash.__wrapped__("acme_hash")
    (package / "__init__.py").write_text("A = 2\n")
    assert plugins.code_hash.__wrapped__("acme_hash") != before


def test_a_plugin_may_be_a_single_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "acme_single.py").write_text("class Thing:\n    pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    thing = importlib.import_module("acme_single").Thing()
    plugin = Plugin("single", "acme_single", "acme", "1.0")
    monkeypatch.setattr(plugins, "_found", [plugin])
    assert plugin.holds(type(thing))
    assert not plugin.holds(Majority)
    assert plugins.versions_of([thing])["single"].startswith("1.0 ")


def test_what_a_plugin_adds_is_told_by_where_it_is_defined() -> None:
    found = additions(Plugin("ours", "arms.baselines.majority"))
    assert "majority" in found["arms"]
    assert set(found) == {"arms"}
