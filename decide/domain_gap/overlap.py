"""How much vocabulary a domain shares with general English, in two definitions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from decide.domain_gap.bootstrap import Array, Resampler
from decide.domain_gap.report import Measure
from decide.domain_gap.sources import Sample
from decide.domain_gap.words import Counted, counts_as_content, general_english, top
from decide.records import Estimate

TOP = 10_000
MIN_DF = 3
RESAMPLES = 200
GURURANGAN = 'Gururangan et al. 2020, "Don\'t Stop Pretraining", domain similarity'
SHIFTED = "The interval is shifted to the sample's value, because resamples hold fewer distinct words."


def overlap_measures(
    sample: Sample, counted: Counted, reference: Counted | None, reference_name: str, seed: int
) -> list[Measure]:
    """Both vocabulary overlaps, the second with equal amounts of text on both sides."""
    return [
        _top_overlap(sample, counted, reference, reference_name, seed),
        _jaccard(sample, counted, reference, reference_name, seed),
    ]


def _top_overlap(
    sample: Sample, counted: Counted, reference: Counted | None, reference_name: str, seed: int
) -> Measure:
    words = counted.words
    known = general_english().items() if reference is None else _totals(reference)
    general = top(known, TOP)
    if sample.tally is not None:
        mine = top(sample.tally.lowered().items(), TOP)
        k = min(len(mine), len(general))
        value = Estimate(value=100 * len(set(mine[:k]) & set(general[:k])) / k) if k else None
    else:
        k = min(TOP, len(general), sum(map(counts_as_content, words)))
        value = _resampled_overlap(counted, set(general[:k]), k, seed) if k else None
    short = "" if k == TOP else f" Only {k:,} words were available, so the published figures do not apply."
    base = 54.1
    return Measure(
        id="vocabulary_overlap",
        family="vocabulary",
        name=f"Overlap of the {k:,} most frequent words",
        unit="%",
        value=value,
        missing="" if value else "there are no content words",
        reference=Estimate(value=base) if k == TOP else None,
        reference_name="news, the published domain nearest to general text",
        reference_missing="" if k == TOP else f"published figures are for {TOP:,} words",
        larger_is="narrower",
        compared=k,
        method=f"Share of the {k:,} most frequent lower-case words without stop words that are also among as "
        f"many of {reference_name}.{short} "
        f"{SHIFTED if sample.tally is None else 'Counted over all documents.'}",
        source=f"{GURURANGAN}; their general side is a sample of RoBERTa's pretraining text",
    )


def _totals(counted: Counted) -> list[tuple[str, float]]:
    return list(zip(counted.words, np.asarray(counted.lowered.sum(axis=0)).ravel(), strict=True))


def _resampled_overlap(counted: Counted, general: set[str], k: int, seed: int) -> Estimate:
    kept = [i for i, w in enumerate(counted.words) if counts_as_content(w)]
    # Columns in alphabetical order: a stable sort by frequency then breaks ties as top() does.
    kept.sort(key=lambda i: counted.words[i])
    table = counted.lowered[:, kept].T.tocsr()
    shared = np.array([counted.words[i] in general for i in kept])

    def overlap(weights: Array) -> float:
        frequency = table @ weights
        order = np.argsort(-frequency, kind="stable")[:k]
        return float(100 * shared[order][frequency[order] > 0].sum() / k)

    return Resampler(table.shape[1], seed).statistic(overlap, RESAMPLES)


def _jaccard(
    sample: Sample, counted: Counted, reference: Counted | None, reference_name: str, seed: int
) -> Measure:
    """Jaccard index of the word sets; amounts of text are made equal because the sets grow with it."""
    base: Estimate | None = None
    if sample.tally is not None and reference is None:
        mine = {w for w, n in sample.tally.documents.items() if n >= MIN_DF}
        size = float(sum(sample.tally.surfaces.values()))
        general = _expected(size)
        value: Estimate | None = _index(mine, general)
        basis = "all documents"
    else:
        lowered, words = counted.lowered, counted.words
        size = float(counted.lengths().sum())
        if reference is None:
            general = _expected(size)
        else:
            size = min(size, float(reference.lengths().sum()))
            lowered = counted.head(size)
            general = _frequent(reference.head(size), reference.words)
            base = _halves(reference)
        value = _resampled_jaccard(lowered, words, general, seed)
        basis = "the sampled documents"
    against = (
        f"words expected {MIN_DF} times or more in as much general English ({reference_name})"
        if reference is None
        else f"words in {MIN_DF} or more documents of as much of {reference_name}"
    )
    return Measure(
        id="vocabulary_jaccard",
        family="vocabulary",
        name="Jaccard index of all words",
        unit="%",
        value=value,
        missing="" if value else f"no word occurs in {MIN_DF} documents",
        reference=base,
        reference_name="random halves of the reference corpus" if base else "",
        reference_missing="" if base else "not measured: give reference=",
        larger_is="narrower",
        method=f"Words in {MIN_DF} or more documents ({basis}, {size:,.0f} words of text) against "
        f"{against}: words "
        f"of both over words of either. {SHIFTED if basis != 'all documents' else ''}".rstrip(),
        source='Jaccard 1912, "The Distribution of the Flora in the Alpine Zone"',
    )


def _expected(size: float) -> set[str]:
    return {w for w, f in general_english().items() if f * size >= MIN_DF}


def _frequent(table: Any, words: tuple[str, ...]) -> set[str]:
    documents = np.asarray((table > 0).sum(axis=0)).ravel()
    return {words[i] for i in np.flatnonzero(documents >= MIN_DF)}


def _index(mine: Iterable[str], other: set[str]) -> Estimate | None:
    both = set(mine)
    union = both | other
    return Estimate(value=100 * len(both & other) / len(union)) if union else None


def _resampled_jaccard(table: Any, words: tuple[str, ...], general: set[str], seed: int) -> Estimate | None:
    present = (table > 0).astype(np.float64).T.tocsr()
    shared = np.array([w in general for w in words])
    if not (np.asarray(present.sum(axis=1)).ravel() >= MIN_DF).any():
        return None

    def index(weights: Array) -> float:
        kept = present @ weights >= MIN_DF
        both = int((kept & shared).sum())
        return 100 * both / (int(kept.sum()) + len(general) - both)

    return Resampler(table.shape[0], seed).statistic(index, RESAMPLES)


def _halves(reference: Counted) -> Estimate | None:
    """The index that two halves of one corpus have: what no gap at all looks like."""
    table = reference.lowered
    middle = table.shape[0] // 2
    return _index(_frequent(table[:middle], reference.words), _frequent(table[middle:], reference.words))
