from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pydantic
import pytest
from datasets import Dataset, DatasetDict
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsets import DataError, DecideError, EvalSet, Extraction, Span, check_files, task_from_json
from evalsets.loaders import read_split

from .conftest import Writer, reader

SCHEMA = {
    "type": "object",
    "properties": {
        "age": {"type": "integer", "description": "in years"},
        "sex": {"enum": ["female", "male"]},
        "day": {"type": "string", "format": "date"},
        "drugs": {"type": "array", "items": {"type": "string"}},
        "dose": {"type": "object", "properties": {"mg": {"type": "number"}}},
    },
    "required": ["age"],
}
TASK = Extraction(SCHEMA)
TEXT = "A 67-year-old man, seen May 5, 2020, takes aspirin 75mg and furosemide."
RECORD = {
    "age": 67,
    "sex": "male",
    "day": "2020-05-05",
    "drugs": ["aspirin", "furosemide"],
    "dose": {"mg": 75},
}


def read(file: Path, **options: Any) -> Any:
    return read_split(file, reader(task="extraction", schema=SCHEMA, **options))


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_records_in_a_column(write: Writer, suffix: str) -> None:
    record: Any = {**RECORD, "sex": None}
    cell = json.dumps(record) if suffix == "csv" else record
    split = read(write(f"x.{suffix}", [{"text": TEXT, "record": cell}]))
    assert split.labels == ({k: v for k, v in RECORD.items() if k != "sex"},)
    assert split.evidence is None


def test_a_column_a_field(write: Writer) -> None:
    row = {"text": TEXT, "age": "67", "sex": "Male", "day": "5 May 2020", "drugs": "aspirin; furosemide",
           "dose.mg": "75"}  # fmt: skip
    assert read(write("x.csv", [row])).labels == (RECORD,)
    assert read(write("x.jsonl", [{"text": TEXT, **RECORD}])).labels == (RECORD,)
    file = write("y.csv", [row, {**row, "age": "old"}])
    with pytest.raises(DataError, match=r"y\.csv, row 2, field 'age': 'old' is not of type 'integer'"):
        read(file)


def test_evidence_is_kept(write: Writer) -> None:
    record = {
        "age": {"value": 67, "start": 2, "end": 4},
        "sex": {"value": "male", "start": None, "end": None},
        "drugs": [{"value": "aspirin", "start": 43, "end": 50}, "furosemide"],
    }
    split = read(write("x.jsonl", [{"text": TEXT, "record": record}]))
    assert split.labels == ({"age": 67, "sex": "male", "drugs": ["aspirin", "furosemide"]},)
    assert split.evidence == ((Span(2, 4, "age"), Span(43, 50, "drugs")),)
    assert split.take([0]).evidence == split.evidence


@pytest.mark.parametrize(
    ("record", "field", "problem"),
    [
        ({"age": "67"}, "record.age", "'67' is not of type 'integer'"),
        ({"sex": "male"}, "record", "'age' is a required property"),
        ({"age": None}, "record", "'age' is a required property"),
        ({"age": 1, "sex": "man"}, "record.sex", "'man' is not one of ['female', 'male']"),
        ({"age": 1, "day": "5 May"}, "record.day", "'5 May' is not a 'date'"),
        ({"age": 1, "drugs": ["a", 2]}, "record.drugs.1", "2 is not of type 'string'"),
        ({"age": 1, "dose": {"mg": "x"}}, "record.dose.mg", "'x' is not of type 'number'"),
        ({"age": 1, "dose": {"g": 1}}, "record.dose.g", "the schema has no such field"),
        ({"age": {"value": 67, "start": 2, "end": 400}}, "record.age", "evidence 2–400 does not lie"),
        ({"age": {"value": 67, "start": 2}}, "record.age", "evidence 2–None does not lie"),
        ([1], "record", "a list, not an object"),
        ("{", "record", "not JSON"),
        (None, "record", "missing"),
    ],
)
def test_messages(write: Writer, record: Any, field: str, problem: str) -> None:
    file = write("x.jsonl", [{"text": TEXT, "record": {"age": 3}}, {"text": TEXT, "record": record}])
    with pytest.raises(DataError) as caught:
        read(file)
    assert (caught.value.file, caught.value.row, caught.value.field) == (str(file), 2, field)
    assert problem in caught.value.problem
    assert caught.value.remedy


def test_unknown_field_suggests_a_near_one_and_settings_are_checked(write: Writer) -> None:
    file = write("x.jsonl", [{"text": TEXT, "record": {"age": 1, "drug": "a"}}])
    with pytest.raises(DataError, match=r"field 'record\.drug': .*Did you mean 'drugs'\?"):
        read(file)
    with pytest.raises(DataError, match="extraction needs a schema"):
        reader(task="extraction")
    with pytest.raises(DecideError, match=r"tolerances names 'sex', which is no number.*age, dose\.mg"):
        reader(task="extraction", schema=SCHEMA, tolerances={"sex": {"absolute": 1}})
    with pytest.raises(DecideError, match="The tolerance of 'age' is"):
        reader(task="extraction", schema=SCHEMA, tolerances={"age": {"absolute": -1}})
    with pytest.raises(DecideError, match="Unknown metric 'f1' for extraction"):
        reader(task="extraction", schema=SCHEMA, metric="f1")
    assert [f.code for f in check_files(train=file, test=file, task="extraction")] == ["arguments"]


def test_nullable_and_required_fields(write: Writer) -> None:
    class Model(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(extra="forbid")
        a: int | None
        b: str | None = None

    file = write(
        "x.jsonl", [{"text": "t", "record": {"a": None, "b": None}}, {"text": "u", "record": {"b": "v"}}]
    )
    split = read_split(file, reader(task="extraction", schema=Model))
    assert split.labels == ({}, {"b": "v"})


def test_from_files_with_a_schema_file(write: Writer, tmp_path: Path) -> None:
    schema = tmp_path / "schema.json"
    schema.write_text(json.dumps(SCHEMA))

    def rows(start: int, n: int) -> list[dict[str, Any]]:
        return [
            {"text": f"{i} years, a man", "record": {"age": i, "sex": "male"}}
            for i in range(start, start + n)
        ]

    files = {"train": write("train.jsonl", rows(0, 40)), "test": write("test.jsonl", rows(60, 20))}
    data = EvalSet.from_files(**files, task="extraction", schema=schema)
    assert data.task == TASK
    assert isinstance(data.task, Extraction)
    assert data.task.labels == ("age", "sex", "day", "drugs", "dose.mg")
    assert data.task.descriptions == {"age": "in years"}
    assert (len(data.train), len(data.dev)) == (36, 4)
    assert not [f for f in check_files(**files, task="extraction", schema=str(schema)) if f.level == "error"]
    again = EvalSet.from_datasets(
        DatasetDict(train=Dataset.from_list(rows(0, 40)), test=Dataset.from_list(rows(60, 20))),
        task="extraction",
        schema=SCHEMA,
    )
    assert again.content_hash == data.content_hash
    other = EvalSet.from_files(**files, task="extraction", schema=schema, relative_tolerance=0.1)
    assert other.content_hash != data.content_hash


def test_scores_by_hand() -> None:
    gold = [RECORD, {"age": 30}, {"age": 40, "sex": "female"}]
    predicted = [
        {**RECORD, "day": "May 5, 2020", "drugs": ["Furosemide", "ibuprofen"], "sex": None, "shoe": 43},
        {"age": 30},
        None,
    ]
    # Gold has 6 + 1 + 2 values, predicted 5 + 1; age, day, one drug, dose and age are right.
    scores = TASK.scores(gold, predicted)
    assert scores["field_f1"] == pytest.approx(2 * 5 / (9 + 6))
    assert scores["exact_f1"] == pytest.approx(2 * 3 / (9 + 6))
    assert scores["record_accuracy"] == pytest.approx(1 / 3)
    assert TASK.item_scores(gold, predicted).tolist() == [pytest.approx(8 / 11), 1, 0]
    drugs = next(s for s in TASK.per_label(gold, predicted) if s.label == "drugs")
    assert (drugs.precision, drugs.recall, drugs.support) == (0.5, 0.5, 2)
    assert TASK.score([{}], [{}]) == 0, "nothing to find and nothing found is no success of a corpus"
    assert TASK.item_scores([{}], [{}]).tolist() == [1]


def test_tolerances() -> None:
    task = Extraction(SCHEMA, relative_tolerance=0.1, tolerances={"age": {"absolute": 1, "relative": 0}})
    assert task.score([{"age": 67}], [{"age": 68}]) == 1
    assert task.score([{"age": 67}], [{"age": 69}]) == 0
    assert task.score([{"dose": {"mg": 100}}], [{"dose": {"mg": 109}}]) == 1
    assert task_from_json(json.loads(json.dumps(task.to_json()))) == task


def test_plain_form_and_words() -> None:
    plain = json.loads(json.dumps(TASK.to_plain({"sex": None, **RECORD})))
    assert list(plain) == sorted(plain)
    assert TASK.from_plain(plain) == {**RECORD}
    assert TASK.key(RECORD) == TASK.key(dict(reversed(RECORD.items())))
    assert TASK.show({"age": 67, "drugs": ["a", "b"]}) == "age: 67, drugs: a; b"
    assert TASK.to_plain(None) is None
    assert TASK.problems({"age": 1}) == []
    assert TASK.problems({"age": "x"}) == [("age", "'x' is not of type 'integer'")]


def test_spans_of_a_record_and_back() -> None:
    spans = TASK.spans_of(RECORD, TEXT)
    assert [(TEXT[s.start : s.end], s.label) for s in spans] == [
        ("67", "age"),
        ("May 5, 2020", "day"),
        ("aspirin", "drugs"),
        ("75", "dose.mg"),
        ("furosemide", "drugs"),
    ]
    assert TASK.record_of(spans, TEXT) == {k: v for k, v in RECORD.items() if k != "sex"}
    given = TASK.spans_of(RECORD, TEXT, [Span(14, 17, "sex")])
    assert Span(14, 17, "sex") in given
    assert len(given) == 6
    assert TASK.record_of([Span(14, 17, "sex"), Span(0, 1, "age"), Span(0, 1, "shoe")], TEXT) == {}


values = st.fixed_dictionaries(
    {},
    optional={
        "age": st.integers(0, 3),
        "sex": st.sampled_from(["female", "male", None]),
        "drugs": st.lists(st.sampled_from("abc"), max_size=3),
        "dose": st.fixed_dictionaries({}, optional={"mg": st.floats(0, 2)}),
    },
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(values, st.one_of(st.none(), values)), min_size=1, max_size=5))
def test_scores_of_anything(pairs: list[tuple[dict[str, Any], Any]]) -> None:
    gold, predicted = [g for g, _ in pairs], [p for _, p in pairs]
    scores = TASK.scores(gold, predicted)
    assert 0 <= scores["exact_f1"] <= scores["field_f1"] <= 1
    whole = TASK.scores(gold, gold)
    assert whole["record_accuracy"] == 1
    assert whole["field_f1"] == (1 if any(TASK.labels_in(g) for g in gold) else 0)
    items = Extraction(SCHEMA, metric="record_accuracy").item_scores(gold, predicted)
    assert scores["record_accuracy"] == pytest.approx(items.mean())
    assert [TASK.from_plain(json.loads(json.dumps(TASK.to_plain(p)))) for p in predicted] == [
        TASK.to_plain(p) for p in predicted
    ]
