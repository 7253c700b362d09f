"""docs/architecture.md says of imports what is so."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("evalsets", "arms", "decide", "reports")
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def found() -> dict[str, set[str]]:
    """Each package with the packages that its modules import."""
    grimp = pytest.importorskip("grimp", reason="import-linter is not installed")
    graph = grimp.build_graph(*PACKAGES, exclude_type_checking_imports=True, cache_dir=None)
    packages = {module for module in graph.modules if graph.find_children(module)}

    def owner(module: str) -> str:
        while module not in packages:
            module = module.rpartition(".")[0]
        return module

    imports: defaultdict[str, set[str]] = defaultdict(set)
    for module in graph.modules:
        imports[owner(module)] |= {owner(m) for m in graph.find_modules_directly_imported_by(module)}
    return {package: imports[package] - {package} for package in packages}


def test_the_table_of_packages_is_what_grimp_finds() -> None:
    table = TEXT.split("## Subpackages")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([\w.]+)` \|(.*)\|$", table, re.MULTILINE)
    assert {name: set(re.findall(r"`([\w.]+)`", others)) for name, others in rows} == found()


def test_no_import_is_excepted_from_the_direction() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    assert [contract.get("ignore_imports") for contract in settings["contracts"]] == [None]


def test_modules_and_records_that_are_named_exist() -> None:
    steps = TEXT.split("## One document")[1].split("## Subpackages")[0]
    for name in re.findall(r"`((?:evalsets|arms|decide|reports)\.[\w.]+)`", steps):
        path = ROOT.joinpath(*name.split("."))
        assert path.is_dir() or path.with_suffix(".py").is_file(), name
