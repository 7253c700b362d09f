"""What the demo generator knows of a note: its text, its mentions and its fields, all with offsets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Status = Literal["present", "ruled_out", "possible", "historical", "family"]
"""Assertion status of a problem."""

STATUSES: tuple[Status, ...] = get_args(Status)


@dataclass(frozen=True)
class Mention:
    """One place where a note names a problem.

    Args:
        problem: Identifier of the problem, the same for all its synonyms.
        status: Assertion status of the problem in this note.
        start: Offset of its first character.
        end: Offset after its last character.
        surface: The characters themselves, misspellings included.
        is_index: Whether it is the problem the note is labelled for.
        asserted: Whether a cue here states the status; headers and plans name a problem without one.
    """

    problem: str
    status: Status
    start: int
    end: int
    surface: str
    is_index: bool
    asserted: bool


@dataclass(frozen=True)
class Field:
    """One structured value that the note states.

    Args:
        name: ``age``, ``sex``, ``visit_date``, ``medication`` or ``dose``.
        value: The value in canonical form: ``67``, ``female``, ``2023-03-14``, ``furosemide``, ``40 mg``.
        start: Offset of its first character.
        end: Offset after its last character.
        surface: How the note writes it.
    """

    name: str
    value: str
    start: int
    end: int
    surface: str


@dataclass(frozen=True)
class Problem:
    """A problem of a record and its assertion status."""

    id: str
    status: Status


@dataclass(frozen=True)
class Record:
    """The structured content a note is rendered from; the first problem is the index problem."""

    institution: str
    problems: tuple[Problem, ...]
    age: int
    sex: Literal["female", "male"]
    visit_date: str
    medication: str
    dose: str


@dataclass(frozen=True)
class Note:
    """A rendered note. ``text[m.start:m.end] == m.surface`` for every mention and field."""

    text: str
    record: Record
    mentions: tuple[Mention, ...]
    fields: tuple[Field, ...]

    @property
    def institution(self) -> str:
        """Name of the institution that wrote it."""
        return self.record.institution

    @property
    def label(self) -> Status:
        """Assertion status of the index problem."""
        return self.record.problems[0].status
