"""What readers of all formats share: numbered rows, and what is done about one that cannot be used."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from typing import Any

from evalsets.errors import DataError

Row = tuple[int, tuple[Any, ...]]
"""Number of a row in its file, from 1, and the values of the columns asked for."""
Fail = Callable[[DataError], None]
"""Called for a row that cannot be used: raises to stop there, or returns to skip the row."""


def stop(error: DataError) -> None:
    """The default :data:`Fail`: the first unusable row ends the reading."""
    raise error


def missing_column(wanted: str, there: Sequence[str], *, file: str, row: int | None = None) -> DataError:
    """The error for a column that is not there, with the ones that are."""
    near = difflib.get_close_matches(wanted.lower(), [c.lower() for c in there], 1)
    guess = next((c for c in there if near and c.lower() == near[0]), None)
    listing = ", ".join(repr(c) for c in there[:20]) + (", …" if len(there) > 20 else "")
    if len(there) == 1 and any(mark in there[0] for mark in ";\t|"):
        remedy = "The columns seem to be separated by another character: save with commas, or tabs for .tsv."
    elif guess is not None:
        option = f" Pass {wanted}={guess!r}." if wanted in ("text", "label", "group") else ""
        remedy = f"Did you mean {guess!r}?{option}"
    else:
        remedy = "Name the column with text=, label= or group=."
    return DataError(
        f"there is no column {wanted!r}; columns are {listing or 'none'}",
        file=file,
        row=row,
        field=wanted,
        remedy=remedy,
    )
