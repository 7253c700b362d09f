"""Comparisons over time: what is lined up, what changed, and where figures must not be compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import decide
from decide import cli
from decide.comparison import Comparison
from decide.over_time import History, same_test
from evalsets import DecideError, EvalSet
from reports import render_history_html
from tests.reports import make
from tests.reports.fixture_stability import stability
from tests.reports.page import Page
from tests.reports.partial import page_of
from tests.reports.test_safety import poison

TESTED = "a" * 64
CHANGED = "Fine-tuned MiniLM"


def at(date: str, **changes: Any) -> Comparison:
    return make.comparison(created=f"{date}T10:00:00+00:00", **changes)


def statements(found: History, what: str) -> list[tuple[int, str, bool]]:
    return [(c.number, c.statement, c.caution) for c in found.changes if c.what == what]


def test_comparisons_are_sorted_by_date_and_files_are_read(tmp_path: Path) -> None:
    later = at("2026-03-02").to_json(tmp_path / "later.json")
    at("2026-02-02").to_json(tmp_path / "runs" / "comparison.json")
    found = decide.history([later, at("2026-01-15"), tmp_path / "runs"])
    assert [c.created[:10] for c in found.comparisons] == ["2026-01-15", "2026-02-02", "2026-03-02"]
    assert found.headline == "In all 3 comparisons Domain-adapted MiniLM is recommended."
    assert found.changes == []


def test_what_changed_is_listed() -> None:
    first = at("2026-01-15")
    place = first.environment
    arms = [a for a in make.arms() if a.name != "Majority label"]
    arms[0] = arms[0].model_copy(
        update={"score": arms[0].score.model_copy(update={"value": 0.5}), "config": {"C": 3}}  # type: ignore[union-attr]
    )
    arms[1] = arms[1].model_copy(update={"fingerprint": {"fixture/model": "sha256:other"}})
    second = at(
        "2026-03-02",
        results=arms,
        environment=place.model_copy(
            update={"versions": {**place.versions, "torch": "2.10.0"}, "hardware": "8 cores"}
        ),
        recommendation=make.recommendation(arms, CHANGED),
        assumptions=first.assumptions[:-1],
        workload=first.workload.model_copy(update={"max_p95_ms": 900}),
    )
    found = decide.history([first, second])
    assert statements(found, "versions") == [(2, "torch 2.9.0 to 2.10.0.", False)]
    assert statements(found, "approaches") == [(2, "Gone: Majority label.", False)]
    assert statements(found, "workload") == [(2, "max_p95_ms: 300.0, now 900.", False)]
    assert statements(found, "assumptions") == [
        (2, "Costs rest on other assumptions: price of a label.", True)
    ]
    assert "8 cores" in statements(found, "hardware")[0][1]
    assert "other settings: C, kind," in statements(found, "settings")[0][1]
    assert statements(found, "weights") == [(2, f"{CHANGED} starts from other weights.", True)]
    assert statements(found, "score") == [
        (
            2,
            "TF-IDF + logistic regression left the interval it had: 0.741 (0.702 to 0.780), now 0.500.",
            False,
        )
    ]
    assert len(statements(found, "recommendation")) == 1
    assert found.headline == (
        f"The answer changed once over 2 comparisons; in the last, {CHANGED} is recommended."
    )


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ({}, {}, True),
        ({"test_hash": TESTED}, {"test_hash": TESTED, "content_hash": "other"}, True),
        ({"test_hash": TESTED}, {"test_hash": "b" * 64}, False),
        ({}, {"content_hash": "other"}, False),
        ({"test_hash": TESTED}, {"test_hash": TESTED, "metric": "accuracy"}, False),
        ({"test_hash": TESTED}, {"test_hash": TESTED, "task": {"kind": "multi_label"}}, False),
    ],
)
def test_scores_are_compared_on_the_same_test_set_only(
    old: dict[str, Any], new: dict[str, Any], same: bool
) -> None:
    first, second = at("2026-01-15", data=make.data(**old)), at("2026-02-15", data=make.data(**new))
    assert same_test(first, second) is same
    found = decide.history([first, second])
    cautions = statements(found, "test set")
    assert bool(cautions) is not same
    assert [c.test_set for c in found.comparisons] == [1, 1 if same else 2]
    if not same:
        assert cautions[0][1].startswith("Scores cannot be compared with those before: ")
        assert cautions[0][2]
        assert not statements(found, "score")


def test_a_test_set_that_comes_back_keeps_its_number() -> None:
    one, other = make.data(test_hash=TESTED), make.data(test_hash="b" * 64)
    found = decide.history(
        [at("2026-01-01", data=one), at("2026-02-01", data=other), at("2026-03-01", data=one)]
    )
    assert [c.test_set for c in found.comparisons] == [1, 2, 1]


def test_more_training_data_are_a_change_but_no_caution() -> None:
    old, new = make.data(test_hash=TESTED), make.data(test_hash=TESTED, content_hash="x", train=3000)
    found = decide.history([at("2026-01-01", data=old), at("2026-02-01", data=new)])
    ((_, text, caution),) = statements(found, "data")
    assert "2,400 documents to learn from and 300 to choose on, now 3,000 and 300" in text
    assert not caution


def test_the_test_hash_is_of_the_test_split_alone(toy: EvalSet) -> None:
    from dataclasses import replace

    from decide.conclude import summarise

    whole = summarise(toy)
    less = summarise(replace(toy, train=toy.train.take(range(30))))
    other = summarise(replace(toy, test=toy.test.take(range(39))))
    assert whole.test_hash == less.test_hash != other.test_hash
    assert whole.content_hash != less.content_hash


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "at least two comparisons"),
        ([at("2026-01-01")], "at least two comparisons"),
        ([at("2026-01-01"), at("2026-01-01")], "is given twice"),
        ([at("2026-01-01"), make.comparison(created="soon")], "'soon' is no date"),
        (["nowhere.json", "nowhere.json"], "nowhere.json: cannot be read"),
    ],
)
def test_wrong_input_is_refused(given: Any, message: str) -> None:
    with pytest.raises(DecideError, match=message):
        decide.history(given)


def three() -> History:
    arms = [a for a in make.arms() if a.name != "Majority label"]
    return decide.history(
        [
            at("2026-01-15"),
            at("2026-03-02", title="Second <b>look</b>"),
            at("2026-05-20", results=arms, data=make.data(test_hash="b" * 64, content_hash="c" * 64)),
        ],
        title="Since <i>spring</i>",
    )


def test_the_document_shows_charts_tables_and_cautions(tmp_path: Path) -> None:
    html = three().to_html(tmp_path / "deep" / "history.html").read_text()
    pytest.importorskip("html5lib").HTMLParser(strict=True).parse(html)
    page = Page(html)
    assert not page.problems
    ids = [e.attributes["id"] for e in page.elements if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    assert len(page.all("caption")) == len(page.all("table")) == 4
    assert len([e for e in page.all("svg") if "chart" in e.attributes.get("class", "")]) == 6
    for text in (
        "Since <i>spring</i>",
        "Second <b>look</b>",
        "Read with care",
        "Scores cannot be compared with those before",
        "a dashed line is another test set",
        "2026-01-15",
        "Synthetic data.",
        "Gone: Majority label.",
        "Nothing but the date.",
    ):
        assert text in page.text, text
    marks = [e.attributes["aria-label"] for e in page.all("path") if "aria-label" in e.attributes]
    assert any(f"{CHANGED}: 0.842 (0.811 to 0.873) in comparison 2, 2026-03-02" in mark for mark in marks)


def test_hostile_strings_add_nothing_to_the_document() -> None:
    dates = ("2026-01-15", "2026-03-02")
    made = [at(d, data=make.data(name=d), stability=stability()) for d in dates]
    bad = [Comparison.model_validate(poison(c.model_dump())) for c in made]
    good_page, bad_page = (Page(render_history_html(decide.history(c))) for c in (made, bad))
    assert not bad_page.problems
    assert bad_page.tags == good_page.tags
    assert len(bad_page.all("script")) == 1
    assert {k for e in bad_page.elements for k in e.attributes} == {
        k for e in good_page.elements for k in e.attributes
    }
    assert "<script>alert(1)</script>" in bad_page.text
    reports = [page_of("stability", of=c) for c in (bad[0], made[0])]
    assert reports[0].tags == reports[1].tags


def test_lines_break_where_scores_cannot_be_compared() -> None:
    from reports.history_charts import score_chart

    joined = decide.history([at("2026-01-15"), at("2026-03-02")])
    other = decide.history([at("2026-01-15"), at("2026-03-02", data=make.data(content_hash="x"))])
    for history, segments in ((joined, 1), (other, 0)):
        page = Page(str(score_chart(history)))
        assert ("another test set" in page.text) is (segments == 0)
        drawn = [
            e.attributes["d"]
            for e in page.all("path")
            if e.attributes.get("stroke-width") in ("1.6", "2.4") and "aria-label" not in e.attributes
        ]
        # Each of the seven arms is drawn twice, for wide and for narrow screens.
        assert sum("L" in d for d in drawn) == 14 * segments


def test_comparisons_of_one_hour_and_arms_without_figures_can_be_drawn() -> None:
    arms = [a.model_copy(update={"cost": None, "timing": None}) for a in make.arms()]
    found = decide.history(
        [
            make.comparison(arms, created="2026-01-15T10:00:00+00:00"),
            make.comparison(arms, created="2026-01-15T10:20:00"),
        ]
    )
    assert "p95 latency" in render_history_html(found)


def test_the_command_writes_the_document(tmp_path: Path) -> None:
    files = [at(f"2026-0{i}-01").to_json(tmp_path / f"{i}.json") for i in (1, 2)]
    output = tmp_path / "out" / "history.html"
    arguments = ["history", *map(str, files), "--output", str(output)]
    done = CliRunner().invoke(cli.app, arguments)
    assert done.exit_code == 0, done.output
    assert "In all 2 comparisons" in done.stdout
    assert output.is_file()
    printed = json.loads(CliRunner().invoke(cli.app, [*arguments, "--json"]).stdout)
    assert len(printed["comparisons"]) == 2
