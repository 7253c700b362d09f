"""How easily a linear classifier tells domain from reference documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from decide.domain_gap.bootstrap import Resampler
from decide.domain_gap.report import Measure
from decide.records import Estimate

FOLDS = 5
WORDS = 100
"""Words of a document that count, so that length does not give the corpus away."""
BEN_DAVID = (
    'Ben-David et al. 2007, "Analysis of Representations for Domain Adaptation"; 2010, Machine Learning 79'
)
NO_REFERENCE = "not measured: give reference="


def distance_measures(
    features: tuple[Any, Any] | None,
    texts: tuple[Sequence[str], Sequence[str]] | None,
    reference_name: str,
    seed: int,
) -> list[Measure]:
    """Proxy A-distance on frozen features and on TF-IDF; ``None`` where there is no reference text."""
    measures = []
    for id, what in (("a_distance", "frozen mean-pooled features"), ("a_distance_words", "TF-IDF of words")):
        value = None
        if id == "a_distance" and features is not None:
            value = _distance(np.vstack(features), [len(f) for f in features], seed, words=False)
        elif id == "a_distance_words" and texts is not None:
            cut = [" ".join(t.split()[:WORDS]) for side in texts for t in side]
            value = _distance(np.array(cut, dtype=object), [len(side) for side in texts], seed, words=True)
        measures.append(
            Measure(
                id=id,
                family="distance",
                name=f"Proxy A-distance ({'encoder' if id == 'a_distance' else 'words'})",
                unit="0 to 2",
                value=value,
                missing=""
                if value
                else NO_REFERENCE
                if texts is None
                else f"needs {2 * FOLDS} documents a side",
                reference=Estimate(value=0.0) if value else None,
                reference_name="two samples of one corpus" if value else "",
                reference_missing="" if value else NO_REFERENCE,
                method=f"2(1 - 2ε), ε the error of a logistic regression on {what} that tells the corpora "
                f"apart, "
                f"{FOLDS}-fold cross-validated on equally many documents a side; 0 where it cannot. "
                f"Formatting "
                f"tells corpora apart as well as content does. Against {reference_name}.",
                source=BEN_DAVID,
            )
        )
    return measures


def _distance(inputs: Any, sizes: Sequence[int], seed: int, *, words: bool) -> Estimate | None:
    """2(1 - 2ε) with the error cross-validated, kept at 0 or above."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    n = min(sizes)
    if n < 2 * FOLDS:
        return None
    chosen = np.concatenate([np.arange(n), sizes[0] + np.arange(n)])
    sides = np.repeat([0, 1], n)
    first = TfidfVectorizer(min_df=2, sublinear_tf=True) if words else StandardScaler()
    model = make_pipeline(first, LogisticRegression(C=1.0 if words else 0.1, max_iter=1000))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    try:
        guessed = cross_val_predict(model, inputs[chosen], sides, cv=folds)
    except ValueError:  # no word occurs twice
        return None
    wrong = np.asarray(guessed != sides, dtype=np.float64)
    return Resampler(2 * n, seed).ratio(
        wrong, np.ones(2 * n), lambda error: np.maximum(0.0, 2 * (1 - 2 * error))
    )
