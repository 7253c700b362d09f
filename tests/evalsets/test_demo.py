from __future__ import annotations

import itertools
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from threadpoolctl import threadpool_limits

from evalsets import EvalSet
from evalsets.checks import check_splits
from evalsets.demo import NoteSplits, clinical_notes, note_splits
from evalsets.overlap import text_key


@pytest.fixture(scope="module")
def data() -> EvalSet:
    return clinical_notes()


@pytest.fixture(scope="module")
def notes() -> NoteSplits:
    return note_splits()


def test_sizes_groups_and_honesty(data: EvalSet) -> None:
    assert (len(data.train), len(data.dev), len(data.test)) == (600, 150, 300)
    assert data.unlabeled is not None
    assert len(list(data.unlabeled)) == 3000
    assert data.train.groups is not None
    assert data.dev.groups is not None
    assert data.test.groups is not None
    assert set(data.train.groups) == set(data.dev.groups)
    assert len(set(data.train.groups)) == 2
    outside = set(data.test.groups) - set(data.train.groups)
    assert len(outside) == 1
    assert Counter(data.test.groups)[outside.pop()] == 100
    assert data.synthetic
    assert any("synthetic" in note.lower() and "no real patient" in note for note in data.notes)
    assert set(data.task.to_json()["descriptions"]) == set(data.task.to_json()["labels"])


def test_passes_its_own_checks(data: EvalSet) -> None:
    findings = check_splits(data.train, data.dev, data.test)
    assert [f.code for f in findings] == ["group_leak"]


def test_no_text_twice(data: EvalSet) -> None:
    assert data.unlabeled is not None
    texts = [*data.train.texts, *data.dev.texts, *data.test.texts, *data.unlabeled]
    assert len({text_key(t) for t in texts}) == len(texts) == 4050


def test_offsets_and_records(notes: NoteSplits) -> None:
    for note in notes.train + notes.dev + notes.test + notes.unlabeled:
        for span in (*note.mentions, *note.fields):
            assert note.text[span.start : span.end] == span.surface != ""
        status = {p.id: p.status for p in note.record.problems}
        assert 3 <= len(status) <= 5
        assert {m.problem for m in note.mentions if m.asserted} == set(status)
        assert all(m.status == status[m.problem] for m in note.mentions)
        assert {m.problem for m in note.mentions if m.is_index} == {note.record.problems[0].id}
        assert note.label == note.record.problems[0].status
        assert sorted(f.name for f in note.fields) == ["age", "dose", "medication", "sex", "visit_date"]
        values = {f.name: f.value for f in note.fields}
        assert values["visit_date"] == note.record.visit_date
        assert values["dose"] == note.record.dose
        assert 40 <= len(note.text.split()) <= 110
        assert "{" not in note.text


def test_spans_do_not_overlap(notes: NoteSplits) -> None:
    for note in notes.test:
        spans = sorted((s.start, s.end) for s in (*note.mentions, *note.fields))
        assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))


def test_index_problem_often_has_another_name_in_the_body(notes: NoteSplits) -> None:
    changed = [
        {m.surface.lower() for m in n.mentions if m.is_index and m.asserted}
        != {n.mentions[0].surface.lower()}
        for n in notes.test
    ]
    assert 0.4 < sum(changed) / len(changed) < 0.95


def test_deterministic_whatever_the_hash_seed(data: EvalSet) -> None:
    assert clinical_notes().content_hash == data.content_hash
    code = "from evalsets.demo import clinical_notes as c; print(c(20, 10, 30, 10).content_hash)"
    root = Path(__file__).resolve().parents[2]
    hashes = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert hashes == {clinical_notes(20, 10, 30, 10).content_hash}
    assert clinical_notes(20, 10, 30, 10, seed=1).content_hash not in hashes


def test_size_of_one_split_leaves_the_others_alone() -> None:
    small, large = note_splits(20, 10, 30, 0), note_splits(50, 10, 30, 9)
    assert small.test == large.test
    assert small.dev == large.dev
    assert clinical_notes(20, 10, 30, 0).unlabeled is None


def test_every_label_in_every_split(data: EvalSet) -> None:
    for split in (data.train, data.dev, data.test):
        shares = Counter(split.labels)
        assert set(shares) == set(data.task.to_json()["labels"])
        assert max(shares.values()) < 0.45 * len(split)


@pytest.mark.parametrize("seed", [0, 1])
def test_bag_of_words_neither_fails_nor_solves_it(seed: int) -> None:
    data = clinical_notes(unlabeled=0, seed=seed)
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=10, max_iter=1000)
    )
    # Threads of a small problem mostly wait for each other, above all on a busy machine.
    with threadpool_limits(1):
        model.fit(data.train.texts, data.train.labels)
    score = data.task.score(data.test.labels, [str(p) for p in model.predict(data.test.texts)])
    majority = data.task.score(data.test.labels, ["present"] * len(data.test))
    assert majority + 0.15 < score < 0.7
