"""From a structured record to note text, keeping the exact offsets of every mention and field."""

from __future__ import annotations

import datetime
import random
import re
from collections.abc import Callable, Mapping

from evalsets.demo.institutions import JOBS, Institution
from evalsets.demo.lexicon import MEDICATIONS, PROBLEMS, ProblemEntry
from evalsets.demo.note import Field, Mention, Note, Problem, Record

MIN_WORDS, MAX_WORDS = 40, 110
_MISSPELLING_RATE = 0.008
_PAIR_RATE = 0.35
_PLAN_RATE = 0.35
_SYNONYM_RATE = 0.6
# Notes return to the reason for the visit: a second cue for the index problem, often by another name.
_RESTATE_RATE = 0.75

_SLOT = re.compile(r"\{(\w+)\}")
_WORD = re.compile(r"[a-z]{5,}")
_ENTRY = {entry.id: entry for entry in PROBLEMS}
_MEDICATION = {entry.id: entry for entry in MEDICATIONS}


class _Writer:
    """Text so far, with what has been marked in it."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._parts: list[str] = []
        self._length = 0
        self.mentions: list[Mention] = []
        self.fields: list[Field] = []

    def literal(self, text: str) -> tuple[int, int]:
        """Append as it is and return its offsets."""
        start = self._length
        self._parts.append(text)
        self._length += len(text)
        return start, self._length

    def misspell(self, text: str) -> str:
        """Swap or drop a letter inside a long word, now and then."""

        def slip(match: re.Match[str]) -> str:
            word = match[0]
            if self._rng.random() >= _MISSPELLING_RATE:
                return word
            i = self._rng.randrange(1, len(word) - 2)
            if self._rng.random() < 0.5:
                return word[:i] + word[i + 1] + word[i] + word[i + 2 :]
            return word[:i] + word[i + 1 :]

        return _WORD.sub(slip, text)

    def fill(self, template: str, slots: Mapping[str, Callable[[bool], None] | str]) -> None:
        """Append a template; a slot is text, or a function told whether to capitalise."""
        done = 0
        for match in _SLOT.finditer(template):
            self.literal(self.misspell(template[done : match.start()]))
            value = slots[match[1].lower()]
            if isinstance(value, str):
                self.literal(value)
            else:
                value(match[1].isupper())
            done = match.end()
        self.literal(self.misspell(template[done:]))

    def text(self) -> str:
        return "".join(self._parts)


class _NoteWriter:
    """One attempt at rendering a record with a given list of optional statements."""

    def __init__(self, record: Record, institution: Institution, rng: random.Random) -> None:
        self.record, self.institution, self.rng = record, institution, rng
        self.writer = _Writer(rng)
        self.header_name = rng.choice(self._names(record.problems[0].id))
        visit_year = int(record.visit_date[:4])
        # Drawn once a problem, so that a note never contradicts itself.
        self.facts = {
            problem.id: {
                "rel": rng.choice(institution.relatives),
                "year": str(year),
                "n": str(visit_year - year),
            }
            for problem, year in ((p, rng.randrange(1996, visit_year - 1)) for p in record.problems)
        }

    def _names(self, problem: str) -> tuple[str, ...]:
        return _ENTRY[problem].names[self.institution.column]

    def _entry(self, problem: Problem) -> ProblemEntry:
        return _ENTRY[problem.id]

    def _mention(self, problem: Problem, *, asserted: bool) -> Callable[[bool], None]:
        is_index = problem is self.record.problems[0]

        def write(capital: bool) -> None:
            if is_index and self.writer.mentions:
                name = self.header_name
                if self.rng.random() < _SYNONYM_RATE:
                    name = self.rng.choice([n for n in self._names(problem.id) if n != name])
            elif is_index:
                name = self.header_name
            else:
                name = self.rng.choice(self._names(problem.id))
            surface = self.writer.misspell(name)
            if capital and surface.split()[0].islower():
                surface = surface[0].upper() + surface[1:]
            start, end = self.writer.literal(surface)
            self.writer.mentions.append(
                Mention(problem.id, problem.status, start, end, surface, is_index, asserted)
            )

        return write

    def _field(self, name: str, value: str, surface: str) -> Callable[[bool], None]:
        def write(capital: bool) -> None:
            start, end = self.writer.literal(surface)
            self.writer.fields.append(Field(name, value, start, end, surface))

        return write

    def _slots(self) -> dict[str, Callable[[bool], None] | str]:
        record, column, rng = self.record, self.institution.column, self.rng
        when = datetime.date.fromisoformat(record.visit_date)
        return {
            "p": self._mention(record.problems[0], asserted=False),
            "age": self._field("age", str(record.age), str(record.age)),
            "sex": self._field("sex", record.sex, self.institution.sexes[record.sex == "male"]),
            "visit_date": self._field(
                "visit_date", record.visit_date, when.strftime(self.institution.date_format)
            ),
            "medication": self._field(
                "medication", record.medication, _MEDICATION[record.medication].names[column]
            ),
            "dose": self._field("dose", record.dose, record.dose.replace(" ", "" if column == 1 else " ")),
            "sys": str(rng.randrange(98, 172)),
            "dia": str(rng.randrange(54, 98)),
            "hr": str(rng.randrange(52, 118)),
            "sat": str(rng.randrange(90, 100)),
            "job": rng.choice(JOBS),
        }

    def _statement(self, template: str, *problems: Problem) -> Callable[[], None]:
        slots: dict[str, Callable[[bool], None] | str] = {
            "p": self._mention(problems[0], asserted=True),
            "q": self._mention(problems[-1], asserted=True),
            "test": self._entry(problems[0]).tests[self.institution.column],
            **self.facts[problems[0].id],
        }
        return lambda: self.writer.fill(template, slots)

    def _statements(self) -> list[Callable[[], None]]:
        """One statement a problem, or one for two where a pair cue fits; often a second for the index."""
        waiting, statements, rng = list(self.record.problems), [], self.rng
        index, unused = waiting[0], list(self.institution.cues[waiting[0].status])
        rng.shuffle(unused)
        rng.shuffle(waiting)
        while waiting:
            first = waiting.pop()
            if waiting and rng.random() < _PAIR_RATE:
                templates = self.institution.pair_cues.get((first.status, waiting[-1].status))
                if templates:
                    statements.append(self._statement(rng.choice(templates), first, waiting.pop()))
                    continue
            single = self.institution.cues[first.status]
            template = unused.pop() if first is index else rng.choice(single)
            statements.append(self._statement(template, first))
        if rng.random() < _RESTATE_RATE:
            again = self._statement(unused.pop(), index)
            statements.insert(rng.randrange(len(statements) + 1), again)
        return statements

    def write(self, fillers: tuple[str, ...], plan: str | None, signature: str) -> Note:
        """Header, introduction, everything else in a random order, plan, signature."""
        place, slots, rng = self.institution, self._slots(), self.rng
        self.writer.fill(rng.choice(place.headers), slots)
        self.writer.fill(rng.choice(place.intros), slots)
        body = self._statements()
        for template in (rng.choice(place.medication), *fillers):
            body.insert(rng.randrange(len(body) + 1), lambda t=template: self.writer.fill(t, slots))  # type: ignore[misc]
        if plan is not None:
            body.append(lambda: self.writer.fill(plan, slots))
        body.append(lambda: self.writer.fill(signature, slots))
        for statement in body:
            self.writer.literal(place.separator)
            statement()
        return Note(self.writer.text(), self.record, tuple(self.writer.mentions), tuple(self.writer.fields))


def render(record: Record, institution: Institution, rng: random.Random) -> Note:
    """Write a record as a note of 40 to 110 words in the style of its institution."""
    fillers = tuple(rng.sample(institution.fillers, len(institution.fillers)))
    plan = rng.choice(institution.plans) if rng.random() < _PLAN_RATE else None
    signature = rng.choice(institution.signatures)
    count = rng.randrange(1, 5)
    seed = rng.random()
    while True:
        # The same seed each time: a retry differs only in how many fillers it has.
        note = _NoteWriter(record, institution, random.Random(seed)).write(fillers[:count], plan, signature)
        words = len(note.text.split())
        if words < MIN_WORDS and count < len(fillers):
            count += 1
        elif words > MAX_WORDS and count:
            count -= 1
        else:
            return note
