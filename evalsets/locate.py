"""Where a text states a value."""

from __future__ import annotations

import re
from typing import Any

from evalsets.field_values import as_date, as_number, normal

_NUMBER = re.compile(r"(?<![\w.,])[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?!\d)")
_DATE = re.compile(
    r"(?<!\w)(?:"
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}"
    r"|\d{1,2}(?:st|nd|rd|th)?[\s.-]*(?:of\s+)?[A-Za-z]{3,9}[\s.,-]*\d{2,4}"
    r"|[A-Za-z]{3,9}\.?\s+\d{1,2}(?:st|nd|rd|th)?,?\s+\d{2,4}"
    r"|\d{4}[\s-]?[A-Za-z]{3,9}[\s-]?\d{1,2}"
    r")(?!\w)"
)
_LONGEST = 30


def locate(value: Any, text: str, *, day_first: bool = False) -> tuple[int, int] | None:
    """The first place where a text states a value, as offsets, or ``None``.

    Tried in turn: the value as it is written, whole words; the same in other case; for an ISO date any
    way of writing that day; for a number any way of writing it (``1200`` in ``"1,200 IU"``); for other
    strings the same words and numbers with other punctuation and spaces between (``"40 mg"`` in ``"40mg"``).

    Args:
        value: A value of a record; lists, truth values and null are nowhere.
        text: The text.
        day_first: Whether ``3/5/2024`` is the third of May.

    Example:
        >>> locate(1200, "Vitamin D 1,200 IU")
        (10, 15)
    """
    if value is None or isinstance(value, bool | list | tuple | dict):
        return None
    written = str(value).strip()
    if not written:
        return None
    for flags in (0, re.IGNORECASE):
        if found := re.search(rf"(?<!\w){re.escape(written)}(?!\w)", text, flags):
            return found.span()
    if re.fullmatch(r"\d{4}-\d\d-\d\d", written):
        return _first(_DATE, text, lambda piece: as_date(piece, day_first=day_first) == written)
    if (number := as_number(value)) is not None:
        return _first(_NUMBER, text, lambda piece: as_number(piece) == number)
    pieces = normal(written).split()
    if len(pieces) > _LONGEST:
        return None
    pattern = r"[\W_]*?".join(re.escape(piece) for piece in pieces)
    found = re.search(rf"(?<!\w){pattern}(?!\w)", text, re.IGNORECASE)
    return found.span() if found else None


def _first(pattern: re.Pattern[str], text: str, wanted: Any) -> tuple[int, int] | None:
    return next((match.span() for match in pattern.finditer(text) if wanted(match[0])), None)
