"""The bundled evaluation set: generated clinical-style notes that describe no real patient."""

from evalsets.demo.builder import NoteSplits, clinical_notes, note_splits
from evalsets.demo.derived import clinical_entities, clinical_fields
from evalsets.demo.note import Field, Mention, Note, Problem, Record, Status

__all__ = [
    "Field",
    "Mention",
    "Note",
    "NoteSplits",
    "Problem",
    "Record",
    "Status",
    "clinical_entities",
    "clinical_fields",
    "clinical_notes",
    "note_splits",
]
