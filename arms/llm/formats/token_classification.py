"""Entities: the model quotes them from the text, and the quotes are found there again."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar

from arms.llm.alignment import align
from arms.llm.base import Answer
from arms.llm.formats.base import Reading, register_format
from arms.llm.formats.json_format import JsonFormat, closed, entries, label_named

_LEAST_ENTITIES = 8
_LEAST_QUOTE = 64
_CEILING_TEXTS = 500


@register_format
class SpanFormat(JsonFormat):
    """``{"entities": [{"text": "breast cancer", "label": "disease"}]}``, in order of the text.

    Quotes are turned to offsets by :func:`arms.llm.alignment.align`. Quotes that the text does not have
    (``hallucinated_spans``) and entities of no known type (``mislabelled_spans``) are dropped and counted.
    """

    kind: ClassVar[str] = "token_classification"
    counted: ClassVar[tuple[str, ...]] = ("answered_spans", "hallucinated_spans", "fuzzily_aligned_spans")

    def variables(self) -> dict[str, Any]:
        return {"labels": self.described_labels()}

    def make_schema(self) -> dict[str, Any]:
        entities, quote = self._bounds
        item = closed(
            {
                "text": {"type": "string", "minLength": 1, "maxLength": quote},
                "label": {"type": "string", "enum": list(self.task.labels)},
            }
        )
        return closed({"entities": {"type": "array", "items": item, "maxItems": entities}})

    @cached_property
    def _bounds(self) -> tuple[int, int]:
        """Most entities of a text and most characters of a quote: twice what train has, and not too few.

        They end the loops that small models get into.
        """
        golds = self.train.labels if self.train is not None else ()
        entities = max((len(gold) for gold in golds), default=_LEAST_ENTITIES * 4)
        quote = max((end - start for gold in golds for start, end, _ in gold), default=_LEAST_QUOTE * 4)
        return max(_LEAST_ENTITIES, 2 * entities), max(_LEAST_QUOTE, 2 * quote)

    def content(self, text: str, gold: Any) -> dict[str, Any]:
        return {"entities": [{"text": text[start:end], "label": label} for start, end, label in sorted(gold)]}

    def interpret(self, data: Any, text: str) -> Reading:
        said = entries(data, "entities")
        if said is None:
            return Reading(None, 'the JSON has no list "entities"')
        quotes: list[tuple[str, str]] = []
        invalid = mislabelled = 0
        for item in said:
            quote = item.get("text") if isinstance(item, Mapping) else None
            if not isinstance(quote, str) or not quote.strip():
                invalid += 1
            elif (label := label_named(item.get("label"), self.task.labels)) is None:
                mislabelled += 1
            else:
                quotes.append((quote, label))
        found = align(quotes, text)
        counts = {
            "answered_spans": len(said),
            "hallucinated_spans": len(found.missing),
            "loosely_aligned_spans": found.loose,
            "fuzzily_aligned_spans": found.fuzzy,
            "repeated_spans": found.repeated,
            "overlapping_spans": found.overlapping,
            "mislabelled_spans": mislabelled,
            "invalid_spans": invalid,
        }
        return Reading(found.spans, None, counts)

    def facts(self) -> dict[str, Any]:
        """The score that perfect quotes would have is a fact: a quote does not say which occurrence it is."""
        facts = super().facts()
        if self.train is not None and len(self.train):
            texts, golds = self.train.texts[:_CEILING_TEXTS], self.train.labels[:_CEILING_TEXTS]
            perfect = [
                self.read(Answer(self.target(text, gold), None), text).value
                for text, gold in zip(texts, golds, strict=True)
            ]
            facts["score_of_perfect_quotes_on_train"] = round(self.task.score(golds, perfect), 4)
        return facts

    def notes(self, counts: Mapping[str, int]) -> list[str]:
        notes = super().notes(counts)
        total = counts.get("answered_spans", 0)
        for name, what in (
            ("hallucinated_spans", "that quote words the text does not have, dropped"),
            ("mislabelled_spans", "of a type that does not exist, dropped"),
            ("invalid_spans", "without text or label, dropped"),
            ("fuzzily_aligned_spans", "quoted with slips, placed where the text is closest"),
        ):
            if count := counts.get(name):
                notes.append(f"Entities {what}: {count:,} of {total:,} answered.")
        return notes
