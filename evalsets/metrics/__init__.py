"""The metrics as ``evaluate`` modules that load from this package, without a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evalsets.errors import DecideError

NAMES = ("macro_f1", "micro_f1", "accuracy")
"""The metrics there are, called as in :class:`evalsets.TextClassification`."""


def load(name: str) -> Any:
    """An ``evaluate`` module whose ``compute`` agrees with ``TextClassification.score``.

    ``compute(predictions=…, references=…, labels=…)`` takes ``None`` as a prediction where there
    was no answer; ``labels`` is the label set, and a prediction outside it counts as no answer.

    Args:
        name: ``macro_f1``, ``micro_f1`` or ``accuracy``.

    Raises:
        DecideError: If there is no such metric.
    """
    if name not in NAMES:
        raise DecideError(f"Unknown metric {name!r}. Use {', '.join(NAMES[:-1])} or {NAMES[-1]}.")
    import evaluate

    # In memory: the default is a lock and an Arrow file in the home folder for each computation.
    return evaluate.load(str(Path(__file__).parent / name), keep_in_memory=True)
