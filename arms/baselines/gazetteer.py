"""A dictionary of the mentions that train shows."""

from __future__ import annotations

import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, ClassVar, NamedTuple

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from arms.base import Arm, FitContext, FitRecord, FittedArm, Predictions
from arms.baselines.spans import TASKS, Readings
from arms.registry import register_arm
from evalsets import EvalSet, Span
from evalsets.gold_spans import gold_spans

_SPACE = re.compile(r"\s")


def _written(text: str) -> str:
    """The text with any white space as a space, of the same length."""
    return _SPACE.sub(" ", text)


def _folded(text: str) -> str:
    """The same in lower case, of the same length: what would grow (``İ``) stays as it is."""
    lower = text.lower()
    if len(lower) != len(text):
        lower = "".join(low if len(low := c.lower()) == 1 else c for c in text)
    return _written(lower)


class _Match(NamedTuple):
    start: int
    end: int
    mention: str


class _Dictionary:
    """Finds mentions by the Aho-Corasick algorithm: time grows with the text, not with the dictionary."""

    def __init__(self, mentions: Iterable[str], form: Callable[[str], str], whole_words: bool) -> None:
        import ahocorasick

        self.form, self._whole_words = form, whole_words
        self._automaton = ahocorasick.Automaton()
        for mention in mentions:
            self._automaton.add_word(mention, mention)
        self._automaton.make_automaton()

    def matches(self, text: str) -> list[_Match]:
        """Every mention in the text, overlapping ones too, by start and then the longest first."""
        if not len(self._automaton):
            return []
        found = [
            _Match(last + 1 - len(mention), last + 1, mention)
            for last, mention in self._automaton.iter(self.form(text))
        ]
        if self._whole_words:
            found = [m for m in found if not (_inside(text, m.start) or _inside(text, m.end))]
        return sorted(found, key=lambda m: (m.start, -m.end))


def _inside(text: str, place: int) -> bool:
    """Whether a place lies within a word."""
    return 0 < place < len(text) and text[place - 1].isalnum() and text[place].isalnum()


def _longest(matches: Iterable[_Match], among: Mapping[str, str]) -> tuple[Span, ...]:
    """Matches of known mentions, from the left, of those that begin alike the longest, without overlap."""
    spans: list[Span] = []
    for start, end, mention in matches:
        if mention in among and (not spans or start >= spans[-1].end):
            spans.append(Span(start, end, among[mention]))
    return tuple(spans)


class _FittedGazetteer(FittedArm):
    def __init__(
        self, readings: Readings, dictionary: _Dictionary, entries: Mapping[str, str], record: FitRecord
    ) -> None:
        self.record = record
        self._readings, self._dictionary, self._entries = readings, dictionary, entries

    def predict(self, texts: Sequence[str]) -> Predictions:
        found = (_longest(self._dictionary.matches(text), self._entries) for text in texts)
        return Predictions(values=[self._readings.answer(s, t) for s, t in zip(found, texts, strict=True)])


@register_arm
@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Gazetteer(Arm):
    """Marks again what train marks: a dictionary of its mentions, longest match, no context.

    A mention is kept if it is an entity often enough where train has it; where train labels it differently,
    the most frequent label counts.

    Args:
        ignore_case: Whether case matters; ``None`` lets dev choose.
        min_precision: Shares of a mention's places in train that must be entities; dev chooses one.
        whole_words: Whether a mention must begin and end at the edge of a word. Switch it off for
            scripts that write no spaces.
    """

    kind: ClassVar[str] = "gazetteer"
    keeps: ClassVar[str] = "The dictionary is made of the entities of the training texts as they are written."
    keeps_verbatim: ClassVar[bool] = True
    tasks: ClassVar[tuple[str, ...]] = TASKS
    ignore_case: bool | None = None
    min_precision: Annotated[tuple[Annotated[float, Field(ge=0, le=1)], ...], Field(min_length=1)] = (
        0.0,
        0.25,
        0.5,
        0.75,
        0.9,
    )
    whole_words: bool = True
    name: str | None = None

    def default_name(self) -> str:
        return "Gazetteer"

    def summary(self) -> str:
        return "Marks the mentions that train marks, by a dictionary; case and precision chosen on dev."

    def stochastic(self) -> bool:
        return False

    def fit(self, evalset: EvalSet, seed: int, context: FitContext) -> FittedArm:
        context.on_phase("training")
        started = time.perf_counter()
        task, dev, gold = evalset.task, evalset.dev, gold_spans(evalset.task, evalset.train)
        readings = Readings(task, evalset.train, gold)
        best: tuple[float, bool, float, dict[str, str]] | None = None
        for ignore_case in (False, True) if self.ignore_case is None else (self.ignore_case,):
            form = _folded if ignore_case else _written
            labels = _labels(evalset.train.texts, gold, form)
            dictionary = _Dictionary(labels, form, self.whole_words)
            precision = _precision(evalset.train.texts, gold, dictionary, labels)
            matches = [dictionary.matches(text) for text in dev.texts]
            for threshold in self.min_precision:
                entries = {m: label for m, label in labels.items() if precision[m] >= threshold}
                found = [_longest(m, entries) for m in matches]
                score = task.score(
                    dev.labels, [readings.answer(s, t) for s, t in zip(found, dev.texts, strict=True)]
                )
                if best is None or score > best[0]:
                    best = (score, ignore_case, threshold, entries)
        assert best is not None
        score, ignore_case, threshold, entries = best
        kept = _Dictionary(entries, _folded if ignore_case else _written, self.whole_words)
        record = FitRecord(
            seconds={"training": time.perf_counter() - started},
            facts={
                "entries": len(entries),
                "ignore_case": ignore_case,
                "min_precision": threshold,
                "dev_score": score,
            },
            parameters=0,
            model_bytes=len(json.dumps(entries, ensure_ascii=False).encode()),
        )
        return _FittedGazetteer(readings, kept, entries, record)


def _labels(
    texts: Sequence[str], gold: Sequence[Sequence[Span]], form: Callable[[str], str]
) -> dict[str, str]:
    """Each mention of train with its most frequent label; ties go to the label that sorts first."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for text, spans in zip(texts, gold, strict=True):
        for start, end, label in spans:
            counts[form(text[start:end])][label] += 1
    return {m: min(c, key=lambda name: (-c[name], name)) for m, c in sorted(counts.items())}


def _precision(
    texts: Sequence[str],
    gold: Sequence[Sequence[Span]],
    dictionary: _Dictionary,
    labels: Mapping[str, str],
) -> dict[str, float]:
    """Share of each mention's places in train, those within longer mentions apart, that gold marks."""
    there, right = Counter[str](), Counter[str]()
    for text, spans in zip(texts, gold, strict=True):
        wanted, form = set(spans), dictionary.form(text)
        for span in _longest(dictionary.matches(text), labels):
            mention = form[span.start : span.end]
            there[mention] += 1
            right[mention] += span in wanted
    return {mention: right[mention] / max(there[mention], 1) for mention in labels}
