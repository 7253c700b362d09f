"""What the fake server writes: labels by keyword, JSON by a schema and a gazetteer. No model, no chance."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Messages = list[dict[str, str]]
Answerer = Callable[[Messages, Sequence[str]], str]
"""Given the messages and the choices it was told (none for free text), what to write."""
Composer = Callable[[Messages, Mapping[str, Any]], Any]
"""Given the messages and a JSON Schema, the data to answer."""

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_DOCUMENT = re.compile(r"Text:(.*)\n\w+:\s*$", re.DOTALL)


def by_keyword(messages: Messages, choices: Sequence[str]) -> str:
    """The first choice that the last message names, else one by its hash."""
    text = messages[-1]["content"]
    if not choices:
        return "I cannot say."
    named = [choice for choice in choices if choice.casefold() in text.casefold()]
    digest = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
    return named[0] if named else choices[digest % len(choices)]


def by_gazetteer(gazetteer: Mapping[str, str]) -> Composer:
    """Answers any schema from phrases that the document holds.

    A list of objects that have an enumerated member (entities) gets each phrase with its label, in order
    of the document; a list of enumerated strings (labels) those that are named or whose phrases occur.
    Elsewhere an enumerated value is the first that is named, a number the first in the document, a string
    the first phrase under its property's name; what the document does not state is null where it may be.

    Args:
        gazetteer: Label, or name of a property, of each phrase.
    """

    def compose(messages: Messages, schema: Mapping[str, Any]) -> Any:
        content = messages[-1]["content"]
        found = _DOCUMENT.search(content)
        return _fill(schema, "", (found[1] if found else content).strip(), gazetteer)

    return compose


def _fill(node: Mapping[str, Any], name: str, text: str, gazetteer: Mapping[str, str]) -> Any:
    if "anyOf" in node:
        node = next(part for part in node["anyOf"] if part != {"type": "null"}) | {"or_null": True}
    kinds = node.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if "properties" in node:
        return {key: _fill(child, key, text, gazetteer) for key, child in node["properties"].items()}
    if "array" in kinds:
        return _list(node["items"], name, text, gazetteer)
    value: Any = None
    if "enum" in node:
        value = next((v for v in node["enum"] if v is not None and _holds(text, str(v))), None)
    elif "number" in kinds or "integer" in kinds:
        numbers = [float(n) for n in _NUMBER.findall(text) if "number" in kinds or "." not in n]
        value = next((int(n) if n.is_integer() else n for n in numbers), None)
    elif "string" in kinds:
        value = next((said for said, label in _phrases(text, gazetteer) if label == name), None)
    if value is None and not ("null" in kinds or node.get("or_null")):
        value = node["enum"][0] if "enum" in node else 0 if {"number", "integer"} & set(kinds) else ""
    return value


def _list(item: Mapping[str, Any], name: str, text: str, gazetteer: Mapping[str, str]) -> list[Any]:
    phrases = _phrases(text, gazetteer)
    members = item.get("properties", {})
    labelled = next((key for key, child in members.items() if "enum" in child), None)
    if labelled is not None:
        quoted = next(key for key in members if key != labelled)
        allowed = members[labelled]["enum"]
        return [{quoted: said, labelled: label} for said, label in phrases if label in allowed]
    if "enum" in item:
        there = {label for _, label in phrases}
        return [value for value in item["enum"] if value in there or _holds(text, str(value))]
    return [said for said, label in phrases if label == name]


def _phrases(text: str, gazetteer: Mapping[str, str]) -> list[tuple[str, str]]:
    """Phrases of the gazetteer as the text writes them, in its order, the longest where they overlap."""
    if not gazetteer:
        return []
    alternatives = "|".join(map(re.escape, sorted(gazetteer, key=len, reverse=True)))
    folded = {phrase.casefold(): label for phrase, label in gazetteer.items()}
    found = re.finditer(rf"(?<!\w)(?:{alternatives})(?!\w)", text, re.IGNORECASE)
    return [(match[0], folded[match[0].casefold()]) for match in found]


def _holds(text: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) is not None
