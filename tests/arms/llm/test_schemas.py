from __future__ import annotations

import jsonschema
import pytest

from arms.llm.schemas import bounded, portable, strict

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Visit",
    "type": "object",
    "properties": {
        "age": {"type": "integer", "minimum": 0, "description": "in years"},
        "sex": {"enum": ["f", "m"], "type": "string"},
        "ward": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        "drugs": {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1},
        "unit": {"$ref": "#/$defs/Unit", "description": "where"},
        "kind": {"const": "visit"},
        "bed": {"type": ["integer", "null"]},
        "patient": {"type": "object", "properties": {"name": {"type": "string"}}},
    },
    "required": ["age"],
    "$defs": {"Unit": {"type": "string", "enum": ["north", "south"]}},
}
BLANK = dict.fromkeys(SCHEMA["properties"]) | {"age": 3, "patient": {"name": None}}


def errors(schema, value):
    return [e.message for e in jsonschema.Draft202012Validator(schema).iter_errors(value)]


def test_all_is_required_nothing_else_allowed_and_what_may_lack_may_be_null():
    made = strict(SCHEMA)
    jsonschema.Draft202012Validator.check_schema(made)
    assert made["required"] == list(SCHEMA["properties"])
    assert made["additionalProperties"] is False
    assert made["properties"]["patient"]["required"] == ["name"]
    assert made["properties"]["patient"]["additionalProperties"] is False
    assert errors(made, BLANK) == []
    full = {"age": 3, "sex": "f", "ward": "B", "drugs": ["a"], "unit": "south", "kind": "visit", "bed": 2}
    assert errors(made, full | {"patient": {"name": "N"}}) == []
    assert made["properties"]["age"]["description"] == "in years"
    assert made["properties"]["unit"]["description"] == "where"


@pytest.mark.parametrize(
    "change",
    [
        {"age": None},  # it was required, and not nullable
        {"age": -1},
        {"sex": "x"},
        {"drugs": []},
        {"unit": "west"},
        {"kind": "call"},
        {"patient": {}},
        {"patient": None},
        {"more": 1},
    ],
)
def test_what_the_schema_forbids_stays_forbidden(change):
    assert errors(strict(SCHEMA), BLANK | change)


def test_the_schema_given_is_not_changed():
    import copy

    before = copy.deepcopy(SCHEMA)
    portable(strict(SCHEMA))
    assert before == SCHEMA


def test_the_portable_form_has_no_keyword_that_providers_refuse():
    made = str(portable(strict(SCHEMA)))
    for word in ("minimum", "minLength", "minItems", "title", "default", "$schema"):
        assert f"'{word}'" not in made
    assert errors(portable(strict(SCHEMA)), BLANK) == []
    assert portable({"properties": {"minimum": {"type": "string", "minLength": 1}}}) == {
        "properties": {"minimum": {"type": "string"}}
    }


def test_models_of_pydantic_become_strict():
    from typing import Literal

    import pydantic

    class Inner(pydantic.BaseModel):
        dose: float | None = None

    class Outer(pydantic.BaseModel):
        route: Literal["oral", "iv"] | None = None
        inner: Inner = Inner()

    made = strict(Outer.model_json_schema())
    assert errors(made, {"route": None, "inner": {"dose": None}}) == []
    assert errors(made, {"route": "iv"}) != []


def test_strings_and_lists_without_a_limit_get_one():
    made = bounded(strict(SCHEMA), 10, 3)["properties"]
    assert made["ward"]["anyOf"][0]["maxLength"] == 10
    assert made["drugs"]["maxItems"] == 3
    assert made["drugs"]["items"]["maxLength"] == 10
    assert made["patient"]["properties"]["name"]["maxLength"] == 10
    assert "maxLength" not in made["sex"]
    own = {
        "properties": {"a": {"type": "string", "maxLength": 99}, "b": {"type": "string", "format": "date"}}
    }
    assert bounded(own, 10, 3) == own
