"""The sections of the protocols: what they say, that they are valid and stay away when not asked for."""

from __future__ import annotations

from reports.lines import spread
from tests.reports import fixture_protocols as fixture
from tests.reports import make
from tests.reports.fixture_arms import arm
from tests.reports.page import Page
from tests.reports.partial import page_of


def test_sections_of_protocols_stay_away_when_nothing_was_asked(document: str) -> None:
    ids = {e.attributes["id"] for e in Page(document).all("section")}
    assert not ids & {"learning-curve", "calibration", "cascades", "generalisation", "robustness"}


def test_names_are_moved_apart_and_stay_inside() -> None:
    placed = spread([50.0, 52.0, 51.0, 199.0], 200.0, gap=10)
    assert sorted(placed) == [50.0, 60.0, 70.0, 199.0]
    assert placed[0] < placed[2] < placed[1]
    crowded = spread([199.0, 198.0, 200.0], 200.0, gap=10)
    assert max(crowded) <= 200
    assert sorted(crowded) == [180.0, 190.0, 200.0]


def test_the_learning_curve_shows_scores_prices_and_crossings() -> None:
    page = page_of("learning-curve", learning_curve=fixture.learning_curve())
    for text in (
        "How many labels are worth it?",
        "overtakes Prompted SmolLM2 (5-shot) at about 330 labels.",
        "330 (beyond the budgets to 520)",
        "US$660.00",
        "not within the budgets tried",
        "LoRA <b> has no points below the full set: out of memory",
        "as with all labels",
    ):
        assert text in page.text
    marks = [e.attributes["aria-label"] for e in page.all("path") if "aria-label" in e.attributes]
    assert any("0.480 (0.450 to 0.510) with 100 labels" in m for m in marks)


def test_calibration_shows_both_charts_and_the_change() -> None:
    results = [
        a.model_copy(update={"calibration": fixture.calibration()})
        if a.name == fixture.TUNED
        else a.model_copy(update={"calibration_missing": "the approach states no probabilities"})
        for a in make.arms()
    ]
    page = page_of("calibration", results=results)
    for text in (
        "Can the probabilities be trusted?",
        "so it is overconfident",
        "As stated.",
        "After temperature scaling.",
        "\u22120.170",
        "Not measured for Majority label: the approach states no probabilities.",
    ):
        assert text in page.text
    marks = [e.attributes["aria-label"] for e in page.all("path") if "aria-label" in e.attributes]
    assert any("stated 95%, right 75%, 200 documents" in m for m in marks)
    assert not any("3 documents" in m for m in marks)


def test_a_cascade_shows_its_curve_and_says_what_dev_chose() -> None:
    results = [*make.arms(), arm(name=fixture.CASCADE, kind="cascade", score=0.85)]
    page = page_of("cascades", results=results, cascades=[fixture.cascade()])
    for text in (
        "answers 72% of the documents and passes 28% on to",
        "was not used for choosing",
        "Passed on: 30% of dev, 28% of test. Documents that go to another machine: 28%.",
        "Threshold of each seed: 0.800, 1.000.",
    ):
        assert text in page.text
    marks = [e.attributes["aria-label"] for e in page.all("path") if "aria-label" in e.attributes]
    assert "50% passed on: score 0.860, US$0.0200 per 1,000 documents" in marks
    assert any(m.startswith("chosen on dev: score 0.850") for m in marks)


def test_generalisation_shows_drops_groups_and_failures() -> None:
    page = page_of("generalisation", generalisation=fixture.generalisation())
    for text in (
        "On sources not learned from",
        "On 2 groups held out in turn, Fine-tuned MiniLM scores highest.",
        "Out of domain: north <office> and south office. No test documents of other groups are there",
        "+0.140",
        "0.710, drop +0.140",
        "LoRA <b> is missing here: out of memory",
    ):
        assert text in page.text


def test_robustness_shows_drops_and_what_was_not_applied() -> None:
    page = page_of("robustness", robustness=fixture.robustness())
    for text in (
        "loses 0.090 of score on average; most under ocr.",
        "scanning <errors>",
        "390 of 400",
        "+0.090",
        "the damage found nothing to change in these texts",
        "typos was not applied: the gold annotation may no longer be right.",
    ):
        assert text in page.text
