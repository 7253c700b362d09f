"""The section on prompt injection: its figures, its escaping, its silence when nothing was asked."""

from __future__ import annotations

import pytest

from decide.protocols.injection_words import advice
from decide.redaction import without_texts
from reports.sections.injection import visible
from tests.reports import make
from tests.reports.fixture_arms import arm as arm_result
from tests.reports.fixture_injection import PROMPTED, TUNED, arm, injection
from tests.reports.page import Page
from tests.reports.partial import page_of


def test_the_section_shows_rates_controls_and_caveats() -> None:
    chosen = make.recommendation(make.arms(), TUNED)
    text = page_of("injection", injection=injection(), recommendation=chosen).text
    for words in (
        "Instructions in documents",
        "2 attacks were tried on 50 of 400 test documents. Each asks for a given label that is not the right",
        f"{PROMPTED} follows instructions in documents",
        f"{TUNED} reads no instructions",
        "62.0% 54% to 70%",
        "9.0% 5% to 13%",
        "+53.0 points",
        "override_end: 82.0%",
        "11.0% in the control",
        "+0.330",
        "0.640 to 0.310",
        f"{PROMPTED}: +56.0 points (+46.0 to +66.0)",
        "This is no bound in either direction.",
        "Cascade <i> has no rate",
    ):
        assert words in text, words


def test_wordings_are_escaped_and_what_nobody_sees_is_made_visible() -> None:
    html = page_of("injection", injection=injection()).source
    assert "<script>alert(1)" not in html
    assert "<b>to disregard" not in html
    assert "Disregard all &lt;script&gt;" in html
    worst = injection()
    arms = [a.model_copy(update={"worst": "tag_characters"}) for a in worst.arms]
    hidden = worst.model_copy(update={"arms": arms})
    assert "[U+E0044 and 1 more]" in page_of("injection", injection=hidden).text
    assert visible("a\u200bb\nc") == "a[U+200B]b\nc"


def test_the_section_stays_away_when_nothing_was_asked(document: str) -> None:
    assert "injection" not in {e.attributes["id"] for e in Page(document).all("section")}


def test_nothing_in_it_is_withheld_for_it_quotes_no_document() -> None:
    comparison = make.comparison(injection=injection())
    assert without_texts(comparison).injection == comparison.injection


@pytest.mark.parametrize(("name", "said"), [(PROMPTED, 1), (TUNED, 0), (None, 0)])
def test_advice_is_for_a_recommended_arm_that_follows_instructions(name: str | None, said: int) -> None:
    found = advice(injection(), name, make.arms())
    assert len(found) == said
    if said:
        assert "62% of the hostile documents, against 9%" in found[0]


def test_advice_warns_of_an_arm_that_words_alone_move() -> None:
    words = arm(TUNED, 0.5, 0.52, reads=False)
    (found,) = advice(injection().model_copy(update={"arms": [words]}), TUNED, [])
    assert "a sentence that names an answer made it the answer in 52% of the documents" in found


def test_advice_looks_into_a_cascade() -> None:
    both = arm_result("Both", "cascade", 0.85, config={"first": TUNED, "then": PROMPTED})
    (found,) = advice(injection(), "Both", [both])
    assert f"Do not let {PROMPTED}, a part of Both, decide alone" in found
