"""Schemas, the comparison of values, and finding them in a text."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any, Literal

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsets import DataError, DecideError, locate
from evalsets.field_values import (
    Tolerance,
    as_date,
    as_moment,
    as_number,
    identical,
    normal,
    read_value,
    same,
)
from evalsets.schema import FieldSpec, fields_of, flat, load_schema, nested


class Patient(pydantic.BaseModel):
    age: int
    sex: Literal["female", "male"] | None = None


class Visit(pydantic.BaseModel):
    patient: Patient
    day: datetime.date
    at: datetime.datetime | None = pydantic.Field(None, description="when it began")
    dose: float | None = None
    drugs: list[str] = []
    smoker: bool = False


def test_kinds_come_from_a_pydantic_model() -> None:
    fields = {f.path: f for f in fields_of(load_schema(Visit))}
    assert [(f.path, f.kind, f.many, f.required, f.nullable) for f in fields.values()] == [
        ("patient.age", "integer", False, True, False),
        ("patient.sex", "enum", False, False, True),
        ("day", "date", False, True, False),
        ("at", "date-time", False, False, True),
        ("dose", "number", False, False, True),
        ("drugs", "string", True, False, False),
        ("smoker", "boolean", False, False, False),
    ]
    assert fields["patient.sex"].choices == ("female", "male")
    assert fields["at"].description == "when it began"


def test_a_schema_may_be_a_file(tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    schema = {"type": "object", "properties": {"a": {"type": ["integer", "null"]}}}
    file.write_text(json.dumps(schema))
    assert load_schema(file) == load_schema(str(file)) == load_schema(schema) == schema
    assert fields_of(schema) == (FieldSpec("a", "integer", nullable=True),)
    file.write_text("{")
    with pytest.raises(DataError, match=r"schema\.json: the schema is not JSON"):
        load_schema(file)
    with pytest.raises(DataError, match=r"none\.json: the schema cannot be read \(No such file"):
        load_schema(tmp_path / "none.json")
    with pytest.raises(DataError, match=r"field 'properties\.a\.type': the schema is not valid: 'int'"):
        load_schema({"properties": {"a": {"type": "int"}}})
    with pytest.raises(DataError, match="schema is int, not a JSON Schema"):
        load_schema(7)


@pytest.mark.parametrize(
    ("properties", "problem"),
    [
        ({}, "describes no field"),
        (
            {"a": {"type": "array", "items": {"type": "object", "properties": {"b": {}}}}},
            "'a'.*list of objects",
        ),
        ({"a": {"type": "object"}}, "'a'.*object of no properties"),
        ({"a": {"anyOf": [{"type": "string"}, {"type": "integer"}]}}, "'a'.*several things"),
        ({"a": {"type": ["string", "integer"]}}, "'a'.*several types"),
        ({"a": {"$ref": "#/$defs/X"}}, "'a'.*refers to what is not in it"),
        ({"a": {"$ref": "#/properties/a"}}, "'a'.*refers to itself"),
        ({"a.b": {"type": "string"}}, "'a.b'.*dot in its name"),
    ],
)
def test_schemas_that_cannot_be_scored(properties: dict[str, Any], problem: str) -> None:
    with pytest.raises(DecideError, match=problem):
        fields_of({"type": "object", "properties": properties})


names = st.text(st.characters(exclude_characters="."), min_size=1, max_size=3)
records = st.recursive(
    st.one_of(st.integers(), st.booleans(), st.text(min_size=1).filter(str.strip), st.just(None)),
    lambda inner: st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(names, records, max_size=4))
def test_flat_and_nested_are_inverse_but_for_what_is_missing(record: dict[str, Any]) -> None:
    values = flat(record)
    assert flat(nested(values)) == values
    assert None not in values.values()


@pytest.mark.parametrize(
    ("first", "second", "equal"),
    [
        ("40 mg", "40mg", True),
        ("40 mg", " 40 MG. ", True),
        ("2.5 mg", "25 mg", False),
        ("co-trimoxazole", "Co trimoxazole", True),
        ("-5 °C", "5 °C", False),
        ("1,200 IU", "1200 IU", True),
        ("IL-2", "IL 2", True),
        ("ﬁbrosis", "fibrosis", True),
        ("C++", "C", False),
        ("?", "", False),
        ("(aspirin)", "aspirin", True),
    ],
)
def test_normal_form(first: str, second: str, equal: bool) -> None:
    assert (normal(first) == normal(second)) == equal


@given(st.text())
def test_normal_form_is_stable_and_never_loses_everything(text: str) -> None:
    assert normal(normal(text)) == normal(text)
    assert bool(normal(text)) == bool(text.strip())


@pytest.mark.parametrize(
    ("text", "number"),
    [("1,200.5", 1200.5), ("-3", -3), (".5", 0.5), ("5.", 5), ("2e3", 2000), ("1,20", None), ("40 mg", None),
     ("", None), (True, None), (7, 7), ("nan", None), ("²", None), (10**400, None)],
)  # fmt: skip
def test_numbers(text: Any, number: float | None) -> None:
    assert as_number(text) == number


@pytest.mark.parametrize(
    ("text", "day_first", "day"),
    [
        ("March 14, 2023", False, "2023-03-14"),
        ("14 Mar 23", False, "2023-03-14"),
        ("3/4/2023", False, "2023-03-04"),
        ("3/4/2023", True, "2023-04-03"),
        ("2023-03-04", True, "2023-03-04"),
        ("2023-03-04T10:00:00Z", False, "2023-03-04"),
        ("March 2023", False, None),
        ("March 14", False, None),
        ("14", False, None),
        ("last week", False, None),
        ("2023-02-30", False, None),
        (datetime.date(2023, 3, 4), False, "2023-03-04"),
        (20230304, False, None),
    ],
)
def test_dates(text: Any, day_first: bool, day: str | None) -> None:
    assert as_date(text, day_first=day_first) == day


@given(st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 1, 1)), st.sampled_from(
    ["%Y-%m-%d", "%d %B %Y", "%B %d, %Y", "%b %d %Y", "%m/%d/%Y"]))  # fmt: skip
def test_dates_are_read_and_found_however_written(day: datetime.date, style: str) -> None:
    written = day.strftime(style)
    assert as_date(written) == day.isoformat()
    text = f"Seen on {written}, again in 2 weeks."
    place = locate(day.isoformat(), text)
    assert place is not None
    assert text[slice(*place)] == written


@given(st.text())
def test_no_text_breaks_the_reading_of_dates_and_numbers(text: str) -> None:
    as_date(text)
    as_moment(text)
    as_number(text)
    locate(text, text)


def spec(kind: Any, **more: Any) -> FieldSpec:
    return FieldSpec("f", kind, **more)


@pytest.mark.parametrize(
    ("kind", "gold", "predicted", "equal"),
    [
        ("integer", 67, "67", True),
        ("number", 100.0, 104.9, True),
        ("number", 100.0, 105.1, False),
        ("number", 0, 0.5, True),
        ("number", 0, 0.6, False),
        ("number", 5, "five", False),
        ("date", "2023-03-14", "March 14, 2023", True),
        ("date", "2023-03-14", "March 2023", False),
        ("date-time", "2023-03-14T10:00:00+01:00", "2023-03-14T09:00:00Z", True),
        ("date-time", "2023-03-14T10:00", "2023-03-14 11:00", False),
        ("boolean", True, "yes", True),
        ("boolean", False, True, False),
        ("boolean", True, "perhaps", False),
        ("enum", "female", "Female", True),
        ("string", "67", 67, True),
    ],
)
def test_when_values_are_the_same(kind: str, gold: Any, predicted: Any, equal: bool) -> None:
    assert same(gold, predicted, spec(kind), Tolerance(0.5, 0.05)) == equal


def test_identical_values() -> None:
    assert identical(1, 1.0)
    assert not identical(1, True)
    assert not identical("a", "A")


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("integer", "67", 67),
        ("integer", "6.7", None),
        ("number", "1,200", 1200.0),
        ("date", "5 May 2020", "2020-05-05"),
        ("boolean", "Yes", True),
        ("enum", "RED!", "red"),
        ("enum", "green", None),
        ("string", " a b ", "a b"),
        ("string", " ", None),
    ],
)
def test_values_read_from_text(kind: str, text: str, value: Any) -> None:
    assert read_value(text, spec(kind, choices=("red", "blue"))) == value


@pytest.mark.parametrize(
    ("value", "text", "found"),
    [
        ("aspirin", "Aspirin, then aspirin", "aspirin"),
        ("aspirin", "ASPIRIN", "ASPIRIN"),
        ("rin", "aspirin", None),
        (67, "A 67-year-old in room 670", "67"),
        (7, "room 67, bed 7", "7"),
        (1200, "vitamin D 1,200IU", "1,200"),
        (2.5, "took 2.50 mg", "2.50"),
        ("40 mg", "furosemide 40mg od", "40mg"),
        ("heart failure", "heart-failure clinic", "heart-failure"),
        ("2023-03-14", "seen 14/03/2023 and Mar 14, 2023", "14/03/2023"),
        (True, "true", None),
        (None, "none", None),
        ("", "x", None),
        ("female", "a woman", None),
    ],
)
def test_locating_values(value: Any, text: str, found: str | None) -> None:
    place = locate(value, text)
    assert (None if place is None else text[slice(*place)]) == found


@given(st.text(), st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8), st.text())
def test_a_whole_word_is_found_where_it_stands(before: str, word: str, after: str) -> None:
    text = f"{before} {word} {after}"
    place = locate(word, text)
    assert place is not None
    assert text[slice(*place)] == word
