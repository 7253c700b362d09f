"""Values of text, label and group columns, checked and turned to strings."""

from __future__ import annotations

import math
from typing import Any

from evalsets.errors import DataError


def as_text(value: Any, *, file: str, row: int, field: str) -> str:
    """The text of a row; a missing one is empty, as it is in a CSV file.

    Raises:
        DataError: If it is not a string, or one that no encoding can write.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if not isinstance(value, str):
        raise DataError(
            f"the text is {_what(value)}, not a string",
            file=file,
            row=row,
            field=field,
            remedy="Write the document as a string, or name another column with text=.",
        )
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise DataError(
                f"the text holds half a surrogate pair at character {error.start + 1}",
                file=file,
                row=row,
                field=field,
                remedy="Export the file again; an emoji or rare character was cut in two.",
            ) from error
    return value


def as_label(value: Any, *, file: str, row: int, field: str) -> str:
    """The label of a row, without surrounding whitespace; 2 and 2.0 become "2".

    Raises:
        DataError: If it is missing, or neither string, integer nor boolean.
    """
    if isinstance(value, str):
        value = value.strip()
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        raise DataError(
            "the label is missing",
            file=file,
            row=row,
            field=field,
            remedy="Label the row or remove it; rows without a label belong in unlabeled=.",
        )
    text = _plain(value)
    if text is None:
        raise DataError(
            f"the label is {_what(value)}",
            file=file,
            row=row,
            field=field,
            remedy="Use one string, integer or boolean as the label of a row.",
        )
    return text


def as_group(value: Any, *, file: str, row: int, field: str) -> str:
    """The group of a row.

    Raises:
        DataError: If it is missing, or neither string, number nor date.
    """
    if isinstance(value, str):
        value = value.strip()
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        raise DataError(
            "the group is missing",
            file=file,
            row=row,
            field=field,
            remedy="Fill it in, for example with 'unknown', or leave group= out.",
        )
    if isinstance(value, (list, dict, bytes)):
        raise DataError(
            f"the group is {_what(value)}",
            file=file,
            row=row,
            field=field,
            remedy="Use a string or a number.",
        )
    text = _plain(value)
    return str(value) if text is None else text


def _plain(value: Any) -> str | None:
    if isinstance(value, (str, bool, int)):
        return str(value)
    if isinstance(value, float) and value.is_integer():
        # An integer column with a gap becomes a float column in many exporters.
        return str(int(value))
    return None


def _what(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, bytes):
        return "bytes"
    if isinstance(value, (bool, int, float)):
        return f"the number {value!r}" if not isinstance(value, bool) else f"the boolean {value!r}"
    return f"of type {type(value).__name__}"
