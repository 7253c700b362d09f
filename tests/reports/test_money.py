"""Costs, break-evens, sensitivity and energy in the report."""

from __future__ import annotations

import pytest

from decide.comparison import Comparison
from decide.decision_records import BreakEven, End, Sensitivity
from decide.workload import Assumption
from reports import strings
from reports.registry import sections
from reports.render import environment
from tests.reports import make
from tests.reports.fixture_money import energy
from tests.reports.page import Page

CHOSEN = "Domain-adapted MiniLM"


@pytest.fixture(scope="module")
def page(document: str) -> Page:
    return Page(document)


def section(page: Page, name: str) -> str:
    (found,) = [e for e in page.all("section") if e.attributes["id"] == name]
    return found.text


def alone(comparison: Comparison, name: str) -> Page:
    """One section rendered by itself, which spares the other charts."""
    (found,) = [s for s in sections() if s.id == name]
    context = found.build(comparison)
    assert context is not None
    template = environment().from_string(found.source())
    return Page(template.render(t=strings, **context))


def crossing(**changes: object) -> BreakEven:
    values = {
        "first": CHOSEN,
        "second": "Fine-tuned MiniLM",
        "documents": 9.6e6,
        "per_month": 400_000.0,
        "months": 48.0,
        "usd": 12.5,
        "cheaper_below": "Fine-tuned MiniLM",
        "cheaper_above": CHOSEN,
        "statement": "Above 9.6 million documents in all it turns.",
    }
    return BreakEven.model_validate({**values, **changes})


def test_the_costs_begin_with_once_running_and_total(page: Page, comparison: Comparison) -> None:
    text = section(page, "costs")
    assert text.index("What is paid once") < text.index("Each line with its arithmetic")
    for arm in comparison.arms:
        assert arm.cost is None or arm.name in text
    assert "rented around the clock instead costs US$73.00 a month" in text


def test_energy_is_a_table_with_its_method_or_says_that_it_was_not_measured(page: Page) -> None:
    text = section(page, "costs")
    assert "Energy and carbon" in text
    assert "rated power" in text
    assert "381 g CO2e/kWh: a fixture's table, mean of Nowhere in 2023." in text
    assert "Energy of Majority label" not in text.split("not measured")[1]
    plain = [a.model_copy(update={"energy": None}) for a in make.arms()]
    without = alone(make.comparison(plain), "costs").text
    assert "Energy: not measured." in without
    assert "Energy and carbon" not in without


def test_an_incomplete_energy_is_marked_beside_the_arm() -> None:
    arms = [
        a.model_copy(update={"energy": energy(), "energy_missing": "covers 60 of 3,600 s"})
        if a.name == CHOSEN
        else a
        for a in make.arms()
    ]
    assert "covers 60 of 3,600 s" in alone(make.comparison(arms), "costs").text


def test_assumptions_have_a_date_and_a_source() -> None:
    given = [Assumption(name="price of x", value=2.0, unit="US$", source="our contract", date="2026-03")]
    text = alone(make.comparison(assumptions=given), "costs").text
    assert "2026-03" in text
    assert "our contract" in text


def test_break_evens_are_drawn_told_and_tabled() -> None:
    page = alone(make.comparison(break_evens=[crossing()]), "break-even")
    text = page.text
    assert "Above 9.6 million documents in all it turns." in text
    assert "400,000" in text
    marks = [e.attributes["aria-label"] for e in page.all("path") if "aria-label" in e.attributes]
    assert "Above 9.6 million documents in all it turns." in marks
    assert sum("chart-volume-" in e.attributes.get("aria-labelledby", "") for e in page.all("svg")) == 2


def test_arms_that_cost_next_to_nothing_are_named_and_not_drawn(page: Page) -> None:
    assert "not drawn: Majority label (US$0.000651)" in section(page, "break-even")


def test_without_a_crossing_the_section_says_so() -> None:
    never = crossing(
        documents=None, per_month=None, months=None, usd=None, cheaper_below=CHOSEN, statement="Never."
    )
    text = alone(make.comparison(break_evens=[never]), "break-even").text
    assert "At no volume does the cheaper of" in text
    assert "one costs less at every volume" in text


def rows(changes: bool) -> list[Sensitivity]:
    high = End(value=400_000, usd=4.0, outcome="ship", arm="Fine-tuned MiniLM" if changes else CHOSEN)
    return [
        Sensitivity(
            parameter="documents_per_month",
            name="documents a month",
            unit="documents",
            base=200_000,
            base_usd=2.0,
            low=End(value=100_000, usd=1.0, outcome="ship", arm=CHOSEN),
            high=high,
            changes=changes,
            source="half and double",
            statement="documents a month moves the cost.",
        )
    ]


def test_what_moves_the_answer_is_marked_in_chart_and_table() -> None:
    page = alone(make.comparison(sensitivity=rows(True)), "sensitivity")
    text = page.text
    assert "The answer hangs on: documents a month." in text
    assert "the answer would be Fine-tuned MiniLM" in text
    assert "half and double" in text
    marks = [e.attributes["aria-label"] for e in page.all("line") if "aria-label" in e.attributes]
    assert "documents a month moves the cost." in marks


def test_an_answer_that_stays_is_said_to_stay() -> None:
    text = alone(make.comparison(sensitivity=rows(False)), "sensitivity").text
    assert "The answer stays over every range." in text


def test_older_comparisons_have_neither_section() -> None:
    dumped = make.comparison(break_evens=[], sensitivity=[]).model_dump()
    for name in ("break_evens", "sensitivity"):
        del dumped[name]
    for name in ("flip_details", "failure_modes", "probability_highest", "expected_regret_usd"):
        del dumped["recommendation"][name]
    older = Comparison.model_validate(dumped)
    built = {s.id: s.build(older) for s in sections() if s.id in ("break-even", "sensitivity", "answer")}
    assert (built["break-even"], built["sensitivity"]) == (None, None)
    assert built["answer"] is not None
    assert "two expensive mistakes" not in alone(older, "answer").text


def test_both_mistakes_are_named_in_the_answer(page: Page) -> None:
    text = section(page, "answer")
    assert "Adaptation skipped where it pays: avoided." in text
    assert "Over-investment where fine-tuning suffices: at risk." in text


def test_a_price_of_errors_is_part_of_what_was_asked() -> None:
    asked = make.WORKLOAD.model_copy(update={"error_usd": 0.4})
    found = make.recommendation(make.arms()).model_copy(
        update={"expected_regret_usd": 12.5, "probability_highest": 0.41}
    )
    text = alone(make.comparison(workload=asked, recommendation=found), "summary").text
    assert "a wrong answer costs US$0.4" in text
    assert "US$12.50 with costs and errors" in text
    assert "highest score: 41%" in text
