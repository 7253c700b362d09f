"""The section on what the test set could show."""

from __future__ import annotations

from typing import Any

import pytest

from decide.comparison import Comparison
from decide.pair_records import NonInferiority, Power
from reports.format import Missing
from reports.sections.power import build
from tests.reports import make
from tests.reports.partial import page_of


def power(**changes: Any) -> Power:
    values: dict[str, Any] = {
        "power": 0.8,
        "alpha": 0.05,
        "detectable": 0.061,
        "error_items": 0.02,
        "error_seeds": 0.004,
        "items": 400,
        "seeds": 3,
        "items_needed": 1900,
        "statement": "About 1,900 documents <would> do; no number of seeds alone would.",
        **changes,
    }
    return Power(**values)


def within(first: bool, second: bool) -> NonInferiority:
    return NonInferiority(
        margin=0.01,
        level=0.95,
        low=-0.02,
        high=0.03,
        first_not_inferior=first,
        second_not_inferior=second,
        equivalent=first and second,
    )


def with_power(**fields: Any) -> Comparison:
    made = make.comparison()
    return made.model_copy(update={"pairs": [pair.model_copy(update=fields) for pair in made.pairs]})


def test_older_comparisons_have_no_such_section() -> None:
    assert build(make.comparison()) is None


def test_the_section_says_what_could_be_shown_and_is_valid() -> None:
    page = page_of("power", of=with_power(power=power(), non_inferiority=within(True, False)))
    html = page.source
    assert "power" in {e.attributes["id"] for e in page.all("section")}
    assert "0.061" in html
    assert "documents &lt;would&gt; do" in html
    assert "is shown to be no more than the margin worse than" in html


def test_one_run_each_has_no_error_from_seeds() -> None:
    context = build(with_power(power=power(error_seeds=None, seeds=1)))
    assert context is not None
    assert isinstance(context["tables"][0][1][0]["seeds"], Missing)


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        (True, True, "shown to be within the margin of each other"),
        (False, False, "Neither is shown to be within the margin"),
    ],
)
def test_margins_in_words(first: bool, second: bool, says: str) -> None:
    context = build(with_power(power=power(), non_inferiority=within(first, second)))
    assert context is not None
    assert says in context["tables"][0][1][0]["margin"]
