"""Writes the lowest versions that pyproject.toml allows as constraints for pip.

``python .ci/lowest.py pyproject.toml > constraints-lowest.txt``. What only development needs is left out, and
so is vLLM, which lives in an environment of its own.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

NOT_OURS = ("dev", "docs", "vllm")
"""Extras without which the library does all it does."""
HEADING = "# The lowest versions that pyproject.toml allows; `make constraints-lowest.txt` writes it again."


def lowest(pyproject: Path) -> list[str]:
    """One line ``name==version`` for each direct dependency, of extras too, in alphabetical order.

    Args:
        pyproject: The file that states the requirements, each as ``name>=version``.

    Raises:
        SystemExit: If a requirement has no lower bound, or the same package has two.
    """
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    stated = list(project["dependencies"])
    for extra, requirements in project["optional-dependencies"].items():
        if extra not in NOT_OURS:
            stated += requirements
    found: dict[str, str] = {}
    for requirement in map(Requirement, stated):
        name = canonicalize_name(requirement.name)
        bounds = [s.version for s in requirement.specifier if s.operator == ">="]
        if len(bounds) != 1:
            raise SystemExit(f"{pyproject}: {requirement} states no lower bound. Write {name}>=VERSION.")
        if found.setdefault(name, bounds[0]) != bounds[0]:
            raise SystemExit(f"{pyproject}: {name} has two lower bounds, {found[name]} and {bounds[0]}.")
    return [f"{name}=={version}" for name, version in sorted(found.items())]


if __name__ == "__main__":
    print("\n".join([HEADING, *lowest(Path(sys.argv[1]))]))
