"""How a tokenizer copes with the words of a domain: fertility, split words, unknown words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arms.encoder.vocabulary import fragmented, token_ids
from decide.domain_gap.bootstrap import Array, Resampler
from decide.domain_gap.report import FragmentedWord, Measure
from decide.domain_gap.sources import Sample
from decide.domain_gap.words import GENERAL_WORDS, Counted, general_english
from decide.records import Estimate

SHOWN = 30
RUST = 'Rust et al. 2021, "How Good is Your Tokenizer?"'


@dataclass(frozen=True)
class Pieces:
    """Tokens of single words: how many each, whether any is the unknown token."""

    counts: Array
    unknown: Array

    def split(self) -> NDArray[np.float64]:
        """1 where a word is cut into several tokens."""
        return np.asarray(self.counts > 1, dtype=np.float64)


def pieces_of(tokenizer: Any, words: Sequence[str]) -> Pieces:
    """Tokenise each word by itself, as it stands within a sentence (after a space)."""
    counts = np.zeros(len(words))
    unknown = np.zeros(len(words))
    for i, ids in enumerate(token_ids(tokenizer, words)):
        counts[i] = len(ids)
        unknown[i] = tokenizer.unk_token_id is not None and tokenizer.unk_token_id in ids
    return Pieces(counts, unknown)


def tokenizer_measures(
    tokenizer: Any,
    sample: Sample,
    counted: Counted,
    reference: Counted | None,
    reference_name: str,
    seed: int,
) -> tuple[list[Measure], list[FragmentedWord]]:
    """Fertility, share of split words and UNK rate with the most fragmented frequent words."""
    tally = sample.tally
    if tally is None:
        values = _from_sample(pieces_of(tokenizer, counted.surfaces), counted, seed)
        occurrences = dict(zip(counted.surfaces, np.asarray(counted.table.sum(axis=0)).ravel(), strict=True))
    else:
        occurrences = dict(tally.surfaces)
        values = _weighted(tokenizer, occurrences)
    if reference is None:
        general = list(general_english().items())[:GENERAL_WORDS]
        references = _weighted(tokenizer, dict(general))
        reference_name = f"{GENERAL_WORDS:,} most frequent words of English, weighted by frequency (wordfreq)"
    else:
        references = _from_sample(pieces_of(tokenizer, reference.surfaces), reference, seed)
    over = "all documents, so without sampling error" if tally is not None else "the sampled documents"
    names = (
        ("fertility", "Tokens per word (fertility)", "tokens/word", "tokens over words"),
        ("split_words", "Words cut into several tokens", "share", "words of two or more tokens over words"),
        ("unknown_words", "Words with the unknown token", "share", "words with an unknown token over words"),
    )
    measures = [
        Measure(
            id=id,
            family="tokenizer",
            name=name,
            unit=unit,
            value=value,
            missing="" if value else "there are no words",
            reference=against,
            reference_name=reference_name,
            method=f"{what[0].upper()}{what[1:]} in {over}. A word is a run of letters and digits that "
            f"holds a "
            "letter, tokenised by itself after a space.",
            source=RUST if id != "unknown_words" else "share of out-of-vocabulary words",
        )
        for (id, name, unit, what), value, against in zip(names, values, references, strict=True)
    ]
    return measures, _most_fragmented(tokenizer, occurrences)


def _from_sample(pieces: Pieces, counted: Counted, seed: int) -> list[Estimate | None]:
    resampler = Resampler(counted.table.shape[0], seed)
    words = counted.lengths()
    columns = (pieces.counts, pieces.split(), pieces.unknown)
    return [resampler.ratio(counted.per_document(column), words) for column in columns]


def _weighted(tokenizer: Any, frequencies: dict[str, float] | dict[str, int]) -> list[Estimate | None]:
    """The measures over words with known frequency; no interval, because nothing was sampled."""
    pieces = pieces_of(tokenizer, list(frequencies))
    weights = np.fromiter(frequencies.values(), dtype=np.float64, count=len(frequencies))
    if not weights.sum():
        return [None, None, None]
    columns = (pieces.counts, pieces.split(), pieces.unknown)
    return [Estimate(value=float(column @ weights / weights.sum())) for column in columns]


def _most_fragmented(tokenizer: Any, occurrences: dict[str, float] | dict[str, int]) -> list[FragmentedWord]:
    """Frequent words by the tokens that a token of its own for each would save."""
    return [
        FragmentedWord(word=word, count=n, pieces=[str(p) for p in tokenizer.tokenize(f" {word}")])
        for word, n in fragmented(tokenizer, occurrences)[:SHOWN]
    ]
