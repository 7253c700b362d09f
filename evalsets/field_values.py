"""When two values of a field say the same."""

from __future__ import annotations

import datetime
import re
import unicodedata
from typing import Any, NamedTuple

from evalsets.schema import FieldSpec

_NUMBER = re.compile(r"[-+]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_PIECE = re.compile(r"(?:(?<!\w)[-+])?\d+(?:[.,]\d+)*|[^\W\d_]+|\S")
_TRUE, _FALSE = ("true", "yes", "y", "1"), ("false", "no", "n", "0")


class Tolerance(NamedTuple):
    """How far a number may be off: ``max(absolute, relative * |gold|)``."""

    absolute: float = 0.0
    relative: float = 0.0


def normal(text: str) -> str:
    """A text without what rarely matters: case, punctuation, white space, and forms of one character.

    Words and numbers stay as they are in order, one space between them: ``"40mg"`` and ``"40 mg."`` are
    the same, ``"2.5"`` and ``"25"`` are not. A text of nothing but punctuation stays.

    >>> normal("40mg.") == normal("40 MG")
    True
    """
    folded = _THOUSANDS.sub("", unicodedata.normalize("NFKC", text).casefold())
    pieces = [piece for piece in _PIECE.findall(folded) if not _is_punctuation(piece)]
    return " ".join(pieces) or "".join(folded.split())


def _is_punctuation(piece: str) -> bool:
    return len(piece) == 1 and unicodedata.category(piece)[0] in "PZC"


def as_number(value: Any) -> float | None:
    """The number that a value is or writes (``"1,200"``, ``" 3.5 "``), if it is one.

    >>> as_number("1,200")
    1200.0
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        try:
            return float(value)
        except OverflowError:
            return None
    if isinstance(value, str) and any(c.isdigit() for c in value) and _NUMBER.fullmatch(value.strip()):
        return float(value.strip().replace(",", ""))
    return None


def as_date(value: Any, *, day_first: bool = False) -> str | None:
    """The ISO date (``2024-03-05``) that a value writes, if it names year, month and day.

    Args:
        value: A date, or a text such as ``"March 5, 2024"``, ``"5 Mar 24"`` or ``"3/5/2024"``.
        day_first: Whether ``3/5/2024`` is the third of May.

    Example:
        >>> as_date("March 5, 2024"), as_date("3/5/2024", day_first=True)
        ('2024-03-05', '2024-05-03')
    """
    moment = _moment(value, day_first)
    return None if moment is None else moment.date().isoformat()


def as_moment(value: Any, *, day_first: bool = False) -> str | None:
    """The same with the time of day; times with a zone are turned to UTC."""
    moment = _moment(value, day_first)
    if moment is None:
        return None
    return (moment if moment.tzinfo is None else moment.astimezone(datetime.UTC)).isoformat()


def _moment(value: Any, day_first: bool) -> datetime.datetime | None:
    if isinstance(value, datetime.datetime):
        return value
    if isinstance(value, datetime.date):
        return datetime.datetime.combine(value, datetime.time())
    if not isinstance(value, str) or not any(c.isdigit() for c in value):
        return None
    try:
        # First, because dateutil reads 2024-03-05 as the third of May where day_first is set.
        return datetime.datetime.fromisoformat(value.strip())
    except ValueError:
        pass
    from dateutil import parser

    found = []
    for default in (datetime.datetime(2000, 1, 1), datetime.datetime(2001, 2, 2)):
        try:
            found.append(parser.parse(value, default=default, dayfirst=day_first))
        except (ValueError, OverflowError):
            return None
    # What is not said is taken from the default, so that only whole dates come out alike.
    return found[0] if found[0] == found[1] else None


def as_boolean(value: Any) -> bool | None:
    """The truth value that a value is or writes, if it does."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().casefold()
    return True if word in _TRUE else False if word in _FALSE else None


def same(
    gold: Any, predicted: Any, spec: FieldSpec, tolerance: Tolerance, *, day_first: bool = False
) -> bool:
    """Whether two values of one field agree after normalisation.

    Numbers agree within the tolerance, dates if they are the same day however written, truth values if
    they mean the same, everything else if :func:`normal` makes them equal.
    """
    if spec.kind in ("number", "integer"):
        a, b = as_number(gold), as_number(predicted)
        if a is not None and b is not None:
            # The last term is for the rounding of decimal fractions only.
            return abs(a - b) <= max(tolerance.absolute, tolerance.relative * abs(a), 1e-9 * abs(a))
    elif spec.kind in ("date", "date-time"):
        read = as_date if spec.kind == "date" else as_moment
        first, second = read(gold, day_first=day_first), read(predicted, day_first=day_first)
        if first is not None and second is not None:
            return first == second
    elif spec.kind == "boolean":
        truth = as_boolean(gold)
        return truth is not None and truth == as_boolean(predicted)
    return normal(str(gold)) == normal(str(predicted))


def values_of(value: Any) -> list[Any]:
    """The values of a field: the elements of a list, or the one value."""
    return [] if value is None else list(value) if isinstance(value, list | tuple) else [value]


def identical(gold: Any, predicted: Any) -> bool:
    """Whether two values are the same JSON value; 1 and 1.0 are, 1 and true are not."""
    return isinstance(gold, bool) == isinstance(predicted, bool) and bool(gold == predicted)


def read_value(text: str, spec: FieldSpec, *, day_first: bool = False) -> Any:
    """The value of a field that a piece of text writes, or ``None`` if it writes none.

    Integers and numbers are parsed, dates become ISO, a choice is the one that it equals after
    normalisation; a string is the text itself.
    """
    text = text.strip()
    if not text:
        return None
    if spec.kind in ("number", "integer"):
        number = as_number(text)
        if number is None or (spec.kind == "integer" and not number.is_integer()):
            return None
        return int(number) if spec.kind == "integer" else number
    if spec.kind == "boolean":
        return as_boolean(text)
    if spec.kind in ("date", "date-time"):
        return (as_date if spec.kind == "date" else as_moment)(text, day_first=day_first)
    if spec.kind == "enum":
        return next((c for c in spec.choices if normal(str(c)) == normal(text)), None)
    return text
