"""Where the data of a saved comparison can be found again."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from decide.records import Record
from evalsets import DecideError, EvalSet

MOST_LEVELS = 16


class Source(Record):
    """What a comparison was made from, without a path of the machine it was made on.

    The engagement file is named by its bare name and by how many folders above the saved comparison it
    lies. A comparison from elsewhere can thus name files in the folders above itself, and no others.
    """

    kind: Literal["engagement", "demo"]
    file: str = Field(default="", description="name of the engagement file, without folders")
    levels_up: int = Field(default=0, ge=0, le=MOST_LEVELS)

    @field_validator("file")
    @classmethod
    def _bare(cls, value: str) -> str:
        if any(mark in value for mark in "/\\:\0") or value in (".", ".."):
            raise ValueError("must be the bare name of a file")
        return value


def source_of(engagement: Path, saved: Path) -> Source | None:
    """The engagement file as seen from the saved comparison.

    Args:
        engagement: The engagement file.
        saved: Where the comparison will be saved.

    Returns:
        ``None`` if the comparison is not saved in the folder of the engagement file or below it.
    """
    folder, place = engagement.parent.resolve(), saved.parent.resolve()
    if not place.is_relative_to(folder):
        return None
    levels = len(place.relative_to(folder).parts)
    if levels > MOST_LEVELS:
        return None
    return Source(kind="engagement", file=engagement.name, levels_up=levels)


def find_engagement(source: Source, saved: Path) -> Path:
    """The engagement file of a saved comparison.

    Raises:
        DecideError: If it is not where it was.
    """
    place = saved.resolve().parent
    for _ in range(source.levels_up):
        place = place.parent
    file = place / source.file
    if not file.is_file():
        raise DecideError(
            f"{saved}: was made from {source.file} in {place}, which is not there. Give the engagement file, "
            "or a file with its data part, as data (--data)."
        )
    return file


def hash_of_test(data: EvalSet) -> str:
    """SHA-256 over the texts and gold annotations of test: scores with equal hashes are on the same items."""
    digest = hashlib.sha256()
    for text, label in zip(data.test.texts, data.test.labels, strict=True):
        row = json.dumps([text, data.task.to_plain(label)], sort_keys=True, default=str)
        digest.update(row.encode("utf-8", "backslashreplace") + b"\n")
    return digest.hexdigest()
