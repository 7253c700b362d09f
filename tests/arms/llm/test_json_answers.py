from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arms.llm.json_answers import parse_json


@pytest.mark.parametrize(
    ("text", "data", "repaired"),
    [
        ('{"a": 1}', {"a": 1}, False),
        ("{}", {}, False),
        ('["a", "b"]', ["a", "b"], False),
        ('Sure:\n```json\n{"a": 1}\n```', {"a": 1}, False),
        ('```\n{"a": 1}\n```', {"a": 1}, False),
        ('<think>{"a": 2}?</think>{"a": 1}', {"a": 1}, False),
        ('As [1] says: {"a": 1} because {of that}', {"a": 1}, False),
        ('{"a": [1, 2,]}', {"a": [1, 2]}, True),
        ("{'a': 'b', 'c': None}", {"a": "b", "c": None}, True),
        ('```json\n{"a": 1,}\n```', {"a": 1}, True),
        ('{"a": "a "quoted" word"}', {"a": 'a "quoted" word'}, True),
    ],
)
def test_json_is_found_and_mended(text, data, repaired):
    assert parse_json(text) == (data, repaired, None)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "nothing"),
        ("  \n", "nothing"),
        ("There are none.", "no JSON"),
        ('{"entities": [{"text": "breast can', "breaks off"),
        ('{"entities": [{"text": "breast", "label": "x"}', "breaks off"),
        ('{"a": {"b": "}"}', "breaks off"),
        ('```json\n{"a": [', "breaks off"),
        ("{a}", "not JSON"),
        ("[" * 100_000, "breaks off"),
    ],
)
def test_what_is_no_whole_json_is_no_answer(text, says):
    data, repaired, error = parse_json(text)
    assert data is None
    assert not repaired
    assert says in error
    assert len(error) < 200


LEAVES = st.none() | st.booleans() | st.integers() | st.text()
VALUES = st.recursive(LEAVES, lambda v: st.lists(v, max_size=3))


@given(st.dictionaries(st.text(), VALUES, max_size=4), st.sampled_from(["", "Answer: ", "```json\n"]))
def test_whole_json_is_read_as_it_is(data, before):
    assert parse_json(before + json.dumps(data)) == (data, False, None)


@given(st.dictionaries(st.text(max_size=5), VALUES, min_size=1, max_size=3), st.data())
def test_a_beginning_of_json_is_never_an_answer(data, draw):
    whole = json.dumps(data)
    part = whole[: draw.draw(st.integers(0, len(whole) - 1))]
    assert parse_json(part).data is None


@given(st.text())
def test_any_text_is_read_without_an_error(text):
    data, _, error = parse_json(text)
    assert (data is None) == (error is not None)
