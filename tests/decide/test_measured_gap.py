from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import decide
from decide import measured_gap, terminal
from decide.measured_gap import NO_ENCODER, OFF, gap_key, gap_of
from decide.orchestrate import Event
from decide.store import RunStore
from evalsets import Corpus, EvalSet
from tests.decide.domain_gap.conftest import english
from tests.reports import fixture_gap


class Told:
    """Records what the measurement tells."""

    def __init__(self) -> None:
        self.kinds: list[str] = []
        self.messages: list[str] = []

    def __call__(self, kind: str, model: str, message: str = "", seconds: float = 0.0) -> None:
        self.kinds.append(kind)
        self.messages.append(message)


@pytest.fixture(scope="module")
def readable(toy: EvalSet) -> EvalSet:
    """The toy set with domain text that reads as English, and general text beside it."""
    return replace(
        toy,
        unlabeled=Corpus(documents=tuple(english(60, 1))),
        reference=Corpus(documents=tuple(english(40, 2))),
    )


@pytest.fixture(autouse=True)
def _few_general_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("decide.domain_gap.tokens.GENERAL_WORDS", 2000)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The measurement replaced by one that only counts its calls."""
    calls: list[Any] = []

    def measure(*arguments: Any, **settings: Any) -> decide.GapReport:
        calls.append(arguments)
        return fixture_gap.gap()

    monkeypatch.setattr(measured_gap, "gap", measure)
    return calls


def measured(
    data: EvalSet, arms: list[decide.Arm], folder: Path, wanted: bool | decide.GapReport | None = None
) -> tuple[decide.GapReport | None, str, Told]:
    told = Told()
    report, why = gap_of(data, arms, wanted, RunStore(folder), isolate=False, tell=told)
    return report, why, told


def test_it_is_measured_for_the_arm_that_adapts_and_not_twice(
    readable: EvalSet, tiny_encoder: Path, tmp_path: Path
) -> None:
    arms: list[decide.Arm] = [decide.Majority(), decide.DomainAdapted(str(tiny_encoder))]
    report, why, told = measured(readable, arms, tmp_path)
    assert report is not None
    assert why == ""
    assert told.kinds == ["gap_started", "gap_finished"]
    assert report.model == tiny_encoder.name
    assert report.reference is not None
    again, _, told = measured(readable, arms, tmp_path)
    assert again == report
    assert told.kinds == ["gap_cached"]


def test_by_default_only_adaptation_asks_for_it(
    toy: EvalSet, tiny_encoder: Path, tmp_path: Path, counted: list[Any]
) -> None:
    plain, adapted = decide.FineTuned(str(tiny_encoder)), decide.DomainAdapted(str(tiny_encoder))
    assert measured(toy, [plain], tmp_path)[:2] == (None, "")
    assert measured(toy, [plain, adapted], tmp_path, False)[:2] == (None, OFF)
    assert measured(toy, [decide.Majority()], tmp_path, True)[:2] == (None, NO_ENCODER)
    assert not counted
    assert measured(toy, [plain], tmp_path, True)[0] is not None
    assert len(counted) == 1


def test_a_given_report_is_taken_as_it_is(toy: EvalSet, tmp_path: Path, counted: list[Any]) -> None:
    mine = fixture_gap.gap("severe")
    report, why, told = measured(toy, [decide.Majority()], tmp_path, mine)
    assert (report, why, told.kinds) == (mine, "", [])
    assert not counted


def test_the_reference_of_the_data_is_used(
    readable: EvalSet, tiny_encoder: Path, tmp_path: Path, counted: list[Any]
) -> None:
    measured(readable, [decide.DomainAdapted(str(tiny_encoder))], tmp_path)
    assert counted == [(readable, str(tiny_encoder), readable.reference)]


def test_other_encoders_of_the_comparison_are_named(toy: EvalSet, tiny_encoder: Path, tmp_path: Path) -> None:
    mine = fixture_gap.gap()
    RunStore(tmp_path).put_gap(gap_key(str(tiny_encoder), toy), mine)
    arms: list[decide.Arm] = [decide.DomainAdapted(str(tiny_encoder)), decide.FineTuned("owner/other")]
    report, _, _ = measured(toy, arms, tmp_path)
    assert report is not None
    assert report.notes[-1] == (f"Measured for {tiny_encoder.name} only; the gap of other may be another.")


def test_the_key_changes_with_whatever_determines_the_report(
    toy: EvalSet, tiny_encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = str(tiny_encoder)
    keys = {
        gap_key(model, toy),
        gap_key(model, replace(toy, name="Other name")),
        gap_key(model, replace(toy, reference=Corpus(documents=("general text",)))),
        gap_key(model, replace(toy, test=toy.test.take(range(10)))),
    }
    monkeypatch.setitem(measured_gap.SETTINGS, "sample", 50)
    keys.add(gap_key(model, toy))
    monkeypatch.setattr(measured_gap, "fingerprint", lambda name: "sha256 other weights")
    keys.add(gap_key(model, toy))
    monkeypatch.setattr(measured_gap, "versions", lambda: {"decide": "9"})
    keys.add(gap_key(model, toy))
    assert len(keys) == 7


def test_a_damaged_report_is_set_aside_and_measured_again(
    toy: EvalSet, tiny_encoder: Path, tmp_path: Path, counted: list[Any]
) -> None:
    arms: list[decide.Arm] = [decide.DomainAdapted(str(tiny_encoder))]
    measured(toy, arms, tmp_path)
    file = next((tmp_path / "gaps").glob("*.json"))
    file.write_text(file.read_text().replace("marked", "severe", 1))
    report, _, told = measured(toy, arms, tmp_path)
    assert report == fixture_gap.gap()
    assert told.kinds == ["gap_started", "gap_finished"]
    assert len(list((tmp_path / "gaps").glob("*.damaged"))) == 1


@pytest.mark.parametrize("isolate", [False, True])
def test_what_cannot_be_measured_does_not_stop_the_comparison(
    toy: EvalSet, tiny_encoder: Path, tmp_path: Path, isolate: bool
) -> None:
    foreign = tuple(f"kunde ruft wegen rechnung {i} und möchte eine erstattung haben" for i in range(40))
    data = replace(toy, train=replace(toy.train, texts=foreign + toy.train.texts[40:]), unlabeled=None)
    told = Told()
    arms: list[decide.Arm] = [decide.DomainAdapted(str(tiny_encoder), rung="task_text")]
    report, why = gap_of(data, arms, None, RunStore(tmp_path), isolate=isolate, tell=told)
    assert report is None
    assert "English" in why
    assert told.kinds == ["gap_started", "gap_failed"]
    assert told.messages[-1] == why


def test_a_surprise_does_not_stop_it_either(
    toy: EvalSet, tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr(measured_gap, "gap", broken)
    report, why, _ = measured(toy, [decide.DomainAdapted(str(tiny_encoder))], tmp_path)
    assert (report, why) == (None, "RuntimeError: the disk is on fire")


def test_a_missing_model_is_one_failure_and_the_others_run(toy: EvalSet, tmp_path: Path) -> None:
    events: list[Event] = []
    arms = [decide.Majority(), decide.DomainAdapted(str(tmp_path / "nowhere"))]
    result = decide.compare(toy, arms, run_dir=tmp_path, isolate=False, on_event=events.append)
    kinds = [e.kind for e in events if not e.kind.startswith("unit_")]
    assert kinds == ["gap_failed", "arm_started", "arm_finished", "arm_refused"]
    assert "nowhere" in result.gap_missing
    assert result.gap is None
    assert result.recommendation.arm == "Majority"


def test_a_comparison_holds_gap_and_rungs(
    readable: EvalSet, tiny_encoder: Path, tmp_path: Path, counted: list[Any]
) -> None:
    settings: dict[str, Any] = {"epochs": 1, "learning_rate": 1e-3}
    adaptation: dict[str, Any] = {"adaptation_steps": 2, "block_size": 16}
    arms = [
        decide.FineTuned(str(tiny_encoder), **settings, name="Plain"),
        decide.DomainAdapted(str(tiny_encoder), **settings, **adaptation, name="Adapted"),
    ]
    result = decide.compare(readable, arms, seeds=1, run_dir=tmp_path, isolate=False)
    assert {a.name: a.failure for a in result.arms} == {"Plain": None, "Adapted": None}
    assert result.gap == fixture_gap.gap()
    (rung,) = result.rungs
    assert (rung.arm, rung.base) == ("Adapted", "Plain")
    plain, adapted = result.arm("Plain").score, result.arm("Adapted").score
    assert rung.difference is not None
    assert plain is not None
    assert adapted is not None
    assert rung.difference.value == pytest.approx(adapted.value - plain.value)
    assert any(rung.statement in reason.text for reason in result.recommendation.reasons)
    loaded = decide.load(result.to_json(tmp_path / "c.json"))
    assert loaded == result
    assert rung.statement in loaded.to_html(tmp_path / "c.html").read_text()


@pytest.mark.parametrize("kind", ["gap_started", "gap_cached", "gap_finished", "gap_failed"])
def test_events_are_shown(kind: Any, capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show(Event(kind, "bert", "too little text", 12.0))
    printed = capsys.readouterr().err
    assert "Domain gap of bert" in printed
    assert ("too little text" in printed) == (kind == "gap_failed")


def test_an_engagement_switches_it(tmp_path: Path) -> None:
    from decide.engagement import read_engagement

    file = tmp_path / "engagement.yaml"
    plan = {"data": {"train": "a", "test": "b"}, "arms": [{"kind": "majority"}]}
    for value, expected in (({}, None), ({"gap": True}, True), ({"gap": False}, False)):
        file.write_text(json.dumps(plan | value))
        assert read_engagement(file).gap is expected
    file.write_text(json.dumps(plan | {"gap": "maybe"}))
    with pytest.raises(decide.DecideError, match="gap: Input should be a valid boolean"):
        read_engagement(file)
