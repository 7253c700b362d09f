"""Whole groups in test: held out by name, in turn, and missed by a random split."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from evalsets import DataError, DecideError, EvalSet, Split, check_files
from evalsets.checks import check_splits
from evalsets.demo import clinical_entities, clinical_notes
from evalsets.groups import most_by_chance
from evalsets.overlap import text_key

from .conftest import Writer

SITES = ("north", "south", "west")


def rows(start: int, n: int, sites: tuple[str, ...] = SITES) -> list[dict[str, Any]]:
    return [
        {"text": f"document {i}", "label": "ab"[i % 2], "site": sites[i // 2 % len(sites)]}
        for i in range(start, start + n)
    ]


def test_hold_out_needs_no_test_file(write: Writer) -> None:
    file = write("all.jsonl", rows(0, 120))
    data = EvalSet.from_files(train=file, group="site", hold_out="west")
    assert set(data.test.groups or ()) == {"west"}
    assert {*(data.train.groups or ()), *(data.dev.groups or ())} == {"north", "south"}
    assert len(data.test) == 40
    assert "test: 40 rows of the group 'west' moved here from train and dev." in data.notes
    assert data.test.source == str(file)


def test_hold_out_adds_to_the_test_file_and_messages_know_the_file_of_a_row(write: Writer) -> None:
    repeated = {"text": "Document 7", "label": "b", "site": "west"}
    train, test = write("train.jsonl", [*rows(0, 60), repeated]), write("test.jsonl", rows(100, 30))
    files = {"train": train, "test": test, "group": "site", "hold_out": "west"}
    with pytest.raises(DataError) as caught:
        EvalSet.from_files(**files)
    assert (caught.value.file, caught.value.row) == (str(train), 61)
    assert "row 61 is row 8 of train" in caught.value.problem
    data = EvalSet.from_files(**files, allow="leakage")
    assert len(data.test) == 30 + 21
    assert (len(data.train) + len(data.dev)) == 40
    assert data.test.source == f"{test} + {train}"
    assert [f.code for f in check_files(**files) if f.level == "error"] == ["leakage"]


def test_what_cannot_be_held_out(write: Writer) -> None:
    file = write("all.jsonl", rows(0, 40))
    with pytest.raises(DecideError, match=r"No row is of the group 'wets'\. Did you mean 'west'\?"):
        EvalSet.from_files(train=file, group="site", hold_out="wets")
    with pytest.raises(DecideError, match=r"no groups\. Name the column .* by group="):
        EvalSet.from_files(train=file, hold_out="west")
    with pytest.raises(DataError, match=r"there is no test split\. Give test=, or name a group"):
        EvalSet.from_files(train=file, group="site")
    one = write("one.jsonl", rows(0, 40, ("west",)))
    with pytest.raises(DataError, match="every row is of the group 'west'"):
        EvalSet.from_files(train=one, group="site", hold_out="west")
    for wrong in ({"hold_out": "wets", "group": "site"}, {"group": "site"}):
        findings = check_files(train=file, **wrong)
        assert [(f.code, f.level) for f in findings] == [("arguments", "error")]


def test_leave_one_group_out() -> None:
    data = clinical_notes(40, 20, 60, 10)
    sets = data.leave_one_group_out(dev_fraction=0.2, seed=3)
    assert len(sets) == 3
    for group, one in sets.items():
        assert set(one.test.groups or ()) == {group}
        assert group not in {*(one.train.groups or ()), *(one.dev.groups or ())}
        texts = [*one.train.texts, *one.dev.texts, *one.test.texts]
        assert sorted(texts) == sorted([*data.train.texts, *data.dev.texts, *data.test.texts])
        assert one.task == data.task
        assert one.unlabeled is data.unlabeled
        assert one.name == f"Synthetic clinical notes, {group} held out"
        assert one.synthetic
        assert any("Of the set this was made from: Synthetic text" in note for note in one.notes)
    assert len({one.content_hash for one in sets.values()}) == 3
    again = data.leave_group_out(next(iter(sets)), dev_fraction=0.2, seed=3)
    assert again.content_hash == next(iter(sets.values())).content_hash
    other = data.leave_group_out(next(iter(sets)), dev_fraction=0.2, seed=4)
    assert other.content_hash != again.content_hash


def test_texts_of_the_group_leave_train() -> None:
    def split(*items: tuple[str, str, str]) -> Split:
        texts, labels, groups = zip(*items, strict=True)
        return Split(texts, labels, groups, "x")

    from evalsets import TextClassification

    train = split(*((f"t {i}", "ab"[i % 2], "north") for i in range(20)), ("shared", "a", "north"))
    test = split(("Shared", "a", "west"), ("u", "b", "west"))
    dev = split(("v", "a", "north"), ("w", "b", "north"))
    data = EvalSet("x", TextClassification(("a", "b")), train, dev, test).leave_group_out("west")
    kept = {text_key(t) for t in (*data.train.texts, *data.dev.texts)}
    assert text_key("shared") not in kept
    assert "train: 1 row removed, whose text 'west' has too." in data.notes
    with pytest.raises(DecideError, match="Every row is of the group"):
        EvalSet("x", data.task, test, test, test).leave_group_out("west")
    with pytest.raises(DecideError, match="no groups"):
        EvalSet("x", data.task, Split(("a",), ("b",)), dev, test).leave_one_group_out()


def test_other_tasks_are_stratified_too() -> None:
    data = clinical_entities(40, 20, 60, 0)
    one = data.leave_group_out((data.test.groups or ("",))[0])
    assert len(one.train) + len(one.dev) + len(one.test) == 120
    assert any(one.dev.labels)


def grouped(n_groups: int, size: int, *, whole: bool, seed: int = 0) -> dict[str, Split]:
    rng = random.Random(seed)
    everything = [
        (f"text {g} {i}", "ab"[i % 2], f"patient {g}") for g in range(n_groups) for i in range(size)
    ]
    if whole:
        test = [item for item in everything if int(item[2].split()[1]) < n_groups // 5]
    else:
        test = rng.sample(everything, len(everything) // 5)
    rest = [item for item in everything if item not in set(test)]

    def split(items: list[tuple[str, str, str]]) -> Split:
        texts, labels, groups = zip(*items, strict=True)
        return Split(texts, labels, groups, "x.csv")

    return {"train": split(rest), "test": split(test)}


@pytest.mark.parametrize(("n_groups", "size"), [(3, 200), (20, 30), (100, 5), (200, 3)])
@pytest.mark.parametrize("seed", range(3))
def test_a_random_split_over_groups_is_warned_of(n_groups: int, size: int, seed: int) -> None:
    parts = grouped(n_groups, size, whole=False, seed=seed)
    found = {f.code: f for f in check_splits(parts["train"], None, parts["test"])}
    finding = found["group_leakage"]
    assert finding.level == "warning"
    assert "hold_out='patient" in str(finding)
    assert "leave_one_group_out" in str(finding)
    assert "group_leak" not in found


@pytest.mark.parametrize(("n_groups", "size"), [(5, 200), (100, 5), (200, 3)])
def test_whole_groups_in_test_are_not(n_groups: int, size: int) -> None:
    parts = grouped(n_groups, size, whole=True)
    assert [f.code for f in check_splits(parts["train"], None, parts["test"])] == ["group_leak"]


def test_the_expected_rows_by_chance_are_those_of_simulation() -> None:
    sizes = {f"g{i}": 1 + i % 4 for i in range(200)}
    owner = [g for g, n in sizes.items() for _ in range(n)]
    n_test, rng, left = len(owner) // 4, random.Random(0), []
    for _ in range(300):
        order = rng.sample(range(len(owner)), len(owner))
        known = {owner[i] for i in order[n_test:]}
        left.append(sum(owner[i] not in known for i in order[:n_test]))
    assert max(left) <= most_by_chance(sizes, n_test) * 1.1
    mean = sum(left) / len(left)
    assert most_by_chance(sizes, n_test) > mean


def test_check_command_reports_it(write: Writer, tmp_path: Path) -> None:
    files = {"train": write("train.csv", rows(0, 240)), "test": write("test.csv", rows(500, 120))}
    assert [f.code for f in check_files(**files, group="site")] == ["group_leakage"]
    assert [f.code for f in check_files(**files, group="site", hold_out="west")] == ["group_leak"]
