"""Entity-level micro-F1 as an ``evaluate`` module."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence

from seqeval.metrics import f1_score
from seqeval.scheme import IOB2

from evalsets.errors import DecideError

# The base class must not be a name of this module: ``evaluate`` takes the first metric class it finds.
from evalsets.metrics import plain as shared
from evalsets.spans import Span, overlaps
from evalsets.tags import tags_of


class EntityF1(shared.PlainMetric):
    """Micro-F1 over entities, by seqeval; right are those whose start, end and label are in the reference."""

    inputs = "predictions, references: for each text a list of (start, end, label) that do not overlap."

    def _compute(self, predictions: Sequence[str], references: Sequence[str]) -> dict[str, float]:
        gold, predicted = [], []
        for reference, prediction in zip(references, predictions, strict=True):
            wanted = {Span(*span) for span in json.loads(reference)}
            given = {Span(*span) for span in json.loads(prediction) or ()}
            if overlaps(wanted) or overlaps(given):
                raise DecideError("Spans overlap, which tags cannot express. Use TokenClassification.score.")
            # Tags need tokens: the pieces between any two boundaries serve as well as words do.
            cuts = sorted({edge for span in wanted | given for edge in (span.start, span.end)})
            pieces = list(itertools.pairwise(cuts))
            gold.append(tags_of(wanted, pieces))
            predicted.append(tags_of(given, pieces))
        score = f1_score(gold, predicted, mode="strict", scheme=IOB2, zero_division=0)
        return {"entity_f1": float(score)}
