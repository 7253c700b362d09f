"""Any number of labels for each text: the model answers with a list of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from arms.llm.formats.base import Reading, register_format
from arms.llm.formats.json_format import JsonFormat, closed, entries, label_named


@register_format
class LabelListFormat(JsonFormat):
    """``{"labels": ["a", "b"]}``, in the order of the label set."""

    kind: ClassVar[str] = "multi_label"

    def variables(self) -> dict[str, Any]:
        return {"labels": self.described_labels()}

    def make_schema(self) -> dict[str, Any]:
        labels = list(self.task.labels)
        items = {"type": "string", "enum": labels}
        return closed({"labels": {"type": "array", "items": items, "maxItems": len(labels)}})

    def content(self, text: str, gold: Any) -> dict[str, Any]:
        return {"labels": [label for label in self.task.labels if label in gold]}

    def interpret(self, data: Any, text: str) -> Reading:
        said = entries(data, "labels")
        if said is None:
            return Reading(None, 'the JSON has no list "labels"')
        named = [label_named(value, self.task.labels) for value in said]
        unknown = sum(label is None for label in named)
        value = tuple(label for label in self.task.labels if label in named)
        return Reading(value, None, {"unknown_labels": unknown} if unknown else {})

    def notes(self, counts: Mapping[str, int]) -> list[str]:
        notes = super().notes(counts)
        if unknown := counts.get("unknown_labels"):
            notes.append(f"Labels named that do not exist, dropped: {unknown:,}.")
        return notes
