"""Numbers written for reading: three significant digits, units, thousands separators.

Every function takes ``None`` and NaN and then gives :class:`Missing`, which the templates show as a dash
with its reason.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from decide import wording

if TYPE_CHECKING:
    from decide.records import Estimate

DASH = "—"
MINUS = "\u2212"


@dataclass(frozen=True)
class Missing:
    """A value that is not there, with why; shown as a dash."""

    why: str = "not measured"

    def __str__(self) -> str:
        return DASH


Shown = str | Missing


def known(value: float | None) -> bool:
    """Whether there is a finite number."""
    return value is not None and math.isfinite(value)


def sort_key(value: float | None) -> str:
    """The number as the sorting script reads it; empty where missing."""
    return f"{value:.6g}" if value is not None and math.isfinite(value) else ""


def significant(value: float, digits: int = 3) -> str:
    """``value`` to ``digits`` significant digits; whole numbers keep all of theirs.

    >>> significant(1234.5), significant(0.012345)
    ('1,234', '0.0123')
    """
    if value == 0:
        return "0"
    sign, size = (MINUS if value < 0 else ""), abs(value)
    if size < 1e-4:
        exponent = math.floor(math.log10(size))
        return f"{sign}{size / 10**exponent:.1f} × 10{_superscript(exponent)}"
    decimals = max(0, digits - 1 - math.floor(math.log10(float(f"{size:.{digits - 1}e}"))))
    return f"{sign}{size:,.{decimals}f}"


def _superscript(number: int) -> str:
    return str(number).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def number(value: float | None, unit: str = "", why: str = "not measured") -> Shown:
    """Three significant digits and a unit."""
    if value is None or not math.isfinite(value):
        return Missing(why)
    return f"{significant(value)} {unit}".rstrip()


def given(value: float | None) -> Shown:
    """A figure that somebody chose, without zeros it was not given with."""
    if value is None or not math.isfinite(value):
        return Missing("not given")
    return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"


def milliseconds(value: float | None, why: str = "not measured") -> Shown:
    """A latency in milliseconds without the unit, for columns that name it."""
    return "<0.01" if value is not None and 0 < value < 0.01 else number(value, why=why)


def whole(value: float | None, why: str = "not known") -> Shown:
    """A count; means over seeds keep one decimal."""
    if value is None or not math.isfinite(value):
        return Missing(why)
    return f"{value:,.0f}" if abs(value - round(value)) < 0.05 else f"{value:,.1f}"


def score(value: float | None, why: str = "not scored") -> Shown:
    """A score in [0, 1], three decimals."""
    return Missing(why) if value is None or not math.isfinite(value) else f"{value:.3f}".replace("-", MINUS)


def signed(value: float | None, why: str = "not computed") -> Shown:
    """A difference of scores, with its sign."""
    return Missing(why) if value is None or not math.isfinite(value) else f"{value:+.3f}".replace("-", MINUS)


def interval(estimate: Estimate | None, *, sign: bool = False) -> Shown:
    """The interval of an estimate in words."""
    if estimate is None or not known(estimate.low) or not known(estimate.high):
        return Missing("no interval could be computed")
    write = signed if sign else score
    return f"{write(estimate.low)} to {write(estimate.high)}"


def percent(value: float | None, why: str = "not computed") -> Shown:
    """A share as whole percent, never rounded to certainty."""
    if value is None or not math.isfinite(value):
        return Missing(why)
    if 0 <= value < 0.01:
        return "under 1%"
    if 0.99 < value <= 1:
        return "over 99%"
    return f"{value:.0%}"


def p_value(value: float | None) -> Shown:
    """A p-value to three decimals."""
    if value is None or not math.isfinite(value):
        return Missing("not computed")
    return wording.p_value(value)


def amount(value: float | None, why: str = "no cost was computed") -> Shown:
    """An amount of US dollars without the unit, for columns that name it."""
    if value is None or not math.isfinite(value):
        return Missing(why)
    size = abs(value)
    if 0 < size < 1e-4:
        return "<0.0001"
    text = significant(size) if size < 1 else f"{size:,.2f}" if size < 1000 else f"{size:,.0f}"
    return (MINUS if value < 0 else "") + text


def money(value: float | None, why: str = "no cost was computed") -> Shown:
    """An amount of US dollars."""
    text = amount(value, why)
    if isinstance(text, Missing):
        return text
    if text.startswith("<"):
        return "under US$0.0001"
    return f"{MINUS}US${text[1:]}" if text.startswith(MINUS) else f"US${text}"


def exact_money(value: float | None, why: str = "no cost was computed") -> Shown:
    """An amount of US dollars to three digits however small, for arithmetic that readers check."""
    if value is None or not math.isfinite(value) or value == 0 or abs(value) >= 1e-4:
        return money(value, why)
    decimals = 2 - math.floor(math.log10(abs(value)))
    return f"{MINUS if value < 0 else ''}US${abs(value):.{decimals}f}"


def duration(seconds: float | None, why: str = "not measured") -> Shown:
    """A length of time in the unit that reads best."""
    if seconds is None or not math.isfinite(seconds):
        return Missing(why)
    for limit, size, unit in ((1, 0.001, "ms"), (120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{significant(seconds / size)} {unit}"
    return f"{significant(seconds / 86_400)} days"


def megabytes(value: float | None, why: str = "not measured") -> Shown:
    """A size given in megabytes."""
    if value is None or not math.isfinite(value):
        return Missing(why)
    if value >= 1000:
        return f"{significant(value / 1000)} GB"
    return f"{significant(value)} MB" if value >= 1 or value == 0 else f"{significant(value * 1000)} kB"


def large(value: float | None, why: str = "not known") -> Shown:
    """A large count in words, such as parameters of a model."""
    if value is None or not math.isfinite(value):
        return Missing(why)
    for size, word in ((1e9, "billion"), (1e6, "million")):
        if value >= size:
            return f"{significant(value / size)} {word}"
    return f"{value:,.0f}"


def joined(parts: list[str]) -> str:
    """``a, b and c``."""
    return wording.names(parts)
