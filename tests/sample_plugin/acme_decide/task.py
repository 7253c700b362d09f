"""Routing: a label a text, read from the column ``desk`` unless another is named."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from evalsets import TextClassification, register_task
from evalsets.tasks import Reader, label_set
from evalsets.tasks.text_classification import LabelReader


class RoutingReader(LabelReader):
    gold_columns: ClassVar[tuple[str, ...]] = ("desk",)

    def task(self, golds: Iterable[str]) -> TextClassification:
        metric: Any = self.options.metric or Routing.metrics[0]
        return Routing(label_set(golds), self.options.label_descriptions, metric)


@register_task
@dataclass(frozen=True)
class Routing(TextClassification):
    """Which desk a text goes to."""

    kind: ClassVar[str] = "acme_routing"
    reader: ClassVar[type[Reader]] = RoutingReader
