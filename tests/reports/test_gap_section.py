"""The domain gap in the report on a comparison."""

from __future__ import annotations

from typing import Any

import pytest

from decide.domain_gap.report import FragmentedWord
from reports.sections.gap import meaning
from tests.reports import make
from tests.reports.fixture_arms import arm
from tests.reports.fixture_gap import WORDS, gap
from tests.reports.partial import page_of
from tests.reports.test_adaptation import adapted, plain, section
from tests.reports.test_safety import PAYLOAD


def shown(**changes: Any) -> str:
    return section(make.comparison(**changes), "gap").text


def test_the_gap_is_shown_in_short() -> None:
    text, report = shown(), gap()
    assert report.severity.headline in text
    assert report.severity.confidence_statement in text
    assert "Marked to severe gap" in text
    assert "Overlap of the 10,000 most frequent words 27.0% 54.1% for reference" in text
    assert "Encoder MiniLM; 5,000 documents of customer-letters-fixture" in text
    assert report.notes[0] in text
    assert WORDS[9] in text
    assert WORDS[10] not in text
    assert "excess (0.230, by chance 0.110)" in text
    assert "notice (" not in text  # no more than chance


@pytest.mark.parametrize(
    ("level", "says"),
    [
        ("negligible", "promises little"),
        ("mild", "a small gain"),
        ("marked", "worth measuring"),
        ("severe", "before ruling an encoder out"),
        (None, "neither for nor against"),
    ],
)
@pytest.mark.parametrize(
    ("score", "found"),
    [
        (0.9, "here Adapted gained 10.0 points"),
        (0.81, "here no adaptation showed a gain"),
        (None, "whether it pays here is open"),
    ],
)
def test_what_it_means_goes_with_what_was_measured(level: Any, says: str, score: Any, found: str) -> None:
    results = [plain(0.8), *([] if score is None else [adapted("Adapted", score)])]
    sentence = meaning(make.comparison(results), gap(level).severity)
    assert says in sentence
    assert found in sentence


def test_without_a_level_there_is_no_chart() -> None:
    assert "chart-overlap" in section(make.comparison(), "gap").source
    ungraded = section(make.comparison(gap=gap(None)), "gap")
    assert "chart-overlap" not in ungraded.source
    assert "Not graded" in ungraded.text


def test_a_gap_that_was_not_measured_says_why() -> None:
    assert "Not measured. too little text" in shown(gap=None, gap_missing="too little text")
    assert "Not measured. This comparison holds none." in shown(gap=None)


def test_without_adaptation_and_without_a_reason_nothing_is_said() -> None:
    assert shown(results=[arm("A"), arm("B", score=0.5)], gap=None) == ""
    assert "why not" in shown(results=[arm("A"), arm("B", score=0.5)], gap=None, gap_missing="why not")


def test_a_gap_without_words_is_whole() -> None:
    text = shown(gap=gap(fragmented=[], shifted=[], reference=None, notes=[]))
    assert "cut to pieces" not in text
    assert "another sense" not in text
    assert "against word frequencies of general English" in text


def test_hostile_words_and_contexts_stay_text() -> None:
    report = gap(
        fragmented=[FragmentedWord(word=PAYLOAD, count=9, pieces=[PAYLOAD] * 60)],
        shifted=[w.model_copy(update={"word": PAYLOAD, "domain_contexts": [PAYLOAD]}) for w in gap().shifted],
        notes=[PAYLOAD],
    )
    bad, good = page_of("gap", gap=report), page_of("gap")
    assert not bad.problems
    assert bad.tags == good.tags
    assert len(bad.all("script")) == 1
    assert not [k for e in bad.elements for k in e.attributes if k.startswith("on")]
    assert "<script>alert(1)</script>" in bad.text


def test_long_words_do_not_make_the_report_long() -> None:
    long = "x" * 50_000
    words = [FragmentedWord(word=long, count=9, pieces=["piece"] * 5_000) for _ in range(30)]
    shifted = [w.model_copy(update={"word": long, "domain_contexts": [long]}) for w in gap().shifted]
    assert len(page_of("gap", gap=gap(fragmented=words, shifted=shifted)).source) < 500_000
