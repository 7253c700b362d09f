"""What shows results to people, a registry that the package ``reports`` fills.

``decide`` knows what can be shown by its contract alone, so that imports point one way: the module named by
:data:`REGISTRATION` is imported when something is first to be shown, and registers what it has. Formats that
a comparison is written in have a registry of their own, :mod:`decide.exports`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from decide.comparison import Comparison
    from decide.domain_gap.advice import Advice
    from decide.domain_gap.report import GapReport
    from decide.over_time import History
    from decide.theme import Theme

REGISTRATION = "reports.registration"
"""The module that fills the registries; a name, for nothing here may import it."""


@dataclass(frozen=True)
class Renderers:
    """What shows results, beside the formats of :mod:`decide.exports`.

    Args:
        card: A comparison as a piece of HTML for notebooks.
        brief: A comparison as a piece of Markdown for notebooks.
        gap_html: A gap report, with advice where there is any, as one HTML document.
        history_html: Comparisons over time as one HTML document.
        sections: Name of each section of the report to the function that builds it.
    """

    card: Callable[[Comparison], str]
    brief: Callable[[Comparison], str]
    gap_html: Callable[[GapReport, Advice | None, Theme | None], str]
    history_html: Callable[[History], str]
    sections: Callable[[], Mapping[str, Callable[[Comparison], Any]]]


_registered: list[Renderers] = []


def register_renderers(renderers: Renderers) -> None:
    """Let results be shown by ``renderers`` from now on."""
    _registered[:] = [renderers]


def load() -> None:
    """Import what shows results, once."""
    importlib.import_module(REGISTRATION)


def renderers() -> Renderers:
    """What shows results here."""
    if not _registered:
        load()
    return _registered[0]
