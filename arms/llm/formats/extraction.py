"""Fields of a document: the model answers with a record under the task's schema."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, ClassVar

from arms.llm.formats.base import Reading, register_format
from arms.llm.formats.json_format import JsonFormat
from arms.llm.schemas import bounded, strict
from evalsets import Extraction
from evalsets.schema import flat, nested

_LEAST_STRING, _UNKNOWN_STRING = 64, 500
_LEAST_LIST, _UNKNOWN_LIST = 8, 25


@register_format
class RecordFormat(JsonFormat):
    """An object of the task's schema, ``null`` for what the text does not state.

    Values that the schema does not allow are dropped and counted (``invalid_fields``), as are fields
    that it does not have (``unknown_fields``); the other values stay. Strings and lists for which the
    schema sets no limit get one from train.
    """

    kind: ClassVar[str] = "extraction"
    counted: ClassVar[tuple[str, ...]] = ("answered_fields", "invalid_fields")
    task: Extraction

    def variables(self) -> dict[str, Any]:
        fields = [
            {
                "name": spec.path,
                "kind": spec.kind,
                "many": spec.many,
                "choices": [json.dumps(choice, ensure_ascii=False) for choice in spec.choices],
                "required": spec.required and not spec.nullable,
                "description": self.task.descriptions.get(spec.path, ""),
            }
            for spec in self.task.fields
        ]
        return {
            "labels": self.described_labels(),
            "fields": fields,
            "blank": json.dumps(self._complete({}), ensure_ascii=False),
            "json_schema": json.dumps(self.schema, ensure_ascii=False),
        }

    def make_schema(self) -> dict[str, Any]:
        # The bounds end the loops that small models get into: twice what train has, and not too few.
        golds = [flat(gold) for gold in self.train.labels] if self.train is not None else []
        stated = [value for gold in golds for value in gold.values()]
        lists = [value for value in stated if isinstance(value, list)]
        strings = [v for value in stated for v in (value if isinstance(value, list) else [value])]
        longest = max((len(v) for v in strings if isinstance(v, str)), default=_UNKNOWN_STRING)
        most = max(map(len, lists), default=_UNKNOWN_LIST)
        return bounded(strict(self.task.schema), max(_LEAST_STRING, 2 * longest), max(_LEAST_LIST, 2 * most))

    def content(self, text: str, gold: Any) -> dict[str, Any]:
        return self._complete(flat(gold))

    def _complete(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """A record that has every field."""
        return nested({spec.path: values.get(spec.path) for spec in self.task.fields})

    def interpret(self, data: Any, text: str) -> Reading:
        if not isinstance(data, Mapping):
            return Reading(None, "the JSON is no object")
        said = flat(data)
        counts: Counter[str] = Counter()
        counts["answered_fields"] = len(said)
        values = {path: value for path, value in said.items() if path in self.task.labels}
        counts["unknown_fields"] = len(said) - len(values)
        many = {spec.path: spec.many for spec in self.task.fields}
        # Two rounds: what is wrong with a list as a whole shows once its wrong elements are gone.
        for _ in range(2):
            wrong = self._wrong(values)
            counts["invalid_fields"] += len(wrong)
            for path, elements in wrong.items():
                whole = not many[path] or None in elements
                kept = [] if whole else [v for i, v in enumerate(values[path]) if i not in elements]
                if kept:
                    values[path] = kept
                else:
                    del values[path]
        return Reading(nested(values), None, counts)

    def _wrong(self, values: Mapping[str, Any]) -> dict[str, set[int | None]]:
        """Fields that the schema does not allow: which elements of a list, or ``None`` for the whole."""
        wrong: dict[str, set[int | None]] = {}
        for where, _ in self.task.problems(nested(values)):
            path = max((p for p in values if f"{where}.".startswith(f"{p}.")), key=len, default=None)
            if path is not None:  # else it is about what is missing
                element = where.removeprefix(path).removeprefix(".").split(".")[0]
                wrong.setdefault(path, set()).add(int(element) if element.isdecimal() else None)
        return wrong

    def notes(self, counts: Mapping[str, int]) -> list[str]:
        notes = super().notes(counts)
        total = counts.get("answered_fields", 0)
        for name, what in (
            ("invalid_fields", "with a value that the schema does not allow, dropped"),
            ("unknown_fields", "that the schema does not have, dropped"),
        ):
            if count := counts.get(name):
                notes.append(f"Fields {what}: {count:,} of {total:,} answered.")
        return notes
