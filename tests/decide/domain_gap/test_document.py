"""The gap report as a document: whole, escaped, without requests."""

from __future__ import annotations

import re
from typing import Any

import pytest

from decide.domain_gap import GapReport
from decide.records import Estimate
from reports import render_gap_html
from tests.reports.page import Page
from tests.reports.test_safety import PAYLOAD

CHOICES = {"level", "confidence", "family", "larger_is", "plausible", "created", "id", "unit"}


def poison(value: Any, key: str = "") -> Any:
    if isinstance(value, str):
        return value if key in CHOICES else value + PAYLOAD
    if isinstance(value, list):
        return [poison(v, "" if isinstance(v, dict) else key) for v in value]
    if isinstance(value, dict):
        return {k: poison(v, k) for k, v in value.items()}
    return value


@pytest.fixture(scope="module")
def graded(report: GapReport) -> GapReport:
    """The report with a level, so that the chart is drawn."""
    measures = [
        m.model_copy(update={"value": Estimate(value=30.0, low=29.0, high=31.0)})
        if m.id == "vocabulary_overlap"
        else m
        for m in report.measures
    ]
    severity = report.severity.model_copy(update={"level": "marked", "plausible": ["marked"]})
    return report.model_copy(update={"measures": measures, "severity": severity})


def test_document_holds_everything(graded: GapReport) -> None:
    page = Page(render_gap_html(graded))
    assert not page.problems
    for measure in graded.measures:
        assert measure.name in page.text
    for word in graded.shifted:
        assert word.word in page.text
    assert graded.severity.headline in page.text
    assert "published, marked" in render_gap_html(graded)
    assert [e.attributes["id"] for e in page.all("section")][:2] == ["answer", "measures"]
    assert len(page.all("h1")) == 1


def test_ungraded_document_has_no_chart(report: GapReport) -> None:
    text = render_gap_html(report)
    assert report.severity.level is None
    assert "chart-overlap" not in text
    assert "Not graded" in text


def test_hostile_strings_add_nothing(graded: GapReport) -> None:
    good = Page(render_gap_html(graded))
    text = render_gap_html(GapReport.model_validate(poison(graded.model_dump())))
    bad = Page(text)
    assert not bad.problems
    assert bad.tags == good.tags
    assert {k for e in bad.elements for k in e.attributes} == {k for e in good.elements for k in e.attributes}
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x1b]", text)
    for element in bad.elements:
        for name in ("src", "href", "style", "action"):
            assert element.attributes.get(name, "#").startswith("#")
    assert "default-src &#39;none&#39;" in text
