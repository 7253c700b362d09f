"""The entities and fields of the bundled notes."""

from __future__ import annotations

from collections import Counter

import pytest

from evalsets import EvalSet, Extraction
from evalsets.checks import check_splits
from evalsets.demo import clinical_entities, clinical_fields, clinical_notes
from evalsets.spans import overlaps

SIZES = (60, 20, 120, 30)


@pytest.fixture(scope="module")
def entities() -> EvalSet:
    return clinical_entities(*SIZES)


@pytest.fixture(scope="module")
def fields() -> EvalSet:
    return clinical_fields(*SIZES)


def test_the_same_notes_and_groups_as_the_bundled_set(entities: EvalSet, fields: EvalSet) -> None:
    notes = clinical_notes(*SIZES)
    for data in (entities, fields):
        assert data.synthetic
        assert data.notes == notes.notes
        for part in ("train", "dev", "test"):
            assert getattr(data, part).texts == getattr(notes, part).texts
            assert getattr(data, part).groups == getattr(notes, part).groups
        found = check_splits(data.train, data.dev, data.test, task=type(data.task))
        assert [f.code for f in found if f.level == "error"] == []
    assert len({notes.content_hash, entities.content_hash, fields.content_hash}) == 3
    assert clinical_fields(*SIZES).content_hash == fields.content_hash


def test_entities_of_every_type_in_every_note(entities: EvalSet) -> None:
    for split in (entities.train, entities.dev, entities.test):
        for text, gold in zip(split.texts, split.labels, strict=True):
            assert overlaps(gold) is None
            counts = Counter(span.label for span in gold)
            assert (counts["date"], counts["dose"], counts["medication"]) == (1, 1, 1)
            assert counts["problem"] >= 3
            assert all(text[s.start : s.end].strip() == text[s.start : s.end] != "" for s in gold)
    assert set(entities.task.labels) == {span.label for gold in entities.train.labels for span in gold}


def test_records_are_valid_and_their_evidence_lies_in_the_text(fields: EvalSet) -> None:
    task = fields.task
    assert isinstance(task, Extraction)
    for split in (fields.train, fields.dev, fields.test):
        assert split.evidence is not None
        for text, record, evidence in zip(split.texts, split.labels, split.evidence, strict=True):
            assert task.problems(record) == []
            assert evidence is not None
            assert sorted(span.label for span in evidence) == sorted(task.labels)
            assert task.spans_of(record, text, evidence) == evidence
            surface = {span.label: text[span.start : span.end] for span in evidence}
            assert int(surface["age"]) == record["age"]
    assert task.score(fields.test.labels, fields.test.labels) == 1


def test_reading_what_evidence_writes_gives_some_fields_but_not_all(fields: EvalSet) -> None:
    task, test = fields.task, fields.test
    assert isinstance(task, Extraction)
    assert test.evidence is not None
    read = [task.record_of(spans or (), text) for spans, text in zip(test.evidence, test.texts, strict=True)]
    scores = {s.label: s for s in task.per_label(test.labels, read)}
    assert scores["age"].f1 == scores["dose"].f1 == 1
    assert scores["sex"].recall < 1, "a woman is not written 'female'"
    assert 0.3 < scores["medication"].recall < 1
