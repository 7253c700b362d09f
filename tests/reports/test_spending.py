"""The section on what a comparison itself has cost in answers of language models."""

from __future__ import annotations

from decide.budget import ArmSpending, Budget, Spending
from tests.reports.partial import page_of

TITLE = "What this comparison has cost in answers of language models"
HOSTED = ArmSpending(arm="Hosted <b>", answers=1204, input_tokens=250_000, output_tokens=2408, usd=0.31)
HERE = ArmSpending(arm="Local", answers=600, input_tokens=90_000, output_tokens=1200, usd=0.0)


def test_what_was_spent_is_shown_beside_the_budget() -> None:
    spending = Spending(budget=Budget(usd=5, tokens=2_000_000, per="arm"), arms=[HOSTED, HERE])
    page = page_of("spending", spending=spending)
    for text in (
        TITLE,
        "343,608 tokens and US$0.310 so far",
        "2,000,000 tokens for each approach",
        "Hosted <b>",
    ):
        assert text in page.text, text


def test_without_a_budget_that_is_said() -> None:
    page = page_of("spending", spending=Spending(arms=[HERE]))
    assert "91,200 tokens and no money so far" in page.text
    assert "No budget was set" in page.text


def test_nothing_asked_shows_nothing() -> None:
    assert TITLE not in page_of("summary", "spending", spending=None).text
    assert "The budget was" in page_of("spending", spending=Spending(budget=Budget(tokens=10))).text
