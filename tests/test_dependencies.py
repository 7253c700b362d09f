"""Each dependency is explained, and used."""

from __future__ import annotations

import ast
import functools
import re
import sys
import tomllib
from collections import defaultdict
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("evalsets", "arms", "decide", "reports")
ROW = re.compile(r"\| `(?P<name>[\w.-]+)` \| (?P<groups>[\w, ]+) \| (?P<what>[^|]+) \| (?P<others>[^|]*) ?\|")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared() -> dict[str, set[str]]:
    """The groups (core, extras) of each dependency of pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = {"core": project["dependencies"], **project["optional-dependencies"]}
    found: defaultdict[str, set[str]] = defaultdict(set)
    for group, requirements in groups.items():
        for requirement in requirements:
            found[normal(re.split(r"[\[<>=!~; ]", requirement)[0])].add(group)
    return dict(found)


def table() -> dict[str, re.Match[str]]:
    """The rows of the table in CONTRIBUTING.md by package."""
    section = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("\n## Dependencies\n")[1]
    rows = [line for line in section.split("\n## ")[0].splitlines() if line.startswith("| `")]
    found = [ROW.fullmatch(row) for row in rows]
    assert None not in found, rows[found.index(None)]
    return {row["name"]: row for row in found if row is not None}


def with_it(row: re.Match[str]) -> set[str]:
    return set(re.findall(r"`([\w-]+)`", row["others"]))


def imported() -> set[str]:
    """Top-level modules that the packages import, whenever they do, but for the standard library's."""
    found: set[str] = set()
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    found |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - set(PACKAGES)


@functools.cache
def distributions() -> dict[str, list[str]]:
    """Modules with the distributions that hold them; slow to find."""
    return dict(metadata.packages_distributions())


def packages_of(modules: set[str]) -> set[str]:
    """The distributions that hold modules; a module that is not installed stands for itself."""
    known = distributions()
    return {normal(name) for module in modules for name in known.get(module, [module])}


def test_the_table_names_what_pyproject_does() -> None:
    assert {name: set(row["groups"].split(", ")) for name, row in table().items()} == declared()


def test_every_core_dependency_is_imported() -> None:
    core = {name for name, groups in declared().items() if "core" in groups}
    assert core - packages_of(imported()) == set()


def test_whatever_is_imported_is_declared_or_comes_with_what_is() -> None:
    explained = set(declared()) | set().union(*(with_it(row) for row in table().values()))
    missing = [module for module in imported() if not packages_of({module}) & explained]
    assert missing == []
