"""Reads a label from what a model wrote. Never guesses."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence

_STRIP = " \t\r\n\"'`“”‘’«».,;:!*_()[]<>"
_PREFIX = re.compile(r"^(?:the\s+)?(?:label|answer|category|class)\s*(?:is\b|[:=])\s*", re.IGNORECASE)
_FENCE = re.compile(r"^```\w*\s*(.*?)\s*```$", re.DOTALL)
_THOUGHT = re.compile(r"^\s*<think>.*?</think>", re.DOTALL)
_QUOTED = 120


def normalise(text: str) -> str:
    """Text without what does not tell labels apart: case, width, runs of space, quotes around it."""
    text = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(text.strip(_STRIP).split())


def parse_choice(text: str | None, choices: Sequence[str]) -> tuple[int | None, str | None]:
    """The choice that ``text`` names, by exact match after normalisation.

    ``Label: x``, a JSON object whose one value is a label, code fences and a closed ``<think>`` block
    are seen through. Anything else is no choice, a text that names two labels above all.

    Args:
        text: What the model wrote.
        choices: The labels.

    Returns:
        Index of the choice and ``None``, or ``None`` and an error that quotes the text.
    """
    if text is None or not text.strip():
        return None, "the model wrote nothing"
    for reading in _readings(text):
        exact = [i for i, choice in enumerate(choices) if choice == reading]
        if len(exact) == 1:
            return exact[0], None
        # Labels that differ in case alone are told apart only by the exact text above.
        loose = [i for i, choice in enumerate(choices) if normalise(choice) == normalise(reading)]
        if len(loose) == 1:
            return loose[0], None
    return None, f"not one of the labels: {quote(text)}"


def _readings(text: str) -> list[str]:
    """Ways to read ``text``, the most literal first."""
    inner = bare(text)
    readings = [text.strip(), inner]
    value = _only_value(inner)
    if value is not None:
        readings.append(value)
    readings.append(_PREFIX.sub("", inner.lstrip(_STRIP)))
    return readings


def bare(text: str) -> str:
    """The text without a closed ``<think>`` block before it and a code fence around it."""
    inner = _THOUGHT.sub("", text).strip()
    fenced = _FENCE.match(inner)
    return fenced.group(1) if fenced else inner


def _only_value(text: str) -> str | None:
    """The one string in a JSON object or JSON string."""
    try:
        data = json.loads(text)
    except ValueError:
        return None
    if isinstance(data, dict) and len(data) == 1:
        data = next(iter(data.values()))
    return data if isinstance(data, str) else None


def quote(text: str) -> str:
    """The text in quotes on one line, cut where it is long."""
    line = " ".join(text.split())
    return repr(line if len(line) <= _QUOTED else line[:_QUOTED] + "…")
