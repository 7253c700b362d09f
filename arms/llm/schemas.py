"""JSON Schemas as response formats: strict ones, and ones of the keywords that every provider takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_KEPT = {
    *("type", "enum", "const", "properties", "required", "additionalProperties", "items", "anyOf"),
    *("$ref", "$defs", "definitions", "description"),
}
"""Keywords of strict schemas at hosted providers; others are refused by some, and checked by us after."""
_ANNOTATIONS = frozenset(("title", "default", "examples", "$schema", "$id", "$comment", "deprecated"))
_NAMED = ("properties", "$defs", "definitions")
_SEVERAL = ("oneOf", "anyOf", "allOf")


_WRITTEN: dict[str, Any] = {
    "whitespace_flexible": False,
    "item_separator": ", ",
    "key_separator": ": ",
    "lenient": True,
}
"""How JSON is written, for llguidance: as ``json.dumps`` does. Where white space is free, small models fill
their budget with it. Keywords that llguidance does not know are not enforced rather than refused."""


def held(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema as llguidance takes it, here or within vLLM; other engines ignore what is added."""
    return {**schema, "x-guidance": dict(_WRITTEN)}


def strict(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema that asks for every property and allows no other; what need not be there may be null.

    Args:
        schema: JSON Schema of an object whose properties are single values, lists of them, or objects.
    """
    node = {key: value for key, value in schema.items() if key not in _ANNOTATIONS}
    for word in _NAMED:
        if word in node:
            node[word] = {name: strict(child) for name, child in node[word].items()}
    if isinstance(node.get("items"), Mapping):
        node["items"] = strict(node["items"])
    for word in _SEVERAL:
        if word in node:
            # One alternative, and perhaps null: the three words say the same, and providers know anyOf.
            node["anyOf"] = [strict(part) for part in node.pop(word)]
    if "properties" in node:
        needed = set(node.get("required", ()))
        node["properties"] = {
            name: child if name in needed or "properties" in child else nullable(child)
            for name, child in node["properties"].items()
        }
        node["required"] = list(node["properties"])
        node["additionalProperties"] = False
        node.setdefault("type", "object")
    return node


def nullable(node: Mapping[str, Any]) -> dict[str, Any]:
    """The same, or null."""
    kind = node.get("type")
    if "const" in node or "$ref" in node or "anyOf" in node or not isinstance(kind, str):
        if isinstance(kind, list) and "null" in kind:
            return dict(node)
        alternatives = list(node["anyOf"]) if "anyOf" in node and len(node) <= 2 else [_undescribed(node)]
        if {"type": "null"} not in alternatives:
            alternatives.append({"type": "null"})
        said = {"description": node["description"]} if "description" in node else {}
        return {"anyOf": alternatives, **said}
    changed = {**node, "type": [kind, "null"]}
    if "enum" in node and None not in node["enum"]:
        changed["enum"] = [*node["enum"], None]
    return changed


def _undescribed(node: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key != "description"}


def bounded(schema: Mapping[str, Any], characters: int, elements: int) -> dict[str, Any]:
    """The same schema with a limit to strings and lists that have none of their own.

    Args:
        schema: A JSON Schema.
        characters: Most characters of a string.
        elements: Most elements of a list.
    """
    node = dict(schema)
    kinds = node.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if "string" in kinds and not node.keys() & {"enum", "const", "maxLength", "format", "pattern"}:
        node["maxLength"] = max(characters, node.get("minLength", 0))
    if "array" in kinds and "maxItems" not in node:
        node["maxItems"] = max(elements, node.get("minItems", 0))
    for word in _NAMED:
        if word in node:
            node[word] = {name: bounded(child, characters, elements) for name, child in node[word].items()}
    if isinstance(node.get("items"), Mapping):
        node["items"] = bounded(node["items"], characters, elements)
    for word in _SEVERAL:
        if word in node:
            node[word] = [bounded(part, characters, elements) for part in node[word]]
    return node


def portable(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The same schema without keywords, such as lengths and patterns, that some providers refuse."""
    node = {key: value for key, value in schema.items() if key in _KEPT}
    for word in _NAMED:
        if word in node:
            node[word] = {name: portable(child) for name, child in node[word].items()}
    if isinstance(node.get("items"), Mapping):
        node["items"] = portable(node["items"])
    if "anyOf" in node:
        node["anyOf"] = [portable(part) for part in node["anyOf"]]
    return node
