from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from arms import (
    CRF,
    Arm,
    ArmError,
    FieldPatterns,
    FitContext,
    Gazetteer,
    Majority,
    NearestExample,
    arm_from_config,
)
from arms.baselines.candidates import Document, Form, forms_of
from arms.baselines.spans import Readings
from evalsets import EvalSet, Span, Split
from evalsets.gold_spans import gold_spans
from evalsets.tasks.extraction import Extraction

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "age": {"type": "integer"},
        "sex": {"enum": ["female", "male", None]},
        "visit": {
            "type": "object",
            "properties": {"date": {"type": "string", "format": "date"}, "dose": {"type": "string"}},
        },
        "drugs": {"type": "array", "items": {"type": "string"}},
    },
}
DRUGS = "aspirin codeine digoxin heparin insulin".split()


def notes(n: int, seed: int) -> Split:
    """Notes with two numbers, of which one is the age, and a dose that half of them state."""
    rng = random.Random(seed)
    texts, records, evidence = [], [], []
    for i in range(n):
        age, room, sex = rng.randint(20, 90), rng.randint(20, 90), rng.choice(["female", "male"])
        month, day, drugs = rng.randint(1, 12), rng.randint(1, 28), rng.sample(DRUGS, 2)
        dose = f"{rng.randint(1, 9) * 10} mg" if rng.random() < 0.5 else None
        start = f"Room {room}. Age: {age}, sex "
        text = f"{start}{sex[0].upper()}. Seen 2024-{month:02}-{day:02}.\nTakes {drugs[0]} and {drugs[1]}"
        text += f", {dose} daily. Note {seed}-{i}." if dose else f". Note {seed}-{i}."
        visit: dict[str, Any] = {"date": f"2024-{month:02}-{day:02}"}
        if dose:
            visit["dose"] = dose
        texts.append(text)
        records.append({"age": age, "sex": sex, "visit": visit, "drugs": drugs})
        at = text.index(str(age), len("Room 00"))
        evidence.append((Span(at, at + 2, "age"), Span(len(start), len(start) + 1, "sex")))
    return Split(tuple(texts), tuple(records), evidence=tuple(evidence))


@pytest.fixture(scope="module")
def records() -> EvalSet:
    return EvalSet("notes", Extraction(SCHEMA), notes(60, 1), notes(25, 2), notes(30, 3))


def scores(arm: Arm, data: EvalSet, folder: Path) -> dict[str, float]:
    fitted = arm.fit(data, 0, FitContext(folder))
    assert fitted.record.model_bytes
    values = fitted.predict(data.test.texts).values
    assert fitted.predict(data.test.texts[:1]).values == values[:1]
    assert fitted.predict([]).values == []
    return {label.label: label.f1 for label in data.task.per_label(data.test.labels, values)}


def test_patterns_find_every_field_by_its_surroundings(records: EvalSet, tmp_path: Path) -> None:
    found = scores(FieldPatterns(), records, tmp_path)
    assert min(found.values()) > 0.9, found


def test_patterns_leave_out_what_is_not_stated(records: EvalSet, tmp_path: Path) -> None:
    fitted = FieldPatterns().fit(records, 0, FitContext(tmp_path))
    assert fitted.predict(["Nothing to report.", ""]).values == [{}, {}]
    assert fitted.record.facts["located"] == 1
    assert fitted.record.facts["dev_score"] > 0.9


def test_a_field_whose_candidates_are_all_right_is_still_found(tmp_path: Path) -> None:
    task = Extraction({"type": "object", "properties": {"age": {"type": "integer"}}})
    split = Split(("aged 30", "aged 41"), ({"age": 30}, {"age": 41}))
    fitted = FieldPatterns().fit(EvalSet("ages", task, split, split, split), 0, FitContext(tmp_path))
    assert fitted.predict(["aged 77"]).values == [{"age": 77}]


def test_the_nearest_example_is_moved_to_the_new_text(records: EvalSet, tmp_path: Path) -> None:
    found = scores(NearestExample(), records, tmp_path)
    assert min(found["age"], found["sex"], found["visit.date"]) > 0.9, found


def test_the_nearest_example_copies_only_where_told(tmp_path: Path) -> None:
    task = Extraction({"type": "object", "properties": {"age": {"type": "integer"}}})
    split = Split(("aged 30 years", "ill"), ({"age": 30}, {}))
    data = EvalSet("ages", task, split, split, split)
    for copy, answer in ((True, {"age": 30}), (False, {})):
        fitted = NearestExample(copy_missing=copy).fit(data, 0, FitContext(tmp_path))
        assert fitted.predict(["aged years", "aged 31 years"]).values == [answer, {"age": 31}]


def test_majority_takes_each_field_for_itself(records: EvalSet, tmp_path: Path) -> None:
    task = Extraction(SCHEMA)
    golds: tuple[dict[str, Any], ...] = (
        {"age": 50, "sex": "male", "drugs": ["a", "b"]},
        {"age": 50, "sex": "female", "drugs": ["a"], "visit": {"dose": "5 mg"}},
        {"sex": "male", "drugs": ["c"]},
    )
    split = Split(("x", "y", "z"), golds)
    fitted = Majority().fit(EvalSet("few", task, split, split, split), 0, FitContext(tmp_path))
    assert fitted.predict(["any"]).values == [{"age": 50, "sex": "male", "drugs": ["a"]}]
    assert fitted.predict(["any"]).probabilities is None


@pytest.mark.parametrize("arm", [CRF(c1=(0.1,), c2=(0.1,)), Gazetteer()])
def test_arms_of_spans_fill_records(arm: Arm, records: EvalSet, tmp_path: Path) -> None:
    arm.check(records)
    found = scores(arm, records, tmp_path)
    # A dictionary cannot tell the age from the room, nor know a date that it never saw.
    assert found["drugs"] > 0.9
    if isinstance(arm, CRF):
        assert min(found.values()) > 0.9, found


def test_what_was_written_is_read_as_in_train(records: EvalSet) -> None:
    readings = Readings(records.task, records.train, gold_spans(records.task, records.train))
    assert readings.value("F", "sex") == "female"
    assert readings.value("female", "sex") == "female"
    assert readings.value("M.D.", "sex") is None
    assert readings.value("1,234", "age") == 1234
    assert readings.value("5 March 2024", "visit.date") == "2024-03-05"


def test_values_that_no_text_states_are_refused(tmp_path: Path) -> None:
    task = Extraction({"type": "object", "properties": {"mood": {"enum": ["good", "bad"]}}})
    split = Split(("smiles", "weeps"), ({"mood": "good"}, {"mood": "bad"}))
    data = EvalSet("moods", task, split, split, split)
    for arm in (CRF(), FieldPatterns()):
        with pytest.raises(ArmError, match="found no value of train in its texts"):
            arm.fit(data, 0, FitContext(tmp_path))


def test_fields_without_a_place_are_named(tmp_path: Path) -> None:
    task = Extraction(
        {"type": "object", "properties": {"age": {"type": "integer"}, "mood": {"type": "string"}}}
    )
    split = Split(("aged 30", "aged 41"), ({"age": 30, "mood": "good"}, {"age": 41, "mood": "bad"}))
    fitted = FieldPatterns().fit(EvalSet("ages", task, split, split, split), 0, FitContext(tmp_path))
    assert "mood" in fitted.record.notes[0]
    assert fitted.record.facts["located"] == 0.5


def test_candidates_have_the_shape_or_the_words_of_train() -> None:
    train = [Document("Dose: 40 mg"), Document("takes five\nmg")]
    task = Extraction({"type": "object", "properties": {"dose": {"type": "string"}}})
    spans = [[Span(6, 11, "dose")], [Span(6, 13, "dose")]]
    form = forms_of(train, spans, task.fields)["dose"]
    assert form == Form(frozenset({"0 a", "a a"}), frozenset({"40 mg", "five mg"}), (2,))
    text = "Dose: 5 ml or FIVE MG"
    assert [text[a:b] for a, b in Document(text).candidates(form)] == ["5 ml", "ml or", "FIVE MG"]
    assert {"heading=dose", "-1=:", "1=or"} <= set(Document(text).context(6, 10))


def test_choices_are_candidates_even_where_train_lacks_them() -> None:
    task = Extraction({"type": "object", "properties": {"sex": {"enum": ["female", "male"]}}})
    form = forms_of([Document("sex F")], [[Span(4, 5, "sex")]], task.fields)["sex"]
    text = "A male nurse, sex: f"
    assert [text[a:b] for a, b in Document(text).candidates(form)] == ["male", "f"]


def test_they_are_made_from_plain_settings(toy: EvalSet) -> None:
    assert arm_from_config({"kind": "field_patterns", "c": 1}) == FieldPatterns(c=1)
    assert arm_from_config({"kind": "nearest_example"}) == NearestExample()
    for arm in (FieldPatterns(), NearestExample()):
        with pytest.raises(ArmError, match="cannot do text_classification"):
            arm.check(toy)
