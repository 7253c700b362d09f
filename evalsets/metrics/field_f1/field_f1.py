"""Micro-F1 over the fields of records as an ``evaluate`` module."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

# The base class must not be a name of this module: ``evaluate`` takes the first metric class it finds.
from evalsets.metrics import plain as shared
from evalsets.tasks import Extraction


class FieldF1(shared.PlainMetric):
    """Micro-F1 over fields; right are values that agree after normalisation, numbers within tolerance."""

    inputs = "predictions, references: a record for each text; schema and tolerances as in Extraction."

    def _compute(
        self, predictions: Sequence[str], references: Sequence[str], schema: Any = None, **settings: Any
    ) -> dict[str, float]:
        task = Extraction(schema, **settings)
        gold, predicted = [json.loads(r) for r in references], [json.loads(p) for p in predictions]
        return {"field_f1": task.score(gold, predicted)}
