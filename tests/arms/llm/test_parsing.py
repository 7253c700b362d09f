from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arms.llm.parsing import parse_choice

LABELS = ("positive", "Negative", "not applicable", "R&D (other)")


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("positive", 0),
        (" Positive.\n", 0),
        ('"negative"', 1),
        ("**NOT  applicable**", 2),
        ("Label: positive", 0),
        ("label - positive", None),
        ("The answer is: negative", 1),
        ('{"label": "Negative"}', 1),
        ('{"sentiment":"positive"}', 0),
        ('```json\n{"label": "positive"}\n```', 0),
        ("<think>is it negative?</think>\npositive", 0),
        ("r&d (other)", 3),
        ("positive or negative", None),
        ("positive, negative", None),
        ("not positive", None),
        ("positively", None),
        ('{"label": "positive", "other": "negative"}', None),
        ('{"label": 1}', None),
        ("", None),
        (None, None),
        ("The text is positive because it praises.", None),
    ],
)
def test_parse(text, choice):
    index, error = parse_choice(text, LABELS)
    assert index == choice
    assert (error is None) == (choice is not None)


def test_labels_that_differ_in_case_need_the_exact_text():
    assert parse_choice("US", ("us", "US"))[0] == 1
    assert parse_choice("Us", ("us", "US"))[0] is None


def test_error_quotes_the_text_cut():
    error = parse_choice("nonsense " * 100, LABELS)[1]
    assert error is not None
    assert "nonsense" in error
    assert len(error) < 200


@given(st.text())
def test_never_fails_and_never_answers_without_naming_a_label(text):
    index, error = parse_choice(text, LABELS)
    assert (index is None) != (error is None)


@given(st.sampled_from(LABELS), st.sampled_from(LABELS))
def test_two_labels_are_never_an_answer(a, b):
    assert a == b or parse_choice(f"{a} {b}", LABELS)[0] is None
