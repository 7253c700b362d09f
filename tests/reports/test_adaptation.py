"""What adaptation cost and gained: the facts read safely, and the section made of them."""

from __future__ import annotations

from typing import Any

import pytest

from decide.comparison import ArmResult, Comparison, RungResult
from decide.records import Estimate
from reports import render_html, strings
from reports.adaptation_facts import NO_LOSS, NOT_RECORDED, NOT_WATCHED, read_adaptation
from reports.registry import sections
from reports.render import environment
from tests.reports import make
from tests.reports.fixture_arms import arm
from tests.reports.page import Page

NAN = float("nan")
MODEL = {"model": "fixture/model", "epochs": 3}


def adapted(name: str = "Adapted", score: float = 0.9, **more: Any) -> ArmResult:
    config = {"kind": "domain_adapted", **MODEL, "rung": "full_corpus"}
    return arm(name, "domain_adapted", score, config=config, **more)


def plain(score: float = 0.8) -> ArmResult:
    return arm("Plain", score=score, config={"kind": "fine_tuned", **MODEL})


def section(comparison: Comparison, id: str = "adaptation") -> Page:
    """One section by itself, without its heading; nothing where it is left out."""
    part = next(s for s in sections() if s.id == id)
    context = part.build(comparison)
    if context is None:
        return Page("")
    source = part.source()
    page = Page(environment().from_string(source).render(t=strings, **context))
    assert not page.problems
    return page


def test_recorded_facts_are_read() -> None:
    facts = read_adaptation(adapted(facts=make.ADAPTATION, phases={"adaptation": 5_300.0}))
    assert (facts.new_tokens, facts.steps, facts.planned_seconds) == (500, 4_995, 4_800)
    assert facts.seconds == 5_300  # the wall time of the phase, not what the adaptation said of itself
    assert facts.resumed is True
    assert facts.domain.change == Estimate(value=-0.81, low=-0.93, high=-0.69)
    assert facts.domain.known
    assert (facts.general.known, facts.general.missing) == (False, NOT_WATCHED)


def test_absent_facts_are_not_numbers() -> None:
    facts = read_adaptation(adapted(facts={}))
    assert facts.new_tokens is facts.seconds is facts.resumed is facts.domain.change is None
    assert facts.domain.missing == NO_LOSS
    assert read_adaptation(adapted(facts={"adaptation_seconds_actual": 12})).seconds == 12


@pytest.mark.parametrize("value", [None, "500", "<b>", True, NAN, float("inf"), [1], {"a": 1}])
def test_what_is_no_number_is_not_read(value: Any) -> None:
    names = ("new_tokens", "steps", "domain_loss_before", "domain_change", "planned_seconds")
    facts = read_adaptation(adapted(facts={f"adaptation_{name}": value for name in names}))
    assert facts.new_tokens is facts.steps is facts.domain.before is facts.planned_seconds is None
    assert facts.domain.change == (Estimate(value=1) if value == [1] else None)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ([-0.5, -0.6, -0.4], Estimate(value=-0.5, low=-0.6, high=-0.4)),
        ([-0.5, NAN, -0.4], Estimate(value=-0.5)),
        ([-0.5, None, None], Estimate(value=-0.5)),
        ([], Estimate(value=-1.0)),
        (None, Estimate(value=-1.0)),
    ],
)
def test_a_change_without_an_interval_has_none(change: Any, expected: Estimate) -> None:
    facts = {
        "adaptation_domain_loss_before": 5.0,
        "adaptation_domain_loss_after": 4.0,
        "adaptation_domain_change": change,
    }
    assert read_adaptation(adapted(facts=facts)).domain.change == expected


def test_one_loss_alone_says_what_is_lacking() -> None:
    loss = read_adaptation(adapted(facts={"adaptation_general_loss_before": 3.0})).general
    assert (loss.known, loss.missing) == (False, NOT_RECORDED)


def test_everything_about_a_rung_is_shown(comparison: Comparison) -> None:
    text = section(comparison).text
    for rung in comparison.rungs:
        assert rung.statement in text
    assert "5.12 → 4.31 change −0.81 (−0.93 to −0.69)" in text
    assert "2.91 → 3.06 change +0.15 (+0.09 to +0.21)" in text
    assert "not watched: no reference text" in text
    assert "87.3 min planned 80.0 min" in text
    assert "1.61 before, 1.32 after" in text
    assert "rung: full corpus" in text
    assert "US$0.146" in text


def test_verdicts_stand_beside_the_differences() -> None:
    results = [plain(0.8), adapted("Up", 0.9), adapted("Down", 0.7), adapted("Same", 0.81)]
    cells = [e.text for e in section(make.comparison(results)).all("td")]
    for verdict in ("Gain", "Loss", "No gain shown"):
        assert any(cell.startswith(verdict) for cell in cells), verdict


def test_without_facts_every_dash_has_its_reason() -> None:
    results = [plain(), adapted(facts={}, phases={})]
    page = section(make.comparison(results))
    text = page.text
    assert NO_LOSS in text
    assert NOT_WATCHED in text
    assert NOT_RECORDED in {e.attributes["title"] for e in page.all("span") if "title" in e.attributes}
    assert "What the encoder learned" not in text
    assert "What adaptation gained" in text


def test_a_rung_without_a_base_has_no_difference() -> None:
    text = section(make.comparison([arm("Other", "lora", 0.7), adapted()])).text
    assert "Whether adaptation pays was not measured for Adapted: no arm fine-tunes fixture/model" in text
    assert "Not compared" in text
    assert "What adaptation gained" not in text


def test_verdicts_of_an_older_comparison_are_made_when_it_is_shown() -> None:
    results = [plain(), adapted()]
    older = section(make.comparison(results, rungs=[]))
    assert older.source == section(make.comparison(results)).source


def test_an_adaptation_that_failed_is_named() -> None:
    failed = adapted("Big").model_copy(update={"status": "failed", "failure": "Boom.", "score": None})
    assert "Big has no result: Boom." in section(make.comparison([plain(), adapted(), failed])).text
    assert section(make.comparison([plain(), failed])).source == ""


def test_broken_numbers_draw_no_marks() -> None:
    rung = RungResult(
        arm="Adapted",
        rung="full_corpus",
        base="Plain",
        difference=Estimate(value=NAN, low=NAN, high=NAN),
        verdict="no gain shown",
        statement="A statement.",
    )
    shown = section(make.comparison([plain(), adapted()], rungs=[rung])).source
    assert "chart-gain" not in shown
    assert "NaN" not in shown
    assert "A statement." in shown


def test_hostile_facts_and_names_stay_text() -> None:
    bad = "</svg><script>alert(1)</script>\u202e"
    results = [plain(), adapted(bad, facts={**make.ADAPTATION, "adaptation_new_tokens": bad})]
    page = Page(render_html(make.comparison(results)))
    assert not page.problems
    assert len(page.all("script")) == 1
    assert "</svg><script>alert(1)</script>[U+202E]" in page.text
