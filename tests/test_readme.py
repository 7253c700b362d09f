"""Every example of the README runs, on toy data under the file names it uses."""

from __future__ import annotations

import json
import re
import shlex
from importlib.util import find_spec
from pathlib import Path

import pytest

import decide
from evalsets import EvalSet
from tests.fuzz.runner import command as run_command
from tests.toy_files import write_toy_files

ROOT = Path(__file__).parents[1]
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
HUB_MODEL = "google-bert/bert-base-uncased"  # stands for any; no hub is needed here


def blocks(language: str) -> list[str]:
    return [code for name, code in BLOCKS if name == language]


@pytest.fixture
def folder(tmp_path: Path, toy: EvalSet, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_toy_files(tmp_path, toy)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_readme_has_the_examples_tested_here() -> None:
    assert [len(blocks(name)) for name in ("python", "yaml", "console")] == [5, 1, 2]


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("code", blocks("python"), ids=["compare", "gap", "entities", "models", "protocols"])
def test_python_examples_run(code: str, folder: Path, tiny_encoder: Path) -> None:
    code = code.replace(HUB_MODEL, str(tiny_encoder))
    exec(compile(code, "README.md", "exec"), {"__name__": "__main__"})
    if "again.html" in code:
        assert (folder / "report.html").read_text() == (folder / "again.html").read_text()


@pytest.mark.usefixtures("in_process")
def test_yaml_and_commands_run(folder: Path, tiny_encoder: Path) -> None:
    (folder / "engagement.yaml").write_text(blocks("yaml")[0], encoding="utf-8")
    for line in blocks("console")[1].splitlines():
        command = shlex.split(line.replace(HUB_MODEL, str(tiny_encoder)), comments=True)
        assert command[0] == "decide"
        if command[1] == "demo":  # run by `make demo`, minutes long
            continue
        if command[1] == "history":
            saved = json.loads((folder / "runs" / "comparison.json").read_text())
            (folder / "spring").mkdir()
            (folder / "spring" / "comparison.json").write_text(
                json.dumps(saved | {"created": "2026-04-01T12:00:00+00:00"})
            )
        code, printed = run_command(command[1:])
        assert code == 0, printed
    assert (folder / "report.html").is_file()


def test_every_name_of_the_library_that_the_documents_use_exists() -> None:
    documents = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    used = {name for file in documents for name in re.findall(r"\bdecide\.(\w+)", file.read_text("utf-8"))}
    assert {"compare", "Energy", "Theme"} <= used
    missing = [name for name in sorted(used) if not hasattr(decide, name)]
    assert [name for name in missing if find_spec(f"decide.{name}") is None] == []


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for line in blocks("console")[0].splitlines():
        assert f"\n{shlex.split(line, comments=True)[1]}:" in makefile


def test_pictures_exist() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for picture in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text):
        assert (ROOT / picture).is_file(), picture
