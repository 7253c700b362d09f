"""Comparisons at the edge: the report stays whole and never prints a missing value as code."""

from __future__ import annotations

import re
from typing import Any

import pytest

from decide.comparison import (
    ArmResult,
    ArmStanding,
    Comparison,
    Cost,
    DataFlow,
    Estimate,
    Recommendation,
)
from decide.latency import Latency, Timing
from decide.workload import Workload
from reports import render_html
from reports.sections import labels
from tests.reports import make
from tests.reports.fixture_arms import arm
from tests.reports.page import Page

NAN = float("nan")
BLANK: dict[str, Any] = {"summary": "", "config": {}}


def answer(outcome: str, chosen: str | None, standings: list[ArmStanding] | None = None) -> Recommendation:
    return Recommendation.model_validate(
        {"outcome": outcome, "arm": chosen, "headline": "The headline.", "standings": standings or []}
    )


def standing(name: str, eligible: bool = True) -> ArmStanding:
    return ArmStanding(name=name, eligible=eligible, exclusions=[] if eligible else ["too slow"])


def single() -> Comparison:
    return make.comparison([arm("Only")], recommendation=answer("ship", "Only", [standing("Only")]))


def none_eligible() -> Comparison:
    results = [arm("One"), arm("Two", score=0.5)]
    return make.comparison(
        results, recommendation=answer("none_eligible", None, [standing(r.name, False) for r in results])
    )


def cannot_tell() -> Comparison:
    results = [arm("One"), arm("Two", score=0.84)]
    return make.comparison(
        results, recommendation=answer("cannot_tell", "One", [standing(r.name) for r in results])
    )


def all_failed() -> Comparison:
    results = [
        ArmResult(name=f"F{i}", kind="lora", status="failed", failure=f"broke {i}", **BLANK) for i in range(2)
    ]
    return make.comparison(results, pairs=[], recommendation=answer("none_eligible", None))


def bare() -> Comparison:
    """Arms that lack everything they may lack."""
    nothing = {"cost": None, "timing": None, "data_flow": None, "labels": [], "confusion": [], "groups": []}
    results = [
        arm("A", half=None, memory=None, model=None, examples=[], facts={}).model_copy(update=nothing),
        ArmResult(name="B", kind="prompted", score=Estimate(value=0.5), **BLANK),
    ]
    return make.comparison(results, recommendation=answer("ship", "A"), assumptions=[], method={}, seeds=[])


def no_numbers() -> Comparison:
    broken = Timing(
        latency=Latency(p50_ms=NAN, p95_ms=NAN, p99_ms=NAN, calls=0),
        documents_per_second=NAN, documents_timed=0, hardware="h",
    )  # fmt: skip
    cost = Cost(one_off_usd=NAN, per_1000_usd=NAN, horizon_usd=NAN, one_off=[], running=[])
    nan = Estimate(value=NAN, low=NAN, high=NAN)
    results = [
        arm("A", timing=broken, cost=cost, facts={"x": NAN, "y": None, "z": {"w": float("inf")}}),
        arm("B", seed_scores=[NAN]).model_copy(update={"score": nan}),
        arm("C", score=0.6, groups=[g.model_copy(update={"score": nan}) for g in arm().groups]),
    ]
    return make.comparison(results, recommendation=answer("ship", "A"))


def free() -> Comparison:
    nothing = Cost(one_off_usd=0, per_1000_usd=0, horizon_usd=0, one_off=[], running=[])
    return make.comparison(
        [arm("A", cost=nothing), arm("B", score=0.7, cost=nothing), arm("C", score=0.71)],
        recommendation=answer("ship", "A"),
    )


def all_free() -> Comparison:
    nothing = Cost(one_off_usd=0, per_1000_usd=0, horizon_usd=0, one_off=[], running=[])
    return make.comparison([arm("A", cost=nothing)], recommendation=answer("ship", "A"))


def many_labels() -> Comparison:
    names = [f"label-{i}" for i in range(20)]
    return make.comparison(
        [arm("A", labels=names, support=[9] * 20)],
        data=make.data(names),
        recommendation=answer("ship", "A"),
    )


def all_alike() -> Comparison:
    """Everything right, instant and at one price; the scales have no extent of their own."""
    results = [arm(f"A{i}", score=1.0, half=0.0, p50=5.0) for i in range(12)]
    return make.comparison(results, recommendation=answer("ship", "A0"))


def sent_away() -> Comparison:
    gone = arm("Remote", data_flow=DataFlow(destinations=["api.example.com"], leaves=True))
    return make.comparison(
        [gone],
        workload=Workload(text_may_leave=True),
        recommendation=answer("ship", "Remote", [standing("Remote")]),
    )


CASES = [
    single, none_eligible, cannot_tell, all_failed, bare, no_numbers, free, all_free, many_labels, all_alike,
    sent_away,
]  # fmt: skip


@pytest.fixture(scope="module")
def pages() -> dict[str, Page]:
    return {case.__name__: Page(render_html(case())) for case in CASES}


@pytest.mark.parametrize("name", [case.__name__ for case in CASES])
def test_whole_and_readable(name: str, pages: dict[str, Page]) -> None:
    page = pages[name]
    assert not page.problems
    assert "The headline." in page.text
    assert not re.search(r"\b(None|nan|NaN|inf|Infinity|Undefined)\b", page.text)
    values = " ".join(value for e in page.elements for value in e.attributes.values())
    assert not re.search(r"NaN|None|Infinity|undefined", values)


@pytest.mark.parametrize("name", [case.__name__ for case in CASES])
def test_valid(name: str, pages: dict[str, Page]) -> None:
    html5lib = pytest.importorskip("html5lib")
    html5lib.HTMLParser(strict=True).parse(pages[name].source)


def sections(page: Page) -> set[str]:
    return {e.attributes["id"] for e in page.all("section")}


def test_outcomes_are_named(pages: dict[str, Page]) -> None:
    assert "Recommendation: ship" in pages["single"].text
    assert "Cannot tell yet" in pages["cannot_tell"].text
    assert "Figures of One, which leads for now" in pages["cannot_tell"].text
    assert "No approach is eligible" in pages["none_eligible"].text
    assert "No: too slow" in pages["none_eligible"].text


def test_sections_without_content_are_left_out(pages: dict[str, Page]) -> None:
    assert {"charts", "labels", "groups", "errors", "differences"} & sections(pages["all_failed"]) == set()
    assert "broke 1" in pages["all_failed"].text
    assert {"labels", "groups"} & sections(pages["bare"]) == set()
    assert "differences" not in sections(pages["single"])


def test_missing_values_say_why(pages: dict[str, Page]) -> None:
    dashes = [e for e in pages["bare"].all("span") if e.attributes.get("class") == "na"]
    assert dashes
    assert all(e.attributes["title"] and e.attributes["title"] in e.text for e in dashes)


def test_costs_of_nothing_are_on_the_chart(pages: dict[str, Page]) -> None:
    assert "Drawn at the left edge because running costs nothing: A" in pages["free"].text


def test_texts_that_left_are_named(pages: dict[str, Page]) -> None:
    assert "Texts left the machine with Remote; they were sent to api.example.com." in pages["sent_away"].text
    assert "No text left the machine" in pages["single"].text


def test_a_label_that_test_lacks_has_no_f1() -> None:
    # Its F1 is 0 by convention, which readers would take for a failure.
    one = make.comparison(
        [arm("A", labels=["seen", "absent"], support=[9, 0])],
        data=make.data(["seen", "absent"]),
        recommendation=answer("ship", "A"),
    )
    context = labels.build(one)
    assert context is not None
    (_, _, (seen,)), (_, _, (absent,)) = context["rows"]
    assert str(seen["text"]).startswith("0.")
    assert str(absent["text"]) == "—"
    assert absent["text"].why == "no test document has the label"
