"""Reads records: JSON objects under a schema, or a column a field."""

from __future__ import annotations

import datetime
import difflib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from evalsets.errors import DataError
from evalsets.field_values import read_value
from evalsets.options import Options
from evalsets.schema import flat, nested
from evalsets.spans import Span
from evalsets.tasks.reader import Item, Place, Reader

if TYPE_CHECKING:
    from evalsets.tasks.extraction import Extraction

_STATED = {"value", "start", "end"}


class RecordReader(Reader):
    """Reads a column that holds records, or a column for each field where there is no such column.

    Settings: ``schema`` (a path to a ``.json`` file, a mapping or a pydantic model class; needed),
    ``absolute_tolerance`` and ``relative_tolerance`` (of numbers), ``tolerances`` (the same for single
    fields: ``{"dose": {"relative": 0.05}}``) and ``day_first`` (how ``3/5/2024`` is read).

    A value may be written ``{"value": …, "start": …, "end": …}`` with the offsets of its evidence in the
    text, which are kept. Null means that the text does not state the field.
    """

    settings: ClassVar[tuple[str, ...]] = (
        "schema",
        "absolute_tolerance",
        "relative_tolerance",
        "tolerances",
        "day_first",
    )
    gold_columns: ClassVar[tuple[str, ...]] = ("record", "fields", "label")

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        from evalsets.tasks.extraction import Extraction

        if "schema" not in options.settings:
            raise DataError(
                "extraction needs a schema",
                field="schema",
                remedy="Give schema= a path to a .json file, a mapping or a pydantic model class.",
            )
        metric: Any = options.metric or Extraction.metrics[0]
        self.extraction = Extraction(
            descriptions=options.label_descriptions, metric=metric, **dict(options.settings)
        )
        self.specs = {spec.path: spec for spec in self.extraction.fields}
        self.tops = dict.fromkeys([*self.specs, *(path.split(".")[0] for path in self.specs)])

    def columns(self, there: Callable[[], Sequence[str]]) -> tuple[str, ...]:
        if self.options.label is not None:
            return self.options.text, self.options.label
        present = there()
        for column in self.gold_columns:
            if column in present and column not in self.tops:
                return self.options.text, column
        return self.options.text, *([name for name in self.tops if name in present] or [self.gold_columns[0]])

    def item(self, values: tuple[Any, ...], columns: tuple[str, ...], file: str, row: int) -> Item:
        item = super().item(values, columns, file, row)
        record, evidence = item.gold
        return item._replace(gold=record, evidence=evidence or None)

    def gold(
        self, values: tuple[Any, ...], text: str, columns: tuple[str, ...], place: Place
    ) -> tuple[dict[str, Any], tuple[Span, ...]]:
        if self.options.label is None and columns[0] in self.tops:
            pairs = zip(columns, values, strict=True)
            raw: Any = nested({name: self._cell(name, value) for name, value in pairs})
            place = place._replace(field="")
        else:
            raw = _as_object(values[0], place)
        evidence: list[Span] = []
        stated = _taken_apart(raw, text, place, "", evidence)
        found = flat(stated)
        unknown = next((path for path in found if path not in self.specs), None)
        if unknown is not None:
            near = difflib.get_close_matches(unknown, list(self.specs), 1)
            raise place.error(
                "the schema has no such field",
                f"Did you mean {near[0]!r}?" if near else f"Its fields are: {', '.join(self.specs)}.",
                unknown,
            )
        record = nested(found)
        wrong = self.extraction.problems(record)
        if wrong:
            path, problem = wrong[0]
            raise place.error(
                problem, "Mend the value; leave out, or write null for, what the text does not state.", path
            )
        return record, tuple(sorted(evidence))

    def _cell(self, name: str, value: Any) -> Any:
        """A cell of a field's own column; text is read as the schema wants it, where it can be."""
        spec = self.specs.get(name)
        if spec is None or not isinstance(value, str) or not value.strip():
            return value
        if spec.many:
            try:
                parts = json.loads(value)
            except ValueError:
                parts = value.split(";")
            return [self._plain(part, spec) for part in (parts if isinstance(parts, list) else [value])]
        return self._plain(value, spec)

    def _plain(self, value: Any, spec: Any) -> Any:
        if not isinstance(value, str):
            return value
        read = read_value(value, spec, day_first=self.extraction.day_first)
        return value.strip() if read is None else read

    def task(self, golds: Iterable[Any]) -> Extraction:
        return self.extraction


def _as_object(value: Any, place: Place) -> Mapping[str, Any]:
    if isinstance(value, str) and value.strip():
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise place.error(f"the record is not JSON ({error})", 'Write {"field": value, …}.') from None
    if value is None or value == "":
        raise place.error("the record is missing", "Write {} where the text states none of the fields.")
    if not isinstance(value, Mapping):
        raise place.error(f"the record is a {type(value).__name__}, not an object", "Write {…}.")
    return value


def _taken_apart(raw: Any, text: str, place: Place, path: str, evidence: list[Span]) -> Any:
    """The value without evidence, which is collected under the path of its field."""
    if isinstance(raw, Mapping):
        if path and "value" in raw and set(raw) <= _STATED:
            if (raw.get("start"), raw.get("end")) != (None, None):
                evidence.append(_evidence(raw.get("start"), raw.get("end"), text, place, path))
            return _taken_apart(raw["value"], text, place, path, evidence)
        return {
            str(name): _taken_apart(value, text, place, f"{path}.{name}" if path else str(name), evidence)
            for name, value in raw.items()
        }
    if isinstance(raw, list | tuple):
        return [_taken_apart(value, text, place, path, evidence) for value in raw]
    if isinstance(raw, datetime.date):
        return raw.isoformat()
    return raw


def _evidence(start: Any, end: Any, text: str, place: Place, path: str) -> Span:
    whole = all(isinstance(v, int) and not isinstance(v, bool) for v in (start, end))
    if not whole or not 0 <= start < end <= len(text):
        raise place.error(
            f"the evidence {start}–{end} does not lie in the text, which has {len(text)} characters",
            "Give start and end in characters from 0, end after the last one.",
            path,
        )
    return Span(start, end, path)
