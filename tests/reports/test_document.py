"""The document as a whole: valid, accessible, small, complete."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from decide.comparison import Comparison
from reports import render_html
from tests.reports import make
from tests.reports.fixture_arms import arm
from tests.reports.page import Page

ORDER = [
    "summary", "answer", "tradeoffs", "charts", "gap", "adaptation", "differences", "labels", "groups",
    "errors", "costs", "break-even", "sensitivity", "privacy", "method", "reproduce", "glossary",
]  # fmt: skip


@pytest.fixture(scope="module")
def page(document: str) -> Page:
    return Page(document)


def test_html_is_valid(document: str) -> None:
    html5lib = pytest.importorskip("html5lib")
    html5lib.HTMLParser(strict=True).parse(document)


def test_elements_nest(page: Page) -> None:
    assert not page.problems


def test_sections_stand_in_order(page: Page) -> None:
    assert [e.attributes["id"] for e in page.all("section")] == ORDER


def test_first_words_are_the_answer(page: Page, comparison: Comparison) -> None:
    start = page.text.index(comparison.recommendation.headline)
    assert start < 600
    assert page.text.index("Synthetic data.") < start


def test_no_banner_for_real_data() -> None:
    text = Page(render_html(make.comparison(data=make.data(synthetic=False)))).text
    assert "ynthetic" not in text


def test_ids_are_unique_and_references_resolve(page: Page) -> None:
    ids = [e.attributes["id"] for e in page.elements if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    for element in page.elements:
        assert set(element.attributes.get("aria-labelledby", "").split()) <= set(ids)
        assert element.attributes.get("href", "#summary").removeprefix("#") in ids


def test_landmarks_and_headings(page: Page) -> None:
    for tag in ("main", "header", "footer", "nav", "h1"):
        assert len(page.all(tag)) == 1
    levels = [int(e.tag[1]) for e in page.elements if re.fullmatch("h[1-6]", e.tag)]
    assert all(b <= a + 1 for a, b in pairwise(levels))
    assert page.all("html")[0].attributes["lang"] == "en"
    assert page.all("a")[0].attributes["href"] == "#summary"


def test_tables_have_captions_and_scoped_headers(page: Page) -> None:
    assert len(page.all("caption")) == len(page.all("table"))
    for head in page.all("th"):
        assert head.attributes.get("scope") in ("col", "row", "colgroup", "rowgroup")


def test_charts_have_names_and_labelled_marks(page: Page) -> None:
    charts = [e for e in page.all("svg") if "chart" in e.attributes.get("class", "")]
    assert len(charts) == 14
    assert all(e.attributes["role"] == "img" for e in charts)
    others = [e for e in page.all("svg") if e not in charts]
    assert all(e.attributes.get("aria-hidden") == "true" for e in others)
    marks = [e.attributes["aria-label"] for e in page.all("path") if "aria-label" in e.attributes]
    assert any(m.startswith("Fine-tuned MiniLM: score 0.842 (0.811 to 0.873)") for m in marks)
    assert any("p95" in m for m in marks)


def test_every_arm_and_every_reason_is_there(page: Page, comparison: Comparison) -> None:
    for result in comparison.arms:
        assert result.name in page.text
        assert result.failure is None or result.failure in page.text
    found = comparison.recommendation
    for text in [r.text for r in found.reasons] + found.flips + found.next_steps:
        assert text in page.text
    for assumption in comparison.assumptions:
        assert assumption.name in page.text
        assert assumption.source in page.text


def test_few_calls_are_named_beside_p99(page: Page) -> None:
    cells = [e.text for e in page.all("td") if e.attributes.get("data-label") == "p99, ms"]
    assert sum("of 24 calls" in cell for cell in cells) == 2
    assert not any("300" in cell for cell in cells)


def test_small_enough_to_mail() -> None:
    labels = [f"label {i} with a rather long name for a label" for i in range(13)]
    results = [
        arm(f"Arm {i} with a rather long name", score=0.5 + i / 20, labels=labels, support=[50] * 13)
        for i in range(7)
    ]
    long = "Lörem <ipsum> & “dolor” sit amet. " * 2000
    results = [
        r.model_copy(update={"examples": [e.model_copy(update={"text": long}) for e in r.examples * 2]})
        for r in results
    ]
    size = len(render_html(make.comparison(results, data=make.data(labels))).encode())
    assert size < 1_000_000


def test_rendered_again_from_its_json(comparison: Comparison, document: str) -> None:
    assert render_html(Comparison.model_validate_json(comparison.model_dump_json())) == document
