"""What docstrings say of classes and their fields, for schemas and listings."""

from __future__ import annotations

import inspect
import re
from typing import Any

_ARGUMENT = re.compile(r"^ {4}(\w+): (.*)$")
_ROLE = re.compile(r":\w+:`~?([^`]+)`")


def summary(cls: Any) -> str:
    """The first paragraph of a class's docstring, on one line."""
    return _plain(inspect.getdoc(cls) or "").split("\n\n")[0].replace("\n", " ")


def fields(cls: type[Any]) -> dict[str, str]:
    """What the ``Args`` of a class and its bases say of each field, the class itself first."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        found |= _arguments(vars(base).get("__doc__") or "")
    return found


def _arguments(text: str) -> dict[str, str]:
    _, _, rest = inspect.cleandoc(text).partition("\nArgs:\n")
    found: dict[str, str] = {}
    name = ""
    for line in rest.splitlines():
        start = _ARGUMENT.match(line)
        if start:
            name, found[start[1]] = start[1], start[2]
        elif line.startswith("     ") and name:
            found[name] += f" {line.strip()}"
        elif line.strip():
            break
    return {name: _plain(text) for name, text in found.items()}


def _plain(text: str) -> str:
    """Text without the marks of reStructuredText."""
    return _ROLE.sub(lambda found: found[1].rpartition(".")[2], text).replace("``", "")
