"""The examples of docs/engagement.md and docs/plugins.md run."""

import re
import tomllib
from pathlib import Path

import pytest

from decide.brief import TOPICS
from decide.events import KINDS
from evalsets import EvalSet
from tests.fuzz.runner import command

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "engagement.md").read_text(encoding="utf-8")
PLUGINS = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, toy: EvalSet) -> Path:
    import pandas as pd

    for name in ("train", "test"):
        split = getattr(toy, name)
        frame = pd.DataFrame({"text": split.texts, "label": split.labels, "hospital": split.groups})
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    return tmp_path


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("number", [0, 1])
def test_the_files_run(folder: Path, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    if number == 1:
        pytest.importorskip("mlflow", reason="MLflow is not installed (extra mlflow)")
    (folder / "engagement.yaml").write_text(blocks(TEXT, "yaml")[number])
    code, printed = command(["compare", "engagement.yaml", "--output", "report.md"])
    assert code == 0, printed
    report = (folder / "report.md").read_text()
    assert ("Example Ltd" in report) == (number == 0)
    assert (folder / "mlflow.db").is_file() == (number == 1)


@pytest.mark.usefixtures("in_process")
def test_the_hook_runs(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    (code,) = blocks(TEXT, "python")
    exec(compile(code, "engagement.md", "exec"), {"__name__": "__main__"})
    assert '"kind": "arm_finished"' in capsys.readouterr().out


def test_tables_are_complete() -> None:
    from decide.engagement import DataConfig, Engagement

    for names in (TOPICS, KINDS, Engagement.model_fields, DataConfig.model_fields):
        assert [name for name in names if f"`{name}`" not in TEXT] == []


def test_the_entry_point_is_that_of_the_sample() -> None:
    (block,) = blocks(PLUGINS, "toml")
    sample = tomllib.loads((ROOT / "tests" / "sample_plugin" / "pyproject.toml").read_text())
    assert tomllib.loads(block)["project"]["entry-points"] == sample["project"]["entry-points"]
