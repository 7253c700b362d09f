"""Splits: nothing lost, nothing shared, the same for the same seed."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from decide.protocols.budgets import check_budgets, nested_order, parts_of, subset
from evalsets import EvalSet, Split, TextClassification
from evalsets.splits import split_dev

LABELS = st.lists(st.sampled_from("abc"), min_size=12, max_size=60).filter(
    lambda ls: len(set(ls)) > 1 and min(Counter(ls).values()) > 3
)
GROUPS = ("north", "south", "west")


def split(labels: list[str], start: int = 0) -> Split:
    texts = tuple(f"text number {start + i}" for i in range(len(labels)))
    groups = tuple(GROUPS[(start + i) % 3] for i in range(len(labels)))
    return Split(texts, tuple(labels), groups, source="made")


def whole(labels: list[str]) -> EvalSet:
    task = TextClassification(tuple(sorted(set(labels))))
    return EvalSet("made", task, split(labels), split(labels[::2] + labels[:3], 1000), split(labels, 2000))


@given(LABELS, st.floats(0.05, 0.6), st.integers(0, 5))
def test_dev_and_the_rest_are_train(labels: list[str], fraction: float, seed: int) -> None:
    train = split(labels)
    rest, dev, _ = split_dev(train, fraction, seed)
    assert sorted(rest.texts + dev.texts) == sorted(train.texts)
    assert not set(rest.texts) & set(dev.texts)
    assert set(rest.labels) == set(labels)
    again = split_dev(train, fraction, seed)
    assert (again[0].texts, again[1].texts) == (rest.texts, dev.texts)
    gold = dict(zip(train.texts, train.labels, strict=True))
    assert all(gold[t] == label for t, label in zip(dev.texts, dev.labels, strict=True))
    for label, count in Counter(labels).items():
        assert abs(dev.labels.count(label) - len(dev) * count / len(labels)) <= 1


@given(LABELS, st.integers(0, 5))
def test_copies_of_a_text_stay_together(labels: list[str], seed: int) -> None:
    train = split(labels)
    doubled = train.take([*range(len(train)), *range(0, len(train), 2)])
    rest, dev, _ = split_dev(doubled, 0.3, seed)
    assert len(rest) + len(dev) == len(doubled)
    assert not set(rest.texts) & set(dev.texts)


@given(LABELS, st.sampled_from(GROUPS), st.integers(0, 3))
def test_a_group_held_out_is_test_and_nothing_else(labels: list[str], group: str, seed: int) -> None:
    data = whole(labels)
    held = data.leave_group_out(group, seed=seed, dev_fraction=0.3)
    assert set(held.test.groups or ()) == {group}
    assert group not in {*(held.train.groups or ()), *(held.dev.groups or ())}
    parts = [held.train, held.dev, held.test]
    before = [data.train, data.dev, data.test]
    assert sorted(t for p in parts for t in p.texts) == sorted(t for p in before for t in p.texts)


@given(LABELS, st.integers(0, 5), st.data())
def test_label_budgets_are_nested(labels: list[str], seed: int, data: st.DataObject) -> None:
    made = whole(labels)
    total = len(made.train) + len(made.dev)
    sizes = sorted(data.draw(st.sets(st.integers(2, total - 1), min_size=2, max_size=4)))
    subsets = [subset(made, size, seed) for size in sizes]
    for small, large in itertools.pairwise(subsets):
        assert set(small.train.texts) <= set(large.train.texts)
        assert set(small.dev.texts) <= set(large.dev.texts)
    for size, part in zip(sizes, subsets, strict=True):
        assert (len(part.train), len(part.dev)) == parts_of(made, size)
        assert len(part.train) + len(part.dev) == size
        assert part.test == made.test
        if len(part.train) >= len(set(labels)):
            assert set(part.train.labels) == set(labels)
    order = nested_order(made.train, made.task, seed)
    assert sorted(order) == list(range(len(made.train)))
    assert order == nested_order(made.train, made.task, seed)


@given(LABELS)
def test_a_budget_that_is_accepted_shows_every_label(labels: list[str]) -> None:
    made = whole(labels)
    total = len(made.train) + len(made.dev)
    for size in range(1, total):
        try:
            check_budgets([size], made)
        except Exception:
            continue
        assert set(subset(made, size, 0).train.labels) == set(labels)


@given(LABELS, st.data())
def test_any_change_of_the_data_changes_their_hash(labels: list[str], data: st.DataObject) -> None:
    made = whole(labels)
    assert whole(labels).content_hash == made.content_hash
    i = data.draw(st.integers(0, len(labels) - 1))
    texts = (*made.train.texts[:i], made.train.texts[i] + " ", *made.train.texts[i + 1 :])
    others = sorted(set("abc") - {labels[i]})
    golds = (*labels[:i], others[0], *labels[i + 1 :])
    for train in (replace(made.train, texts=texts), replace(made.train, labels=golds), made.train.take([i])):
        assert replace(made, train=train).content_hash != made.content_hash
    assert replace(made, train=made.test, test=made.train).content_hash != made.content_hash
