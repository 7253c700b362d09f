"""Fills the registries of ``decide`` with what this package shows; imported when that is first needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from decide.presentation import Renderers, register_renderers
from reports import render_gap_html, render_history_html
from reports.exports import load_shipped
from reports.registry import Build, sections

if TYPE_CHECKING:
    from decide.comparison import Comparison
    from decide.domain_gap.advice import Advice
    from decide.domain_gap.report import GapReport
    from decide.theme import Theme


def _card(comparison: Comparison) -> str:
    from reports.card import card

    return card(comparison)


def _brief(comparison: Comparison) -> str:
    from reports.exports.markdown import brief

    return brief(comparison)


def _gap_html(report: GapReport, advice: Advice | None, theme: Theme | None) -> str:
    return render_gap_html(report, advice, theme=theme)


def _sections() -> Mapping[str, Build]:
    return {section.id: section.build for section in sections()}


load_shipped()
register_renderers(Renderers(_card, _brief, _gap_html, render_history_html, _sections))
