from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from evalsets import DataError, Split
from evalsets.overlap import text_key
from evalsets.splits import split_dev


def make(rows: list[tuple[str, str]]) -> Split:
    return Split(tuple(t for t, _ in rows), tuple(v for _, v in rows), None, "train.csv")


def test_note_size_and_strata() -> None:
    train, dev, note = split_dev(make([(f"t{i}", "aaab"[i % 4]) for i in range(1000)]), 0.1, 0)
    assert (len(train), len(dev)) == (900, 100)
    assert Counter(dev.labels) == {"a": 75, "b": 25}
    assert note == "dev: 100 of 1,000 training rows split off, stratified by label, seed 0."


def test_seed_decides() -> None:
    whole = make([(f"t{i}", "ab"[i % 2]) for i in range(100)])
    assert split_dev(whole, 0.2, 1) == split_dev(whole, 0.2, 1)
    assert split_dev(whole, 0.2, 1) != split_dev(whole, 0.2, 2)


def test_label_with_one_text_stays_in_train() -> None:
    train, dev, note = split_dev(make([(f"t{i}", "ab"[i % 2]) for i in range(20)] + [("x", "rare")]), 0.5, 0)
    assert "rare" in train.labels
    assert "rare" not in dev.labels
    assert note.endswith("Labels with a single text stay in train: rare.")


def test_too_small() -> None:
    with pytest.raises(DataError, match=r"train\.csv: no label has two different texts.*give dev="):
        split_dev(make([("a", "x"), ("b", "y"), ("A ", "x")]), 0.1, 0)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from([f"text {i}" for i in range(40)]), st.sampled_from("abc")), min_size=4
    ),
    fraction=st.floats(0.01, 0.99),
    seed=st.integers(0, 5),
)
def test_nothing_lost_and_no_text_on_both_sides(
    rows: list[tuple[str, str]], fraction: float, seed: int
) -> None:
    whole = make(rows)
    try:
        train, dev, _ = split_dev(whole, fraction, seed)
    except DataError:
        assume(False)
    assert Counter(train.texts + dev.texts) == Counter(whole.texts)
    assert not {text_key(t) for t in train.texts} & {text_key(t) for t in dev.texts}
    assert len(train)
    assert len(dev)
