"""The document on a gap report, in the same look and under the same policy as that on a comparison."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from reports import format, strings
from reports.gap_advice import advice_context
from reports.registry import Context
from reports.render import document, environment
from reports.text import shorten

if TYPE_CHECKING:
    from decide.domain_gap.advice import Advice
    from decide.domain_gap.report import GapReport, Measure, Severity, Text
    from decide.records import Estimate
    from decide.theme import Theme

KICKER = "Domain gap of an encoder"
SYNTHETIC = (
    "The documents measured here were generated, not collected. The figures say nothing about your own "
    "documents until the gap is measured on those."
)
LEVELS = {
    "negligible": "Negligible gap",
    "mild": "Mild gap",
    "marked": "Marked gap",
    "severe": "Severe gap",
    None: "Not graded",
}
_TEMPLATES = Path(__file__).parent / "gap"
_FIGURES = ("vocabulary_overlap", "fertility", "split_words", "masked_lm_loss", "a_distance", "probe_score")


def render_gap(report: GapReport, advice: Advice | None = None, theme: Theme | None = None) -> str:
    """The report as one HTML document, with a section on ``advice`` where there is some."""
    parts = [("answer", "The gap", "", _answer(report))]
    if advice is not None:
        lede = "Before any training: which approaches to run, in this order. Gains are against FineTuned."
        parts.append(("advice", "What to run", lede, advice_context(advice)))
    parts += [
        (
            "measures",
            "Every measure",
            "A dash is a measure that was not taken; the column on the right says why.",
            {"families": _families(report)},
        )
    ]
    if report.fragmented:
        parts.append(("fragmented", "Words cut to pieces", "", {"words": fragmented(report)}))
    if report.shifted:
        lede = (
            "Words of both corpora, the most shifted first, with the text around some occurrences. A "
            "distance "
            "near that within one corpus is chance."
        )
        parts.append(("shifted", "Words used in another sense", lede, {"words": _shifted(report)}))
    parts.append(("method", "How it was measured", "", _method(report)))
    templates = environment()
    sections = []
    for id, title, lede, context in parts:
        source = (_TEMPLATES / f"{id}.jinja").read_text(encoding="utf-8")
        body = Markup(templates.from_string(source).render(t=strings, **context))  # noqa: S704 - autoescaped
        sections.append({"id": id, "title": title, "lede": lede, "body": body})
    meta = [
        report.model,
        report.domain.name,
        f"{format.whole(report.domain.documents)} documents",
        report.created[:10],
    ]
    return document(
        title=report.title,
        meta=meta,
        synthetic=SYNTHETIC if report.synthetic else "",
        sections=sections,
        kicker=KICKER,
        theme=theme,
    )


def _answer(report: GapReport) -> Context:
    from reports.gap_chart import overlap_chart

    severity = report.severity
    return {
        "badge": badge(severity),
        "headline": severity.headline,
        "figures": figures(report),
        "evidence": severity.evidence,
        "confidence": severity.confidence,
        "statement": severity.confidence_statement,
        "chart": overlap_chart(report) if severity.level is not None else None,
        "source": severity.anchors[0].source if severity.anchors else "",
    }


def figures(report: GapReport) -> list[tuple[str, format.Shown, str]]:
    """Name, value and small print of each key measure that was taken."""
    found = []
    for id in _FIGURES:
        measure = next((m for m in report.measures if m.id == id and m.value is not None), None)
        if measure is not None:
            found.append((measure.name, _number(measure.value, measure.unit), _against(measure)))
    return found


def badge(severity: Severity) -> str:
    """The level, or the levels that stay possible."""
    if severity.level is None or len(severity.plausible) < 2:
        return LEVELS[severity.level]
    return f"{severity.plausible[0].capitalize()} to {severity.plausible[-1]} gap"


def _number(estimate: Estimate | None, unit: str) -> format.Shown:
    if estimate is None:
        return format.Missing()
    if unit == "%":
        return f"{estimate.value:.1f}%"
    if unit == "share":
        return f"{estimate.value:.1%}"
    return format.number(estimate.value)


def _interval(estimate: Estimate | None, unit: str) -> str:
    if estimate is None or estimate.low is None or estimate.high is None:
        return ""
    scale, mark = (100, "%") if unit == "share" else (1, "%" if unit == "%" else "")
    low, high = estimate.low * scale, estimate.high * scale
    return f"{_short(low)} to {_short(high)}{mark}"


def _short(value: float) -> str:
    return str(format.number(round(value, 4)))


def _against(measure: Measure) -> str:
    if measure.reference is None:
        return measure.unit if measure.unit not in ("%", "share") else ""
    return f"{_number(measure.reference, measure.unit)} for reference"


def _families(report: GapReport) -> list[tuple[str, list[Context]]]:
    families: dict[str, list[Context]] = {}
    for measure in report.measures:
        why = measure.missing or measure.reference_missing
        row = {
            "name": measure.name,
            "unit": measure.unit,
            "value": _number(measure.value, measure.unit)
            if measure.value
            else format.Missing(measure.missing),
            "interval": _interval(measure.value, measure.unit),
            "reference": _number(measure.reference, measure.unit)
            if measure.reference
            else format.Missing(measure.reference_missing or why),
            "reference_interval": _interval(measure.reference, measure.unit),
            "against": measure.missing
            or (measure.reference_name if measure.reference else measure.reference_missing),
        }
        families.setdefault(measure.family.capitalize(), []).append(row)
    return list(families.items())


def fragmented(report: GapReport, most: int | None = None) -> list[Context]:
    """The ``most`` fragmented frequent words, or all that the report holds."""
    return [
        {
            "word": shorten(word.word, 60),
            "count": format.whole(word.count),
            "tokens": len(word.pieces),
            "pieces": " ".join(word.pieces[:40]) + (" …" if len(word.pieces) > 40 else ""),
        }
        for word in report.fragmented[:most]
    ]


def _shifted(report: GapReport) -> list[Context]:
    return [
        {
            **word.model_dump(),
            "distance": format.number(word.distance),
            "within": format.number(word.within),
        }
        for word in report.shifted
    ]


def _method(report: GapReport) -> Context:
    machine = report.environment
    return {
        "methods": [(m.name, m.method, m.source) for m in report.measures],
        "anchors": report.severity.anchors,
        "texts": [_text(t) for t in (report.domain, report.reference) if t is not None],
        "notes": report.notes,
        "facts": [
            ("Model", report.model),
            ("Fingerprint", report.model_fingerprint),
            ("Counts", "over all documents" if report.exact else "over the sample"),
            ("Seed", report.seed),
            ("Machine", machine.hardware),
            ("Wall time", format.duration(report.wall_seconds)),
            ("Versions", ", ".join(f"{k} {v}" for k, v in machine.versions.items())),
        ],
    }


def _text(text: Text) -> str:
    return (
        f"{text.name}: {format.whole(text.documents)} documents, {format.whole(text.sampled)} in the "
        f"sample with "
        f"{format.whole(text.words)} words."
    )
