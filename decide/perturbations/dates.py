"""Dates written another way."""

from __future__ import annotations

import datetime
import random
import re
from typing import ClassVar, Literal

from pydantic.dataclasses import dataclass

from decide.perturbations.base import Edit, Perturbation, register_perturbation

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_MONTH = "|".join(f"{m}|{m[:3]}" for m in MONTHS)
_DATE = re.compile(
    rf"\b(?:(?P<y>\d{{4}})-(?P<m>\d\d)-(?P<d>\d\d)"
    rf"|(?P<a>\d{{1,2}})(?P<s>[/.])(?P<b>\d{{1,2}})(?P=s)(?P<y2>\d{{4}})"
    rf"|(?P<d3>\d{{1,2}}) (?P<m3>{_MONTH})\.? (?P<y3>\d{{4}})"
    rf"|(?P<m4>{_MONTH})\.? (?P<d4>\d{{1,2}}), (?P<y4>\d{{4}}))\b"
)


@register_perturbation
@dataclass(frozen=True)
class DateFormats(Perturbation):
    """Every date with a year is written in another of the common formats; it stays the same day.

    Args:
        order: What 03/04/2024 means: the day or the month first.
    """

    name: ClassVar[str] = "dates"
    order: Literal["day", "month"] = "month"

    def edits(self, text: str, rng: random.Random) -> list[Edit]:
        """Every date that is one."""
        found = []
        for m in _DATE.finditer(text):
            day = self._read(m)
            if day is not None:
                others = [f for f in self._formats(day) if f != m[0]]
                found.append(Edit(m.start(), m.end(), rng.choice(others)))
        return found

    def describe(self) -> str:
        """In a phrase."""
        return f"dates written in another format ({self.order} first in those of digits)"

    def _read(self, m: re.Match[str]) -> datetime.date | None:
        if m["y"]:
            year, month, day = int(m["y"]), int(m["m"]), int(m["d"])
        elif m["y2"]:
            first, second = int(m["a"]), int(m["b"])
            # With dots, the day comes first everywhere.
            day, month = (first, second) if self.order == "day" or m["s"] == "." else (second, first)
            year = int(m["y2"])
        else:
            name, number, of = (m["m3"], m["d3"], m["y3"]) if m["y3"] else (m["m4"], m["d4"], m["y4"])
            month = next(i for i, full in enumerate(MONTHS, 1) if full[:3] == name[:3])
            year, day = int(of), int(number)
        try:
            return datetime.date(year, month, day)
        except ValueError:
            return None

    def _formats(self, day: datetime.date) -> list[str]:
        month = MONTHS[day.month - 1]
        slashes = (
            f"{day.month:02}/{day.day:02}/{day.year}"
            if self.order == "month"
            else f"{day.day:02}/{day.month:02}/{day.year}"
        )
        return [
            f"{day:%Y-%m-%d}",
            slashes,
            f"{day.day:02}.{day.month:02}.{day.year}",
            f"{day.day} {month} {day.year}",
            f"{month} {day.day}, {day.year}",
            f"{day.day} {month[:3]} {day.year}",
        ]
