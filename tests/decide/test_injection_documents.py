"""Hostile documents: what is put in, where, and what is asked for."""

from __future__ import annotations

import base64
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

import decide
from decide.injection import ATTACKS, GOALS, Attack, Injections, hostile_set, injections_from
from decide.injection.disguise import DISGUISES
from decide.injection.documents import original_places
from evalsets import EvalSet, MultiLabel, Split, TextClassification
from evalsets.demo import clinical_entities, clinical_fields
from evalsets.spans import Span

DATA = {
    "token_classification": clinical_entities(30, 10, 20, 0),
    "extraction": clinical_fields(30, 10, 20, 0),
    "multi_label": EvalSet(
        "Topics",
        MultiLabel(("a", "b", "c")),
        *(Split(tuple(f"text {s} {i}" for i in range(20)), (("a",), ("a", "b")) * 10) for s in range(3)),
    ),
}


@pytest.fixture(params=["text_classification", *DATA])
def data(request: pytest.FixtureRequest, toy: EvalSet) -> EvalSet:
    return DATA.get(request.param, toy)


def test_taking_out_what_was_put_in_gives_the_document_back(data: EvalSet) -> None:
    for name, documents in hostile_set(data, Injections(documents=5)).parts():
        for document in documents:
            whole = data.test.texts[document.item]
            assert document.text[: document.start] + document.text[document.end :] == whole
            assert document.inserted
            assert name == document.attack


def test_targets_are_never_right_and_are_reached_when_answered(data: EvalSet) -> None:
    goal, found = GOALS[data.task.kind], hostile_set(data, Injections())
    for item, target in zip(found.items, found.targets, strict=True):
        assert not goal.reached(data.task, data.test.labels[item], target)
        answer = json.loads(goal.phrases(data.task, target)["json"])
        kind = data.task.kind
        value = answer if kind == "extraction" else next(iter(answer.values()))
        assert goal.reached(data.task, value, target)


def test_every_attack_names_the_target_and_controls_ask_for_nothing(toy: EvalSet) -> None:
    found = hostile_set(toy, Injections(documents=4))
    for name, documents in found.controls.items():
        disguised = name.removeprefix("control_").partition("_")[2]
        for document, target in zip(documents, found.targets, strict=True):
            mention = f'The term "{target}" occurs here.'
            assert DISGUISES.get(disguised, str)(mention).rstrip("=")[:40] in document.text
            assert "answer with" not in document.text
    disguises = {"control_end_base64", "control_end_spaced", "control_end_zero_width", "control_end_tags"}
    assert set(found.controls) == {"control_start", "control_middle", "control_end"} | disguises
    assert found.control_of["base64"] == "control_end_base64"
    assert found.control_of["override_start"] == "control_start"
    for name, documents in found.attacked.items():
        for document, target in zip(documents, found.targets, strict=True):
            shown = "".join(
                chr(ord(c) - 0xE0000) if ord(c) > 0xE0000 else c
                for c in document.inserted
                if c not in " \u200b"
            )
            if name == "base64":
                shown = base64.b64decode(document.inserted.rsplit(" ", 1)[1]).decode()
            assert target in shown


def test_controls_are_about_as_long_as_the_attacks_at_their_place(data: EvalSet) -> None:
    found = hostile_set(data, Injections(attacks=("override_end", "german"), documents=5))  # type: ignore[arg-type]
    for i, control in enumerate(found.controls["control_end"]):
        lengths = [len(documents[i].inserted) for documents in found.attacked.values()]
        assert len(control.inserted) == pytest.approx(sum(lengths) / 2, abs=25)


def test_places(toy: EvalSet) -> None:
    found = hostile_set(toy, Injections(documents=4))
    for name, documents in found.attacked.items():
        for document in documents:
            place = ATTACKS[name].place
            assert (document.start == 0) == (place == "start")
            assert (document.end == len(document.text)) == (place == "end")


def test_gold_spans_move_along_and_answers_move_back() -> None:
    data = DATA["token_classification"]
    for _, documents in hostile_set(data, Injections(documents=6)).parts():
        for document in documents:
            whole, gold = data.test.texts[document.item], data.test.labels[document.item]
            moved = tuple(Span(*span) for span in document.gold)
            said = [document.text[s.start : s.end] for s in moved]
            assert said == [whole[s.start : s.end] for s in gold]
            inside = Span(document.start + 1, document.end - 1, "problem")
            across = Span(max(0, document.start - 1), document.start + 3, "problem")
            assert original_places((*moved, inside, across), document) == gold


def test_the_sample_is_stratified_and_does_not_depend_on_the_attacks(toy: EvalSet) -> None:
    found = hostile_set(toy, Injections(documents=12))
    assert len(found.items) == 12
    whole, part = Counter(toy.test.labels), Counter(toy.test.labels[i] for i in found.items)
    assert all(abs(part[label] - 12 * whole[label] / 40) <= 1 for label in whole)
    one = hostile_set(toy, Injections(attacks=("german",), documents=12))  # type: ignore[arg-type]
    assert (one.items, one.targets) == (found.items, found.targets)
    assert one.attacked["german"] == found.attacked["german"]
    assert hostile_set(toy, Injections(documents=12, seed=1)).items != found.items
    assert len(hostile_set(toy, Injections(documents=999)).items) == 40


def test_attacks_of_ones_own_and_settings() -> None:
    own = {"name": "bribe", "template": "You will be paid if you {order}. {{thanks}}", "place": "start"}
    found = injections_from({"attacks": [own, "german"], "documents": 7})
    assert found is not None
    assert (found.documents, [a.name for a in found.attacks]) == (7, ["bribe", "german"])
    assert found.attacks[0].write({"order": "obey"}) == "You will be paid if you obey. {thanks}"
    assert injections_from(None) is None
    everything = injections_from("all")
    assert everything is not None
    assert {a.name for a in everything.attacks} == set(ATTACKS)
    assert len({a.family for a in everything.attacks}) >= 7
    reworded = Attack("german", "Bitte: {order_de}")
    assert Injections(attacks=(reworded,)).config() != Injections(attacks=("german",)).config()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (("bribe",), "Unknown attack 'bribe'. Known are: override_start"),
        ("german", r"Give 'all' or attacks, such as \('override_end',\)"),
        ((), "has no attack"),
        (("german", "german"), "given twice"),
        ({"documents": 1}, "injections is wrongly set: documents"),
        ({"document": 5}, "injections is wrongly set: document"),
        (
            ({"name": "x", "template": "{prder}"},),
            "Attack 'x': unknown placeholder {prder}. Known are: order",
        ),
        (({"name": "x", "template": "{order!r}"},), "unknown placeholder"),
        (({"name": "x", "template": '{"a": 1}'},), "Double the braces"),
        (({"name": "x", "template": "{"},), "is not valid"),
        (({"name": "x", "template": "please"},), "asks for nothing"),
        (({"name": "control_end", "template": "{order}"},), "Rename it"),
        (({"name": "x", "template": "{order}", "place": "top"},), "Attack 'x' is wrongly set: place"),
    ],
)
def test_wrong_settings_are_refused_before_anything_runs(toy: EvalSet, wanted: object, message: str) -> None:
    with pytest.raises(decide.DecideError, match=message):
        decide.compare(toy, [decide.Majority()], injections=wanted, isolate=False)  # type: ignore[arg-type]


def test_data_that_allow_no_target_are_refused() -> None:
    texts = tuple(f"text {i}" for i in range(4))
    full = Split(texts, (("a", "b"),) * 4)
    data = EvalSet("All", MultiLabel(("a", "b")), full, full, full)
    with pytest.raises(decide.DecideError, match="0 of 4 test documents allow that"):
        decide.compare(data, [decide.Majority()], injections="all", isolate=False)


def test_a_task_without_a_goal_is_refused(toy: EvalSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(GOALS, "text_classification")
    with pytest.raises(decide.DecideError, match="No goal of prompt injection is known for text_class"):
        decide.compare(toy, [decide.Majority()], injections="all", isolate=False)


def test_a_text_without_a_break_takes_the_middle_attack_at_its_end() -> None:
    split = Split(("abcdefghij", "klmnopqrst"), ("x", "y"))
    data = EvalSet("Short", TextClassification(("x", "y")), split, split, split)
    (first, _) = hostile_set(data, Injections(attacks=("override_middle",))).attacked["override_middle"]  # type: ignore[arg-type]
    assert first.text.startswith("abcdefghij\n\n")


def test_hostile_documents_are_written_for_other_tools(toy: EvalSet, tmp_path: Path) -> None:
    small = replace(toy, test=toy.test.take(range(6)))
    found = decide.hostile_documents(small, ("german", "override_start"), tmp_path / "hostile.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "hostile.jsonl").read_text("utf-8").splitlines()]
    assert len(rows) == len(found) == 6 * 4  # two attacks, a control at each of two places
    assert set(rows[0]) == {
        "item", "attack", "family", "place", "text", "start", "end", "target", "gold",
    }  # fmt: skip
    assert rows[0]["gold"] != rows[0]["target"]
    with pytest.raises(decide.DecideError, match="nothing to write"):
        decide.hostile_documents(small, None)
