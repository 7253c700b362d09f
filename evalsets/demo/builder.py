"""The bundled evaluation set, and the structured notes it is made of."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from evalsets.corpus import Corpus
from evalsets.demo.institutions import ACADEMIC, COMMUNITY, DISTRICT, INSTITUTIONS, Institution
from evalsets.demo.lexicon import MEDICATIONS, PROBLEMS, clash
from evalsets.demo.note import STATUSES, Note, Problem, Record, Status
from evalsets.demo.render import render
from evalsets.evalset import EvalSet, Split
from evalsets.spans import Span
from evalsets.tasks import Task, TextClassification

DESCRIPTIONS: dict[Status, str] = {
    "present": "The patient has the index problem now: it is confirmed, active or under treatment.",
    "ruled_out": "The patient does not have the index problem: it was looked for and excluded, or is denied.",
    "possible": "The index problem is suspected or being worked up, neither confirmed nor excluded.",
    "historical": "The patient had the index problem in the past, and it is no longer active.",
    "family": "A relative has or had the index problem, not the patient.",
}
_WEIGHTS = (30, 22, 20, 16, 12)


@dataclass(frozen=True)
class NoteSplits:
    """Structured notes of every split, from which other tasks on the same texts are derived."""

    train: tuple[Note, ...]
    dev: tuple[Note, ...]
    test: tuple[Note, ...]
    unlabeled: tuple[Note, ...]


def _record(institution: Institution, rng: random.Random) -> Record:
    entries = [rng.choice(PROBLEMS)]
    wanted = rng.randrange(3, 6)
    while len(entries) < wanted:
        entry = rng.choice(PROBLEMS)
        if not any(entry.id == other.id or clash(entry, other) for other in entries):
            entries.append(entry)
    statuses = rng.choices(STATUSES, _WEIGHTS, k=wanted)
    medication = rng.choice(MEDICATIONS)
    day = datetime.date(2019, 1, 1) + datetime.timedelta(days=rng.randrange(5 * 365))
    return Record(
        institution=institution.name,
        problems=tuple(Problem(e.id, s) for e, s in zip(entries, statuses, strict=True)),
        age=rng.randrange(24, 92),
        sex="female" if rng.random() < 0.5 else "male",
        visit_date=day.isoformat(),
        medication=medication.id,
        dose=f"{rng.choice(medication.doses)} mg",
    )


def _write(
    count: int, institutions: Sequence[Institution], rng: random.Random, taken: set[str]
) -> tuple[Note, ...]:
    """``count`` notes, the institutions in turn, none of whose texts is in ``taken``."""
    notes: list[Note] = []
    while len(notes) < count:
        institution = institutions[len(notes) % len(institutions)]
        note = render(_record(institution, rng), institution, rng)
        key = " ".join(note.text.casefold().split())
        if key not in taken:
            taken.add(key)
            notes.append(note)
    rng.shuffle(notes)
    return tuple(notes)


def note_splits(
    train: int = 600, dev: int = 150, test: int = 300, unlabeled: int = 3000, seed: int = 0
) -> NoteSplits:
    """The structured notes behind :func:`clinical_notes`, with character offsets.

    Args:
        train: Number of training notes, from two institutions.
        dev: Number of development notes, from the same two.
        test: Number of test notes, a third of them from an institution seen nowhere else.
        unlabeled: Number of unlabelled notes, from all three.
        seed: Seed of the generator.
    """
    taken: set[str] = set()
    known = (ACADEMIC, DISTRICT)
    # A generator a split, so that the size of one does not change the notes of another.
    return NoteSplits(
        test=_write(test, (*known, COMMUNITY), random.Random(f"{seed}/test"), taken),
        dev=_write(dev, known, random.Random(f"{seed}/dev"), taken),
        train=_write(train, known, random.Random(f"{seed}/train"), taken),
        unlabeled=_write(unlabeled, INSTITUTIONS, random.Random(f"{seed}/unlabeled"), taken),
    )


def make_split(
    notes: Sequence[Note],
    source: str,
    gold: Callable[[Note], Any],
    evidence: Callable[[Note], tuple[Span, ...]] | None = None,
) -> Split:
    """A split over notes: their texts, institutions and what ``gold`` says of each."""
    return Split(
        texts=tuple(note.text for note in notes),
        labels=tuple(gold(note) for note in notes),
        groups=tuple(note.institution for note in notes),
        source=source,
        rows=tuple(range(1, len(notes) + 1)),
        evidence=None if evidence is None else tuple(evidence(note) for note in notes),
    )


def make_set(
    notes: NoteSplits,
    seed: int,
    name: str,
    task: Task,
    gold: Callable[[Note], Any],
    evidence: Callable[[Note], tuple[Span, ...]] | None = None,
) -> EvalSet:
    """An evaluation set over notes, which says that they are synthetic.

    Args:
        notes: The notes of every split.
        seed: The seed that they were generated with.
        name: How reports call the set.
        task: What is predicted.
        gold: The gold annotation of a note.
        evidence: Where a note states it.
    """
    return EvalSet(
        name=name,
        task=task,
        train=make_split(notes.train, "demo train", gold, evidence),
        dev=make_split(notes.dev, "demo dev", gold, evidence),
        test=make_split(notes.test, "demo test", gold, evidence),
        unlabeled=Corpus(documents=tuple(note.text for note in notes.unlabeled)) if notes.unlabeled else None,
        notes=(
            f"Synthetic text: every note was generated by a seeded grammar (seed {seed}) and describes no "
            "real patient, clinician or institution. Scores here say nothing about real clinical notes.",
            f"Out of domain: {COMMUNITY.name} occurs in test and unlabelled text only.",
        ),
        synthetic=True,
    )


def clinical_notes(
    train: int = 600, dev: int = 150, test: int = 300, unlabeled: int = 3000, seed: int = 0
) -> EvalSet:
    """Synthetic clinical notes: what does the note assert about its index problem?

    The first line names a problem; the note speaks of three to five. The label says whether that
    one is present, ruled out, possible, historical or in the family. Three invented institutions
    document in different styles; one of them occurs in the test split and the unlabelled text only.

    Args:
        train: Number of training notes.
        dev: Number of development notes.
        test: Number of test notes, a third of them out of domain.
        unlabeled: Number of unlabelled notes; 0 for none.
        seed: Seed of the generator; equal arguments give equal notes.
    """
    task = TextClassification(labels=STATUSES, descriptions={str(k): v for k, v in DESCRIPTIONS.items()})
    notes = note_splits(train, dev, test, unlabeled, seed)
    return make_set(notes, seed, "Synthetic clinical notes", task, lambda note: note.label)
