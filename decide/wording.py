"""Amounts and counts as sentences have them."""

from __future__ import annotations

import math


def dollars(usd: float) -> str:
    """US dollars: cents where they matter, three significant digits below a cent, to a hundredth of one.

    >>> dollars(0.00123), dollars(1234.5)
    ('US$0.00123', 'US$1,234')
    """
    size, sign = abs(usd), "\u2212" if usd < 0 else ""
    if size == 0:
        return "US$0"
    if size < 1e-4:
        return "under US$0.0001"
    if size < 0.01:
        return f"{sign}US${size:.{2 - math.floor(math.log10(size))}f}"
    return f"{sign}US${size:,.2f}" if size < 1000 else f"{sign}US${size:,.0f}"


def count(value: float) -> str:
    """A number of documents to three significant digits, millions in words.

    >>> count(1_250_000)
    '1.25 million'
    """
    for size, word in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if value >= size:
            return f"{significant(value / size)} {word}"
    return significant(value)


def significant(value: float, digits: int = 3) -> str:
    """``value`` to ``digits`` significant digits, without an exponent and without zeros at the end.

    >>> significant(0.012345), significant(1234.5)
    ('0.0123', '1,230')
    """
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    decimals = digits - 1 - math.floor(math.log10(abs(value)))
    text = f"{round(value, decimals):,.{max(0, decimals)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def milliseconds(value: float) -> str:
    """A latency: whole milliseconds from 10 on.

    >>> milliseconds(3.456)
    '3.46 ms'
    """
    return f"{value:,.0f} ms" if value >= 10 else f"{significant(value)} ms"


def in_unit(value: float, unit: str) -> str:
    """A value with its unit; the currency goes before the number.

    >>> in_unit(3.0, "US$ per hour"), in_unit(3.0, "hours")
    ('US$3 per hour', '3 hours')
    """
    if unit.startswith("US$"):
        return f"US${significant(value)}{unit[3:]}"
    return f"{significant(value)} {unit}".rstrip()


def percent(share: float) -> str:
    """A probability as whole percent, never rounded to certainty.

    >>> percent(0.999), percent(0.5)
    ('over 99%', '50%')
    """
    if share > 0.99:
        return "over 99%"
    return "under 1%" if share < 0.01 else f"{share:.0%}"


def points_are(value: str) -> str:
    """Points with their verb.

    >>> points_are("1"), points_are("2.5")
    ('1 point is', '2.5 points are')
    """
    return f"{value} point is" if value == "1" else f"{value} points are"


def p_value(value: float) -> str:
    """A p-value to three decimals, never rounded to 0.

    >>> p_value(0.0001)
    'under 0.001'
    """
    return "under 0.001" if value < 0.001 else f"{value:.3f}"


def times(ratio: float) -> str:
    """A ratio: in times from 1 on, in percent below.

    >>> times(2.5), times(0.25)
    ('2.5 times that', '25% of that')
    """
    return f"{significant(ratio)} times that" if ratio >= 1 else f"{significant(ratio * 100)}% of that"


def names(found: list[str]) -> str:
    """``a, b and c``.

    >>> names(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join([", ".join(found[:-1]), found[-1]] if len(found) > 1 else found)
