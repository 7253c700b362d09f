"""Where the text comes from: any input as a corpus, read once as a stream into a seeded sample."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from decide.domain_gap.reading import stream
from decide.domain_gap.report import Text
from decide.domain_gap.words import Tally
from evalsets import Corpus, DecideError, EvalSet

Source = EvalSet | Corpus | str | PathLike[str] | Sequence[str] | Sequence[PathLike[str]]

LONGEST_DOCUMENT = 10_000
"""Characters of a document that are kept in the sample, which bounds its memory."""
FEWEST_DOCUMENTS = 10
"""Fewer documents cannot be resampled meaningfully."""
FEW_DOCUMENTS = 100
MANY_DUPLICATES = 0.05


@dataclass(frozen=True)
class Sample:
    """A seeded random sample of a corpus, without exact duplicates, in random order."""

    name: str
    documents: tuple[str, ...]
    seen: int
    duplicates: int
    cut: int
    tally: Tally | None

    def summary(self, words: int) -> Text:
        """What the report says of it."""
        return Text(
            name=self.name,
            documents=self.seen,
            sampled=len(self.documents),
            words=words,
            duplicates=self.duplicates,
            cut=self.cut,
        )

    def notes(self, wanted: int) -> list[str]:
        """What the reader has to know about the sample."""
        found = []
        if self.seen > wanted:
            found.append(
                f"{self.name}: {len(self.documents):,} of {self.seen:,} documents were drawn at random; "
                "intervals show the sampling error."
            )
        if self.duplicates > MANY_DUPLICATES * (len(self.documents) + self.duplicates):
            found.append(
                f"{self.name}: {self.duplicates:,} documents of the sample were exact duplicates and left "
                f"out."
            )
        if self.cut:
            found.append(
                f"{self.name}: of {self.cut:,} documents only the first {LONGEST_DOCUMENT:,} characters "
                f"are in "
                "the sample."
            )
        if len(self.documents) < FEW_DOCUMENTS:
            found.append(f"{self.name}: only {len(self.documents)} documents, so intervals are rough.")
        if self.tally is not None and self.tally.pruned:
            found.append(
                f"{self.name}: rare words were dropped {self.tally.pruned:,} times to bound memory; "
                "counts of frequent words are low by a few at most."
            )
        return found


def corpus_of(source: Source, *, text: str, encoding: str) -> tuple[Corpus, str]:
    """Any input as a corpus, and what to call it.

    Of an evaluation set, the unlabelled and the training texts are used, never the test texts.

    Raises:
        DataError: If a file is missing, empty or of an unknown format.
        DecideError: If ``source`` is nothing that holds text.
    """
    from evalsets.loaders import corpus_of as from_files

    if isinstance(source, EvalSet):
        known = source.unlabeled or Corpus()
        return Corpus(
            known.files, (*known.documents, *source.train.texts), text=known.text, encoding=known.encoding
        ), source.name
    if isinstance(source, Corpus):
        return source, ", ".join(f.name for f in source.files) or "texts"
    if isinstance(source, (str, PathLike)):
        corpus = from_files(source, text=text, encoding=encoding)
        assert corpus is not None
        return corpus, Path(source).name
    parts = [p for p in source if isinstance(p, (str, PathLike))] if isinstance(source, Sequence) else []
    if not parts or len(parts) < len(source):
        raise DecideError(
            f"Cannot read text from {type(source).__name__}. "
            "Give an EvalSet, a Corpus, the path of a file, a list of paths or a list of texts."
        )
    if all(isinstance(p, PathLike) or _is_file(p) for p in parts):
        corpus = from_files(parts, text=text, encoding=encoding)
        assert corpus is not None
        return corpus, ", ".join(Path(p).name for p in parts)
    return Corpus(documents=tuple(str(p) for p in parts)), "texts"


def _is_file(text: str | PathLike[str]) -> bool:
    try:
        return len(str(text)) < 4096 and "\n" not in str(text) and Path(text).is_file()
    except (OSError, ValueError):
        return False


def draw(corpus: Corpus, name: str, size: int, seed: int, *, exact: bool) -> Sample:
    """Read a corpus once and keep ``size`` documents, each with equal probability.

    Reservoir sampling (Vitter 1985, algorithm R): memory is bounded by the sample, time is linear.

    Args:
        corpus: What to read.
        name: How messages call it.
        size: Most documents in the sample.
        seed: Seed of the draw.
        exact: Whether to count the words of all documents as well.

    Raises:
        DataError: If a file cannot be read or decoded.
        DecideError: If there is too little text.
    """
    rng = random.Random(seed)
    kept: list[tuple[str, bool]] = []
    tally = Tally(Counter(), Counter()) if exact else None
    seen = characters = 0
    for document in stream(corpus, f"{name} · reading"):
        seen += 1
        characters += len(document)
        if tally is not None:
            tally.add(document)
        place = seen - 1 if seen <= size else rng.randrange(seen)
        if place >= size:
            continue
        entry = (document[:LONGEST_DOCUMENT], len(document) > LONGEST_DOCUMENT)
        if place < len(kept):
            kept[place] = entry
        else:
            kept.append(entry)
    distinct = dict(kept)
    _check(name, seen, characters, len(distinct))
    order = list(distinct)
    rng.shuffle(order)
    return Sample(name, tuple(order), seen, len(kept) - len(distinct), sum(distinct.values()), tally)


def _check(name: str, seen: int, characters: int, distinct: int) -> None:
    if not seen:
        raise DecideError(f"{name}: there is no text in it, only blank lines. Export it again.")
    if seen == 1:
        raise DecideError(
            f"{name}: the whole text is one document of {characters:,} characters. Intervals need many: "
            "put each document on a line of its own, or in a row of a table file."
        )
    if distinct < FEWEST_DOCUMENTS:
        why = "documents" if seen < FEWEST_DOCUMENTS else f"distinct documents among {seen:,}"
        raise DecideError(
            f"{name}: only {distinct} {why}; at least {FEWEST_DOCUMENTS} are needed. Give more text, one "
            f"document "
            "a line."
        )
