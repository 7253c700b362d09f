"""The fields that a JSON Schema or a pydantic model describes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Literal

from evalsets.errors import DataError, DecideError

Kind = Literal["string", "number", "integer", "boolean", "enum", "date", "date-time"]


@dataclass(frozen=True)
class FieldSpec:
    """One value of a record.

    Args:
        path: Where it stands, names joined by dots: ``age``, ``patient.age``.
        kind: What it is; ``enum`` is one of ``choices``.
        many: Whether it is a list of such values.
        choices: The values of an ``enum``.
        required: Whether its object must have it.
        nullable: Whether it may be null.
        description: What the schema says of it.
    """

    path: str
    kind: Kind
    many: bool = False
    choices: tuple[Any, ...] = ()
    required: bool = False
    nullable: bool = False
    description: str = ""


def load_schema(value: Any) -> dict[str, Any]:
    """A JSON Schema from a path to a ``.json`` file, a mapping or a pydantic model class.

    Raises:
        DataError: If it cannot be read, or is no valid schema.
    """
    source = None
    if isinstance(value, str | PathLike):
        source = str(value)
        try:
            value = json.loads(Path(value).read_text(encoding="utf-8"))
        except OSError as error:
            raise DataError(
                f"the schema cannot be read ({error.strerror})", file=source, remedy="Check the path."
            ) from error
        except (ValueError, RecursionError) as error:
            raise DataError(
                f"the schema is not JSON ({error})", file=source, remedy="Write one JSON Schema."
            ) from error
    elif isinstance(value, type) and hasattr(value, "model_json_schema"):
        value = value.model_json_schema()
    if not isinstance(value, Mapping):
        raise DataError(
            f"schema is {type(value).__name__}, not a JSON Schema",
            file=source,
            remedy="Give schema= a path to a .json file, a mapping or a pydantic model class.",
        )
    schema: dict[str, Any] = json.loads(json.dumps(value))
    import jsonschema

    try:
        jsonschema.validators.validator_for(schema).check_schema(schema)
    except jsonschema.SchemaError as error:
        where = ".".join(str(part) for part in error.absolute_path)
        raise DataError(
            f"the schema is not valid: {error.message}",
            file=source,
            field=where or None,
            remedy="Mend it; the field is a path in the schema.",
        ) from error
    _check_references(schema, source)
    if source is not None:
        try:
            fields_of(schema)
        except DecideError as error:
            raise DataError(str(error).rstrip("."), file=source) from error
    return schema


def _check_references(schema: Mapping[str, Any], source: str | None) -> None:
    """Refuse references that leave the schema: a validator would fetch them, from the network or the disk."""
    pending: list[Any] = [schema]
    while pending:
        node = pending.pop()
        if isinstance(node, Mapping):
            for word in ("$ref", "$dynamicRef", "$recursiveRef"):
                target = node.get(word)
                if isinstance(target, str) and not target.startswith("#"):
                    raise DataError(
                        f"the schema refers to {target!r}, which is not in it",
                        file=source,
                        field=word,
                        remedy="Write what it refers to under $defs, and refer to '#/$defs/…'.",
                    )
        pending += node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ()


def local_only() -> Any:
    """A registry in which no reference that leaves the schema is found."""
    from referencing import Registry

    registry: Any = Registry()
    return registry


def fields_of(schema: Mapping[str, Any]) -> tuple[FieldSpec, ...]:
    """The fields of a schema, in its order.

    Raises:
        DecideError: For what cannot be scored field by field: lists of objects, values of several types.

    Example:
        >>> fields_of({"properties": {"age": {"type": ["integer", "null"]}}})[0].kind
        'integer'
    """
    fields = tuple(_fields(_resolved(schema, schema, ""), schema, ""))
    if not fields:
        raise DecideError("The schema describes no field. Give it an object with properties.")
    return fields


def _fields(node: Mapping[str, Any], root: Mapping[str, Any], prefix: str) -> Iterator[FieldSpec]:
    required = node.get("required", ())
    for name, raw in node.get("properties", {}).items():
        path = f"{prefix}{name}"
        if "." in name:
            raise DecideError(f"Field {path!r} of the schema has a dot in its name. Rename it.")
        inner = _resolved(raw, root, path)
        if inner.get("type") == "object" or "properties" in inner:
            if not inner.get("properties"):
                raise DecideError(f"Field {path!r} of the schema is an object of no properties. Name them.")
            yield from _fields(inner, root, f"{path}.")
            continue
        many = inner.get("type") == "array"
        value = _resolved(inner.get("items") or {"type": "string"}, root, path) if many else inner
        if value.get("type") in ("array", "object") or "properties" in value:
            raise DecideError(
                f"Field {path!r} of the schema is a list of {value.get('type', 'object')}s, which cannot be "
                "scored field by field. Use lists of plain values, or a field for each part."
            )
        kind, choices = _kind(value, path)
        yield FieldSpec(
            path,
            kind,
            many,
            choices,
            name in required,
            bool(inner.get("nullable")),
            str(inner.get("description") or value.get("description") or ""),
        )


def _kind(node: Mapping[str, Any], path: str) -> tuple[Kind, tuple[Any, ...]]:
    if "enum" in node:
        return "enum", tuple(choice for choice in node["enum"] if choice is not None)
    if "const" in node:
        return "enum", (node["const"],)
    kind = node.get("type", "string")
    if kind == "string" and node.get("format") in ("date", "date-time"):
        return node["format"], ()
    if kind not in ("string", "number", "integer", "boolean"):
        raise DecideError(f"Field {path!r} of the schema is of type {kind!r}. Use a plain type.")
    return kind, ()


def _resolved(raw: Any, root: Mapping[str, Any], path: str, depth: int = 0) -> dict[str, Any]:
    """The node with references followed and "or null" taken off; ``nullable`` says that it was there."""
    if depth > 20:
        raise DecideError(f"Field {path!r} of the schema refers to itself. Records must be shallow.")
    node: dict[str, Any] = dict(raw) if isinstance(raw, Mapping) else {}
    if "$ref" in node:
        target: Any = root
        for part in str(node.pop("$ref")).removeprefix("#/").split("/"):
            target = target.get(part) if isinstance(target, Mapping) else None
        if not isinstance(target, Mapping):
            raise DecideError(f"Field {path!r} of the schema refers to what is not in it. Use '#/$defs/…'.")
        return _resolved({**target, **node}, root, path, depth + 1)
    for word in ("anyOf", "oneOf", "allOf"):
        if word in node:
            parts = node.pop(word)
            rest = [part for part in parts if part != {"type": "null"}]
            if len(rest) != 1:
                raise DecideError(
                    f"Field {path!r} of the schema may be several things. Give it one type, or one and null."
                )
            node = {**rest[0], **node, "nullable": len(rest) < len(parts)}
            return _resolved(node, root, path, depth + 1)
    if isinstance(node.get("type"), list):
        kinds = [kind for kind in node["type"] if kind != "null"]
        if len(kinds) != 1:
            raise DecideError(
                f"Field {path!r} of the schema has several types. Give it one, or one and null."
            )
        node["nullable"] = len(kinds) < len(node["type"])
        node["type"] = kinds[0]
    if "enum" in node and None in node["enum"]:
        node["nullable"] = True
    return node


def flat(record: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The values of a record by path; what is null, blank or an empty list is left out.

    >>> flat({"patient": {"age": 67, "sex": None}, "drugs": []})
    {'patient.age': 67}
    """
    values: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, Mapping):
            values |= flat(value, f"{prefix}{name}.")
        elif isinstance(value, list | tuple):
            if kept := [v for v in value if not _missing(v)]:
                values[f"{prefix}{name}"] = kept
        elif not _missing(value):
            values[f"{prefix}{name}"] = value
    return values


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """A record from its values by path; the inverse of :func:`flat`.

    >>> nested({"patient.age": 67, "dose": "5 mg"})
    {'patient': {'age': 67}, 'dose': '5 mg'}
    """
    record: dict[str, Any] = {}
    for path, value in values.items():
        *parents, name = path.split(".")
        target = record
        for parent in parents:
            target = target.setdefault(parent, {})
        target[name] = value
    return record


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip()) or value != value
