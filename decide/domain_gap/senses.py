"""Words that general English uses too, but in another sense."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from decide.domain_gap.bootstrap import Resampler
from decide.domain_gap.encoder import Occurrences
from decide.domain_gap.report import Measure, ShiftedWord
from decide.domain_gap.words import Counted, counts_as_content
from decide.records import Estimate

CANDIDATES = 150
FEWEST = 10
"""Occurrences that a word needs in each corpus."""
SPLITS = 50
SHOWN = 20
CONTEXTS = 3
SOURCE = (
    'distance of averaged contextual embeddings after Martinc et al. 2020, "Leveraging Contextual Embeddings '
    'for Detecting Diachronic Semantic Shift"; the comparison with chance is our own'
)
NO_REFERENCE = "not measured: give reference="


def candidates(domain: Counted, reference: Counted) -> frozenset[str]:
    """Content words frequent in both corpora, by the smaller of their counts."""
    there = dict(zip(reference.words, np.asarray(reference.lowered.sum(axis=0)).ravel(), strict=True))
    here = zip(domain.words, np.asarray(domain.lowered.sum(axis=0)).ravel(), strict=True)
    shared = [
        (min(n, there[w]), w)
        for w, n in here
        if len(w) > 2 and counts_as_content(w) and min(n, there.get(w, 0)) >= FEWEST
    ]
    return frozenset(w for _, w in sorted(shared, key=lambda row: (-row[0], row[1]))[:CANDIDATES])


def sense_measure(
    domain: dict[str, Occurrences] | None,
    reference: dict[str, Occurrences] | None,
    missing: str,
    seed: int,
) -> tuple[Measure, list[ShiftedWord]]:
    """The share of frequent shared words whose sense shifts, and the words, most shifted first."""
    words: list[ShiftedWord] = []
    if domain is not None and reference is not None:
        rng = np.random.default_rng(seed)
        words = [
            _compare(word, domain[word], reference[word], rng)
            for word in sorted(domain)
            if word in reference and min(len(domain[word].vectors), len(reference[word].vectors)) >= FEWEST
        ]
        missing = "" if words else f"no content word occurs {FEWEST} times in both corpora as read"
    value: Estimate | None = None
    if words:
        flags = np.array([w.shifted for w in words], dtype=np.float64)
        value = Resampler(len(words), seed).ratio(flags, np.ones(len(words)))
    measure = Measure(
        id="shifted_words",
        family="distance",
        name="Frequent shared words with a shifted use",
        unit="share",
        value=value,
        missing=missing,
        reference=Estimate(value=0.05) if value else None,
        reference_name="expected by chance at most" if value else "",
        reference_missing="" if value else missing,
        method=f"Of {len(words)} content words with {FEWEST} or more occurrences in both corpora: those "
        f"whose "
        "cosine distance between mean contextual embeddings exceeds 95% of the distances between random "
        f"halves of one corpus ({SPLITS} splits of each corpus). Halves hold fewer occurrences than wholes, "
        "which makes the bar higher. The interval is over words, not documents. A different register moves "
        "every word, so look at the order and the contexts.",
        source=SOURCE,
    )
    words.sort(key=lambda w: (w.within - w.distance, w.word))
    return measure, words[:SHOWN]


def _compare(word: str, domain: Occurrences, reference: Occurrences, rng: np.random.Generator) -> ShiftedWord:
    here, there = np.stack(domain.vectors), np.stack(reference.vectors)
    splits = [_halves(here, rng), _halves(there, rng)]
    distance = _cosine(here.mean(axis=0), there.mean(axis=0))
    return ShiftedWord(
        word=word,
        distance=distance,
        within=max(float(s.mean()) for s in splits),
        shifted=distance > max(float(np.quantile(s, 0.95)) for s in splits),
        domain_count=len(here),
        reference_count=len(there),
        domain_contexts=domain.contexts[:CONTEXTS],
        reference_contexts=reference.contexts[:CONTEXTS],
    )


def _halves(vectors: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float64]:
    """Distances between the means of random halves of one corpus."""
    found = []
    for _ in range(SPLITS):
        order = rng.permutation(len(vectors))
        middle = len(vectors) // 2
        found.append(_cosine(vectors[order[:middle]].mean(axis=0), vectors[order[middle:]].mean(axis=0)))
    return np.array(found)


def _cosine(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Cosine distance, 0 for equal directions."""
    size = float(np.linalg.norm(a) * np.linalg.norm(b))
    return max(0.0, 1 - float(a @ b) / size) if size else 0.0
