"""Fields of a document: spans tagged with fields, and choices made from the whole text, on one encoder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from arms.base import ArmError, Predictions
from arms.encoder.bio import IGNORED, Found, TagSet, units
from arms.encoder.fields import FieldPlan, plan_fields
from arms.encoder.heads.base import Batch, Head, Logits, Targets, register_head, with_head
from arms.encoder.heads.token_classification import tags_words, token_loss
from arms.encoder.windows import Windows
from evalsets import Extraction, Span, Split, Task
from evalsets.field_values import identical, normal, values_of
from evalsets.gold_spans import gold_spans
from evalsets.schema import flat, nested

Floats = NDArray[np.float64]


@register_head
@dataclass(frozen=True)
class ExtractionHead(Head):
    """One linear layer over the tokens: BIO tags of fields, and at the first token the logits of choices.

    Spans are the evidence of the data, else where :func:`evalsets.locate` finds the values. Fields of an enum
    or truth value, and others of few values that are not in the text, are also learned as a choice from the
    whole text; where a field is learned both ways, dev decides which is used.

    Args:
        task: The task.
        plans: How each field is learned.
        tags: The tags of fields that spans state.
        by_word: Whether words are tagged, rather than tokens.
        from_text: Fields that are read off the whole text.
    """

    kind: ClassVar[str] = Extraction.kind
    needs_offsets: ClassVar[bool] = True
    task: Extraction
    plans: tuple[FieldPlan, ...]
    tags: TagSet
    by_word: bool
    from_text: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def learn(cls, task: Task, train: Split, windows: Windows) -> Self:
        assert isinstance(task, Extraction)
        spans = gold_spans(task, train)
        plans = plan_fields(task, train, spans)
        if not any(plan.tagged or plan.values for plan in plans):
            raise ArmError(
                "No field can be learned: no value of a training record is found in its text, and no field "
                "is an enum or a truth value. Give evidence offsets, or leave this arm out."
            )
        tags = TagSet([plan.path for plan in plans if plan.tagged])
        untagged = frozenset(plan.path for plan in plans if not plan.tagged)
        return cls(task, plans, tags, tags_words(spans, train.texts, windows), untagged)

    def _classified(self) -> Iterable[tuple[FieldPlan, slice]]:
        """The fields that are classified and where their logits lie."""
        start = 0
        for plan in self.plans:
            if plan.values:
                yield plan, slice(start, start + plan.outputs)
                start += plan.outputs

    def model(self, folder: Path) -> Any:
        choices = [
            f"{plan.path}={value}"
            for plan, _ in self._classified()
            for value in ([] if plan.spec.many else [None]) + list(plan.values)
        ]
        return with_head(folder, "AutoModelForTokenClassification", [*self.tags.tags, *choices])

    def forward(self, model: Any, ids: Any, mask: Any) -> tuple[Any, Any]:
        logits = model(input_ids=ids, attention_mask=mask).logits
        tags = len(self.tags.tags)
        # The first token gathers a text, as in BERT; averaging all tokens learned choices more slowly.
        return logits[:, 0, tags:], logits[..., :tags]

    def targets(self, split: Split, windows: Windows) -> Targets:
        tokens, gold = [], gold_spans(self.task, split)
        for i, (offsets, words) in enumerate(zip(windows.offsets, windows.words, strict=True)):
            there, spans = units(offsets, words, self.by_word), gold[i]
            target = self.tags.targets(spans, there, len(offsets))
            covered = {s.label for s in split.evidence[i] or ()} if split.evidence else set()
            for start, end in _repeated([s for s in spans if s.label not in covered], split.texts[i]):
                for first, (a, b) in zip(there.first, there.offsets, strict=True):
                    if max(a, start) < min(b, end) and target[first] == 0:
                        target[first] = IGNORED
            tokens.append(target)
        return Targets(self._choices(split.labels), tokens)

    def _choices(self, records: Sequence[Mapping[str, Any]]) -> NDArray[np.float32]:
        """Which value each text has, one-hot field by field; several for lists."""
        width = sum(plan.outputs for plan, _ in self._classified())
        table = np.zeros((len(records), width), dtype=np.float32)
        for row, record in zip(table, records, strict=True):
            stated = flat(record)
            for plan, place in self._classified():
                there = values_of(stated.get(plan.path))
                hits = [any(identical(v, c) for v in there) for c in plan.values]
                row[place] = hits if plan.spec.many else [not there, *hits]
        return table

    def loss(self, batch: Batch) -> Any:
        """The loss of tags, plus the mean loss of choices."""
        import torch

        total, parts = token_loss(batch.token_logits, batch.token_targets, batch.learned), []
        for plan, place in self._classified():
            logits, wanted = batch.text_logits[:, place], batch.text_targets[:, place]
            if plan.spec.many:
                losses = torch.nn.functional.binary_cross_entropy_with_logits(
                    logits, wanted, reduction="none"
                ).mean(dim=1)
            else:
                losses = -(wanted * torch.log_softmax(logits, dim=1)).sum(dim=1)
            parts.append(batch.weighed(losses))
        return total + torch.stack(parts).mean() if parts else total

    def chosen(self, logits: Logits, windows: Windows, dev: Split) -> Self:
        """For fields learned both ways, the one that is better on dev; spans where both are as good."""
        both = {plan.path for plan in self.plans if plan.tagged and plan.values}
        if not both:
            return self
        f1 = []
        for from_text in (self.from_text - both, self.from_text | both):
            head = replace(self, from_text=from_text)
            values = head.predict(logits, windows, dev.texts).values
            f1.append({s.label: s.f1 for s in self.task.per_label(dev.labels, values)})
        better = {path for path in both if f1[1][path] > f1[0][path]}
        return replace(self, from_text=(self.from_text - both) | better)

    def predict(self, logits: Logits, windows: Windows, texts: Sequence[str]) -> Predictions:
        values = []
        for i, text in enumerate(texts):
            there = units(windows.offsets[i], windows.words[i], self.by_word)
            found = self._read(self.tags.found(logits.tokens[i], there, text), text)
            found |= self._choose(logits.texts[i])
            values.append(nested({path: found[path] for path in self.task.labels if path in found}))
        return Predictions(values=values)

    def _read(self, spans: Sequence[Found], text: str) -> dict[str, Any]:
        """What spans state: of a field the most probable that can be read, of a list all."""
        by_path = {plan.path: plan for plan in self.plans if plan.path not in self.from_text}
        values: dict[str, Any] = {}
        best: dict[str, float] = {}
        for (start, end, path), probability in spans:
            plan = by_path.get(path)
            value = None if plan is None else plan.read(text[start:end], day_first=self.task.day_first)
            if plan is None or value is None:
                continue
            if plan.spec.many:
                known = values.setdefault(path, [])
                if normal(str(value)) not in {normal(str(v)) for v in known}:
                    known.append(value)
            elif probability > best.get(path, 0.0):
                values[path], best[path] = value, probability
        return values

    def _choose(self, logits: Floats) -> dict[str, Any]:
        """The fields that are read off the whole text."""
        values: dict[str, Any] = {}
        for plan, place in self._classified():
            own = logits[place]
            if plan.path not in self.from_text:
                continue
            if plan.spec.many:
                if there := [v for v, logit in zip(plan.values, own, strict=True) if logit > 0]:
                    values[plan.path] = there
            elif (best := int(own.argmax())) > 0:
                values[plan.path] = plan.values[best - 1]
        return values

    def facts(self) -> dict[str, Any]:
        ways: dict[str, list[str]] = {
            "fields_from_spans": [],
            "fields_from_text": [],
            "fields_not_learned": [],
        }
        for plan in self.plans:
            way = "from_spans" if plan.path not in self.from_text else "from_text"
            ways[f"fields_{way if plan.tagged or plan.values else 'not_learned'}"].append(plan.path)
        return {**ways, "tagged_units": "words" if self.by_word else "word pieces"}

    def notes(self) -> list[str]:
        facts = self.facts()
        said = {
            "fields_from_spans": "Read from tagged spans of the text",
            "fields_from_text": "Chosen from the values in train by classifying the whole text",
            "fields_not_learned": "Cannot be learned by this arm, because train does not state them or their "
            "values are neither in the text nor few",
        }
        notes = [f"{words}: {', '.join(facts[way])}." for way, words in said.items() if facts[way]]
        for plan in self.plans:
            if plan.path in facts["fields_from_spans"] and plan.found < plan.stated:
                notes.append(
                    f"{plan.stated - plan.found} of {plan.stated} training values of {plan.path} have no "
                    "span of their own in the text and were not learned from."
                )
        return notes


def _repeated(spans: Iterable[Span], text: str) -> Iterable[tuple[int, int]]:
    """Where what located spans write stands elsewhere: which place is the right one is not known."""
    for start, end, _ in spans:
        for match in re.finditer(rf"(?<!\w){re.escape(text[start:end])}(?!\w)", text):
            if match.span() != (start, end):
                yield match.span()
