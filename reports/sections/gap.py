"""How far the domain is from general English, and what that means for the choice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from decide.rungs import ADAPTED, find_rungs, points
from reports import format, strings
from reports.gap_chart import overlap_chart
from reports.gap_document import badge, figures, fragmented
from reports.registry import Context, register_section
from reports.text import shorten

if TYPE_CHECKING:
    from decide.comparison import Comparison, RungResult
    from decide.domain_gap.report import GapReport, Severity

FRAGMENTED, SHIFTED = 10, 5
NOT_KEPT = "This comparison holds none."

EXPECTED = {
    "negligible": "A gap this small promises little from adaptation",
    "mild": "A mild gap promises a small gain from adaptation at best",
    "marked": "A marked gap makes adaptation worth measuring",
    "severe": "A severe gap is reason to measure adaptation before ruling an encoder out",
    None: "A gap without a level speaks neither for nor against adaptation",
}


@register_section(
    "gap",
    title="How far the domain is from general English",
    order=32,
    lede="Measured before anything was trained. It says whether adaptation is worth trying; the test set "
    "says whether it paid.",
    readers=("data_scientist",),
)
def build(comparison: Comparison) -> Context | None:
    """The gap in short, or why there is none though an arm adapts or one was asked for."""
    report = comparison.gap
    if report is None:
        adapts = any(arm.kind == ADAPTED for arm in comparison.arms)
        if not adapts and not comparison.gap_missing:
            return None
        return {"missing": comparison.gap_missing or NOT_KEPT}
    severity = report.severity
    return {
        "missing": None,
        "badge": badge(severity),
        "headline": severity.headline,
        "meaning": meaning(comparison, severity),
        "figures": figures(report),
        "confidence": severity.confidence,
        "statement": severity.confidence_statement,
        "chart": overlap_chart(report) if severity.level is not None else None,
        "source": severity.anchors[0].source if severity.anchors else "",
        "fragmented": fragmented(report, FRAGMENTED),
        "shifted": _shifted(report),
        "measured": _measured(report),
        "notes": report.notes,
    }


def meaning(comparison: Comparison, severity: Severity) -> str:
    """What the gap means for the choice, in one sentence, beside what adaptation gained here."""
    rungs = comparison.rungs or find_rungs(comparison.arms, comparison.pairs)
    return f"{EXPECTED[severity.level]}; {_found(rungs)}."


def _found(rungs: list[RungResult]) -> str:
    compared = [(rung, rung.difference.value) for rung in rungs if rung.difference is not None]
    gains = [(rung, value) for rung, value in compared if rung.verdict == "gain"]
    if gains:
        best, value = max(gains, key=lambda part: part[1])
        return f"here {best.arm} gained {points(value)} points, so skipping adaptation would be a mistake"
    if compared:
        return "here no adaptation showed a gain, and a measured score counts for more than the gap"
    return "no adapted encoder was compared with the same encoder as it is, so whether it pays here is open"


def _shifted(report: GapReport) -> list[str]:
    """The most shifted words with their distances; words that moved no more than by chance are left out."""
    return [
        f"{shorten(word.word, 60)} ({format.number(word.distance)}, by chance {format.number(word.within)})"
        for word in report.shifted
        if word.shifted
    ][:SHIFTED]


def _measured(report: GapReport) -> str:
    against = report.reference.name if report.reference else "word frequencies of general English"
    return (
        f"Encoder {report.model}; {strings.plural(report.domain.sampled, 'document')} of "
        f"{report.domain.name} with {format.whole(report.domain.words)} words, against {against}."
    )
