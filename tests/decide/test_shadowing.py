"""Files of the user's that are called like our packages."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import decide
from decide.shadowing import OURS, refuse_shadows
from decide.worker import work_isolated

ROOT = Path(__file__).parents[2]


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ, PYTHONPATH=str(ROOT))
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["reports/__init__.py", "evalsets.py", "arms/__init__.py"])
def test_a_script_beside_a_package_of_the_same_name_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("")
    (tmp_path / "script.py").write_text("import decide\nprint(decide.__version__)")
    done = run(tmp_path, "script.py")
    package = name.split("/")[0]
    assert done.returncode == 1
    said = done.stderr.splitlines()[-1]
    assert said.startswith(f"ImportError: decide has a package called {package.removesuffix('.py')}")
    assert str(tmp_path / package) in said
    done = run(tmp_path, "-P", "script.py")  # the remedy that is named
    assert done.stdout.strip() == decide.__version__, done.stderr


def test_a_folder_of_files_hides_nothing(tmp_path: Path) -> None:
    for name in OURS:
        (tmp_path / name).mkdir()
    done = run(tmp_path, "-c", "import decide; print(decide.__version__)")
    assert done.stdout.strip() == decide.__version__, done.stderr


def test_what_was_imported_before_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    class Module:
        __file__ = "/home/ada/reports.py"

    monkeypatch.setitem(sys.modules, "reports", Module())  # type: ignore[arg-type]
    with pytest.raises(ImportError, match=r"Python finds /home/ada/reports\.py in its place"):
        refuse_shadows(ROOT)


@dataclass
class Look:
    """Tells from where a worker imports."""

    def work(self, tell: Any) -> None:
        import arms
        import evalsets

        tell({"arms": arms.__file__, "evalsets": evalsets.__file__})


def test_a_worker_does_not_look_in_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OURS:
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('mine')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(ROOT), *(p for p in sys.path if p)])
    told: list[dict[str, Any]] = []
    work_isolated(Look(), tell=told.append)  # type: ignore[arg-type]
    assert told == [{name: str(ROOT / name / "__init__.py") for name in ("arms", "evalsets")}]


def test_a_worker_looks_where_its_parent_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Python was started with ``-c`` or in a notebook, the working folder is among the places."""
    (tmp_path / "own_module.py").write_text("class Own:\n    def work(self, tell): tell({'is': 'own'})")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", str(ROOT), *(p for p in sys.path if p)])
    import own_module

    told: list[dict[str, Any]] = []
    work_isolated(own_module.Own(), tell=told.append)
    assert told == [{"is": "own"}]
