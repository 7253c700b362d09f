"""Reads JSON from what a model wrote. Mends its punctuation, never its content."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from arms.llm.parsing import bare, quote

_CLOSING = {"{": "}", "[": "]"}
_TRIES = 5
"""Brackets that are looked at for a start of the JSON: words before it may hold some, such as ``[1]``."""


class Json(NamedTuple):
    """What was read.

    Args:
        data: An object or a list, ``None`` if there is none.
        repaired: Whether the JSON had to be mended.
        error: Why there is none.
    """

    data: Any = None
    repaired: bool = False
    error: str | None = None


def parse_json(text: str | None) -> Json:
    """The first JSON object or list in ``text``.

    Code fences, a closed ``<think>`` block and words around the JSON are seen through. Single quotes,
    missing or trailing commas and the like are mended by ``json_repair``. JSON that breaks off is no
    answer: what stands at its end is not what the model meant to write.

    Args:
        text: What the model wrote.
    """
    if text is None or not text.strip():
        return Json(error="the model wrote nothing")
    inner = bare(text)
    starts = [i for i, c in enumerate(inner) if c in _CLOSING]
    if not starts:
        return Json(error=f"no JSON: {quote(text)}")
    for start in starts[:_TRIES]:
        try:
            data, _ = json.JSONDecoder().raw_decode(inner, start)
        except (ValueError, RecursionError):
            break
        if isinstance(data, dict) or all(isinstance(part, dict | str) for part in data):
            return Json(data)
    return _mended(inner[starts[0] :].rstrip().removesuffix("```").rstrip())


def _mended(text: str) -> Json:
    end = text.rfind(_CLOSING[text[0]])
    if end < 0 or text[end + 1 :].strip(" \t\r\n.;`") or _open(text[: end + 1]):
        return Json(error=f"the JSON breaks off: {quote(text[-60:])}")
    import json_repair

    try:
        data = json_repair.loads(text[: end + 1], skip_json_loads=True)
    except (ValueError, RecursionError):
        data = None
    if data and isinstance(data, dict if text[0] == "{" else list):
        return Json(data, repaired=True)
    return Json(error=f"not JSON: {quote(text)}")


def _open(text: str) -> bool:
    """Whether more brackets are opened than closed, quoted ones left out."""
    depth, quoted, escaped = 0, False, False
    for c in text:
        if quoted:
            quoted = escaped or c != '"'
            escaped = c == "\\" and not escaped
        elif c == '"':
            quoted = True
        else:
            depth += (c in "{[") - (c in "}]")
    return depth > 0
