"""The metrics as ``evaluate`` modules that load from this package, without a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evalsets.errors import DecideError

NAMES = ("macro_f1", "micro_f1", "accuracy")
"""The metrics of one label a text, called as in :class:`evalsets.TextClassification`."""

MORE = ("entity_f1", "field_f1")
"""Those of :class:`evalsets.TokenClassification` and :class:`evalsets.Extraction`."""


def load(name: str) -> Any:
    """An ``evaluate`` module whose ``compute`` agrees with the ``score`` of the task it belongs to.

    ``compute(predictions=…, references=…)`` takes ``None`` as a prediction where there was no answer.
    The metrics of one label also take ``labels``, the label set; a prediction outside it counts as no
    answer. ``entity_f1`` takes lists of ``(start, end, label)``, ``field_f1`` records and their ``schema``.

    Args:
        name: ``macro_f1``, ``micro_f1``, ``accuracy``, ``entity_f1`` or ``field_f1``.

    Raises:
        DecideError: If there is no such metric.
    """
    known = (*NAMES, *MORE)
    if name not in known:
        raise DecideError(f"Unknown metric {name!r}. Use {', '.join(known[:-1])} or {known[-1]}.")
    import evaluate

    # In memory: the default is a lock and an Arrow file in the home folder for each computation.
    return evaluate.load(str(Path(__file__).parent / name), keep_in_memory=True)
