"""Saved results, read back; written by :func:`evalsets.files.write_atomically`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from evalsets import DecideError
from evalsets.files import write_atomically

__all__ = ["read_saved", "write_atomically"]

M = TypeVar("M", bound=BaseModel)


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
        data = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        why = f"{file}: cannot be read ({error.strerror}). Give the path of a saved {what}."
        raise DecideError(why) from error
    except ValueError as error:
        raise DecideError(f"{file}: is not JSON ({error}). Give a file that {writer} wrote.") from error
    found = data.get("schema_version") if isinstance(data, dict) else None
    if not isinstance(found, int):
        raise DecideError(f"{file}: has no schema_version. Give a file that {writer} wrote.")
    if found > version:
        raise DecideError(
            f"{file}: has schema version {found}, newer than this version reads ({version}). Upgrade decide."
        )
    try:
        return model.model_validate(data)
    except ValueError as error:
        raise DecideError(f"{file}: is not a valid {what}. {error}") from error
