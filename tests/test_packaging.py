"""The lowest versions are those that pyproject.toml states."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def lowest() -> Any:
    spec = importlib.util.spec_from_file_location("lowest", ROOT / ".ci" / "lowest.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_constraints_are_the_lower_bounds(lowest: Any) -> None:
    lines = (ROOT / "constraints-lowest.txt").read_text(encoding="utf-8").splitlines()
    assert lines == [lowest.HEADING, *lowest.lowest(ROOT / "pyproject.toml")]


def test_the_pinned_versions_are_allowed(lowest: Any) -> None:
    from packaging.utils import canonicalize_name
    from packaging.version import Version

    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines if not line.startswith("#")]
    pinned = {canonicalize_name(name): Version(version) for name, version in pairs}
    for line in lowest.lowest(ROOT / "pyproject.toml"):
        name, version = line.split("==")
        assert pinned[name] >= Version(version), name


def test_bounds_are_read_and_their_lack_is_told(lowest: Any, tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    text = '[project]\ndependencies = ["B_x[y]>=2.1,<3", "a{}"]\n[project.optional-dependencies]\n'
    file.write_text(text.format(">=1") + 'more = ["a>=1"]\ndev = ["c"]\n')
    assert lowest.lowest(file) == ["a==1", "b-x==2.1"]
    file.write_text(text.format(""))
    with pytest.raises(SystemExit, match="a states no lower bound"):
        lowest.lowest(file)
    file.write_text(text.format(">=1") + 'more = ["a>=2"]\n')
    with pytest.raises(SystemExit, match="a has two lower bounds, 1 and 2"):
        lowest.lowest(file)
