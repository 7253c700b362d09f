"""The other tasks over the bundled notes: the entities in them, and the fields that they state."""

from __future__ import annotations

from typing import Any

from evalsets.demo.builder import make_set, note_splits
from evalsets.demo.lexicon import MEDICATIONS
from evalsets.demo.note import Note
from evalsets.evalset import EvalSet
from evalsets.spans import Span
from evalsets.tasks import Extraction, TokenClassification

ENTITY_TYPES = {
    "date": "The date of the visit; the years of past events are none.",
    "dose": "The dose of the main medication, number and unit.",
    "medication": "The main medication, under whatever name.",
    "problem": "A disease or symptom that the note speaks of, whether the patient has it or not.",
}
_ENTITY_OF = {"visit_date": "date", "dose": "dose", "medication": "medication"}

FIELDS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "age": {"type": "integer", "description": "Age of the patient in years."},
        "sex": {"type": "string", "enum": ["female", "male"], "description": "Sex of the patient."},
        "visit_date": {"type": "string", "format": "date", "description": "When the patient was seen."},
        "medication": {
            "type": "string",
            "enum": sorted(entry.id for entry in MEDICATIONS),
            "description": "Generic name of the main medication.",
        },
        "dose": {"type": "string", "description": "Dose of the main medication, such as 40 mg."},
    },
    "required": ["age", "sex", "visit_date", "medication", "dose"],
    "additionalProperties": False,
}


def _entities(note: Note) -> tuple[Span, ...]:
    problems = [Span(m.start, m.end, "problem") for m in note.mentions]
    others = [Span(f.start, f.end, _ENTITY_OF[f.name]) for f in note.fields if f.name in _ENTITY_OF]
    return tuple(sorted(problems + others))


def _record(note: Note) -> dict[str, Any]:
    stated = {field.name: field.value for field in note.fields}
    return {
        name: int(stated[name]) if name == "age" else stated[name] for name in FIELDS_SCHEMA["properties"]
    }


def _evidence(note: Note) -> tuple[Span, ...]:
    return tuple(sorted(Span(field.start, field.end, field.name) for field in note.fields))


def clinical_entities(
    train: int = 600, dev: int = 150, test: int = 300, unlabeled: int = 3000, seed: int = 0
) -> EvalSet:
    """The notes of :func:`clinical_notes` with their entities: problems, main medication, dose, visit date.

    Abbreviations mean different things in different places: "PE" is an embolism in one statement and patient
    education in another, which is no entity.

    Args:
        train: Number of training notes.
        dev: Number of development notes.
        test: Number of test notes, a third of them out of domain.
        unlabeled: Number of unlabelled notes; 0 for none.
        seed: Seed of the generator; equal arguments give equal notes.
    """
    task = TokenClassification(tuple(ENTITY_TYPES), ENTITY_TYPES)
    notes = note_splits(train, dev, test, unlabeled, seed)
    return make_set(notes, seed, "Entities in synthetic clinical notes", task, _entities)


def clinical_fields(
    train: int = 600, dev: int = 150, test: int = 300, unlabeled: int = 3000, seed: int = 0
) -> EvalSet:
    """The notes of :func:`clinical_notes` with five fields: age, sex, visit date, medication and dose.

    Institutions write them in their own ways (``03/14/23`` for a date, ``F`` for female, a short form for a
    medication); the gold record is canonical, and its evidence says where each field stands.

    Args:
        train: Number of training notes.
        dev: Number of development notes.
        test: Number of test notes, a third of them out of domain.
        unlabeled: Number of unlabelled notes; 0 for none.
        seed: Seed of the generator; equal arguments give equal notes.
    """
    notes = note_splits(train, dev, test, unlabeled, seed)
    name = "Fields of synthetic clinical notes"
    return make_set(notes, seed, name, Extraction(FIELDS_SCHEMA), _record, _evidence)
