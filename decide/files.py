"""Saved results, read back; written by :func:`evalsets.files.write_atomically`."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from evalsets import DecideError
from evalsets.files import write_atomically

__all__ = ["read_saved", "write_atomically"]

M = TypeVar("M", bound=BaseModel)
DEEPEST = 100
"""Levels of nesting of a saved file."""
LARGEST_INTEGER = 2**63
"""Whole numbers of a saved file; larger ones cannot be turned into floats or text everywhere."""


def read_saved(path: str | Path, model: type[M], version: int, *, what: str, writer: str) -> M:
    """Read what was saved as JSON with a schema version.

    Args:
        path: The file.
        model: What it holds.
        version: The newest schema version that can be read.
        what: What it is called in messages, such as ``comparison``.
        writer: What writes such a file, for messages.

    Raises:
        DecideError: If the file is missing, holds something else, or was written by a newer version.
    """
    file = Path(path)
    try:
        data = parse_json(file.read_text(encoding="utf-8"))
    except OSError as error:
        why = f"{file}: cannot be read ({error.strerror}). Give the path of a saved {what}."
        raise DecideError(why) from error
    except (ValueError, RecursionError) as error:
        raise DecideError(f"{file}: is not JSON ({error}). Give a file that {writer} wrote.") from error
    found = data.get("schema_version") if isinstance(data, dict) else None
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        raise DecideError(f"{file}: has no schema_version. Give a file that {writer} wrote.")
    if found > version:
        raise DecideError(
            f"{file}: has schema version {found}, newer than this version reads ({version}). Upgrade decide."
        )
    try:
        return model.model_validate(data)
    except ValueError as error:
        raise DecideError(f"{file}: is not a valid {what}. {error}") from error


def parse_json(text: str) -> Any:
    """JSON as this program writes it: numbers finite and of usual size, nesting bounded.

    Raises:
        ValueError: Saying what is wrong.
    """

    def constant(name: str) -> None:
        raise ValueError(f"{name} is no number")

    def number(digits: str) -> float:
        value = float(digits)
        if not math.isfinite(value):
            raise ValueError(f"{digits[:40]} is too large for a number")
        return value

    def whole(digits: str) -> int:
        value = int(digits)
        if abs(value) > LARGEST_INTEGER:
            raise ValueError(f"{digits[:40]} is too large for a whole number")
        return value

    data = json.loads(text, parse_constant=constant, parse_float=number, parse_int=whole)
    pending = [(data, 0)]
    while pending:
        value, depth = pending.pop()
        if depth > DEEPEST:
            raise ValueError(f"it is nested more than {DEEPEST} levels deep")
        if isinstance(value, dict | list):
            inner = value.values() if isinstance(value, dict) else value
            pending += [(child, depth + 1) for child in inner if isinstance(child, dict | list)]
    return data
