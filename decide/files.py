"""Files that are there whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from evalsets import DecideError

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


def write_atomically(path: Path, text: str) -> Path:
    """Write ``text`` (UTF-8) to ``path`` through a temporary file beside it, and return ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        # mkstemp makes files private; a report is for whoever may read its folder.
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path
