"""Reports on a comparison: one HTML file that needs no server, no network and no script to be read.

A report reads a :class:`decide.comparison.Comparison` and nothing else. Everything heavy is imported when
:func:`render_html` is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.registry import Section, register_section

if TYPE_CHECKING:
    from decide.comparison import Comparison
    from decide.domain_gap.advice import Advice
    from decide.domain_gap.report import GapReport
    from decide.over_time import History
    from decide.theme import Theme

__all__ = ["Section", "register_section", "render_gap_html", "render_history_html", "render_html"]


def render_html(comparison: Comparison, *, theme: Theme | None = None, redact_examples: bool = False) -> str:
    """The report as one self-contained HTML document.

    Args:
        comparison: What :func:`decide.compare` returned or :func:`decide.load` read.
        theme: The look, and whom the report is by and for.
        redact_examples: Whether to leave out the texts of documents.

    Returns:
        The document. It makes no external request, and every text in it is escaped.
    """
    from decide.brief import look_for
    from decide.theme import Theme
    from reports.render import render

    look = look_for(theme or Theme(), comparison.brief)
    return render(comparison.without_texts() if redact_examples else comparison, look)


def render_gap_html(report: GapReport, advice: Advice | None = None, *, theme: Theme | None = None) -> str:
    """A gap report as one self-contained HTML document.

    Args:
        report: What :func:`decide.gap` returned or :meth:`GapReport.load` read.
        advice: What :meth:`GapReport.advice` returned, shown after the answer.
        theme: The look, and whom the report is by and for.

    Returns:
        The document. It makes no external request, and every text in it is escaped.
    """
    from reports.gap_document import render_gap

    return render_gap(report, advice, theme)


def render_history_html(history: History) -> str:
    """Comparisons over time as one self-contained HTML document.

    Args:
        history: What :func:`decide.history` returned.

    Returns:
        The document. It makes no external request, and every text in it is escaped.
    """
    from reports.history_document import render_history

    return render_history(history)
