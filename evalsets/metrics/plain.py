"""What metric modules over spans and records share: how values reach them."""

from __future__ import annotations

import json
from typing import Any

import datasets
import evaluate


class PlainMetric(evaluate.Metric):  # type: ignore[misc]
    """A metric over values of any shape, handed on as JSON; a prediction may be ``None``."""

    inputs = ""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=self.__doc__,
            citation="",
            inputs_description=self.inputs,
            features=datasets.Features(
                {"predictions": datasets.Value("string"), "references": datasets.Value("string")}
            ),
        )

    def add_batch(self, *, predictions: Any = None, references: Any = None, **kwargs: Any) -> None:
        """Add predictions and references."""
        super().add_batch(predictions=_each(predictions), references=_each(references), **kwargs)

    def add(self, *, prediction: Any = None, reference: Any = None, **kwargs: Any) -> None:
        """Add one prediction and its reference."""
        super().add(prediction=json.dumps(prediction), reference=json.dumps(reference), **kwargs)


def _each(values: Any) -> Any:
    return None if values is None else [json.dumps(value) for value in values]
