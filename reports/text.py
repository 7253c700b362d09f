"""Text made safe to show: control characters, truncation, CSS strings, YAML."""

from __future__ import annotations

import json
import math
import re
from html import escape
from typing import Any

_INVISIBLE = re.compile("[\u202a-\u202e\u2066-\u2069\ufeff]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")


def clean(text: str) -> str:
    """``text`` without what cannot be shown or would reorder its surroundings.

    Characters that override the direction of text become visible as ``[U+202E]``; control characters and
    lone surrogates become the replacement character.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _INVISIBLE.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)
    return _CONTROL.sub("\ufffd", text)


def shorten(text: str, limit: int) -> str:
    """``text`` in at most ``limit`` characters on one line, cut at a space where there is one near."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    cut = line[: limit - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > limit * 0.6 else cut).rstrip() + "…"


def shorten_middle(text: str, limit: int) -> str:
    """``text`` in at most ``limit`` characters on one line; the start and the end are kept."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    tail = (limit - 1) * 2 // 5
    return f"{line[: limit - 1 - tail].rstrip()}…{line[len(line) - tail :].lstrip()}"


def fit_bytes(text: str, limit: int) -> str:
    """The longest start of ``text`` that takes at most ``limit`` bytes once escaped, within a few percent."""
    text = text[:limit]
    while (size := len(escape(clean(text)).encode())) > limit:
        text = text[: min(len(text) - 1, int(len(text) * limit / size))]
    return text


def css_string(text: str) -> str:
    """``text`` as a CSS string; every character but ASCII letters, digits and spaces is escaped.

    The space after an escape belongs to it."""
    plain = (c if c.isascii() and (c.isalnum() or c == " ") else f"\\{ord(c):x} " for c in clean(text))
    return '"' + "".join(plain) + '"'


def plain(value: Any) -> Any:
    """``value`` as JSON-able data without NaN or infinities, which become ``None``."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {clean(str(k)): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(v) for v in value]
    if value is None or isinstance(value, bool | int):
        return value
    return clean(str(value))


def as_yaml(value: Any) -> str:
    """``value`` as YAML for people to read and copy."""
    import yaml

    data = json.loads(json.dumps(plain(value)))
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=88).rstrip("\n")
