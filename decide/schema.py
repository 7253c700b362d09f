"""A JSON Schema of engagement files, from which editors complete, explain and check."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from decide import docs
from evalsets import plugins
from evalsets.explain import fields_of
from evalsets.tasks import TASKS

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
FILE = "engagement.schema.json"
"""Name under which ``decide init`` writes it beside an engagement file."""
HEADER = f"# yaml-language-server: $schema={FILE}"
"""First line of an engagement file, by which editors find the schema."""


_SERVER: Schema = {"x-decide": "server"}
"""Stands for a server until its definition is there."""


class _Generator(GenerateJsonSchema):
    """Takes an instance of a class that a file cannot hold as a mapping of its ``kind`` and settings."""

    def is_instance_schema(self, schema: core_schema.IsInstanceSchema) -> JsonSchemaValue:
        from arms.llm import Server

        if issubclass(schema["cls"], Server):
            return dict(_SERVER)  # a reference that the generator does not know would be refused
        return super().is_instance_schema(schema)


def engagement_schema() -> Schema:
    """The schema of an engagement file, with everything that is registered, plugins included."""
    from arms import ARMS
    from arms.llm import SERVERS
    from decide.engagement import Engagement

    plugins.load()
    schema, definitions = _of(Engagement)
    definitions["data"] = _data(definitions.pop("DataConfig"))
    definitions["arm"] = _by_kind(ARMS, definitions, "arm")
    definitions["server"] = _by_kind(SERVERS, definitions, "server")
    definitions["perturbation"] = _perturbations(definitions)
    for name in ("Client", "Question"):  # a bare string will do
        definitions[name] = {"anyOf": [{"type": "string", "minLength": 1}, definitions[name]]}
    properties = schema["properties"]
    properties["data"] = _replaced(properties["data"], {"$ref": "#/$defs/data"})
    properties["arms"]["items"] = {"$ref": "#/$defs/arm"}
    several = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/perturbation"}}
    properties["perturbations"] = _replaced(
        properties["perturbations"], {"anyOf": [{"const": "all"}, several, {"type": "null"}]}
    )
    properties["formats"]["items"] = {"enum": _formats()}
    properties["theme"] = _replaced(
        properties["theme"],
        {
            "anyOf": [
                _theme(definitions),
                {"type": "string", "description": "A theme file."},
                {"type": "null"},
            ]
        },
    )
    days = definitions["Prices"]["properties"]["engineering_days"]
    days["propertyNames"] = {"enum": sorted(ARMS)}
    return {
        "$schema": DIALECT,
        "title": "Engagement of decide",
        **{k: v for k, v in schema.items() if k != "title"},
        "$defs": dict(sorted(definitions.items())),
    }


def _of(cls: Any) -> tuple[Schema, dict[str, Schema]]:
    """The schema of a pydantic class with descriptions from its docstring, and the definitions it needs."""
    whole = TypeAdapter(cls).json_schema(schema_generator=_Generator)
    whole = _with_servers(whole)
    definitions: dict[str, Schema] = whole.pop("$defs", {})
    _describe(whole, cls)
    for name, found in _classes(cls).items():
        if name in definitions:
            _describe(definitions[name], found)
    _shorten(definitions)
    return whole, definitions


def _with_servers(value: Any) -> Any:
    if isinstance(value, dict):
        if all(value.get(k) == v for k, v in _SERVER.items()):
            return {"$ref": "#/$defs/server", **{k: v for k, v in value.items() if k == "description"}}
        return {k: _with_servers(v) for k, v in value.items()}
    return [_with_servers(v) for v in value] if isinstance(value, list) else value


def _shorten(definitions: dict[str, Schema]) -> None:
    for definition in definitions.values():
        if "description" in definition:
            definition["description"] = definition["description"].split("\n\n")[0].replace("\n", " ")


def _classes(cls: Any) -> dict[str, Any]:
    """Pydantic classes that the fields of one lead to, by name."""
    from typing import get_args

    found: dict[str, Any] = {}

    def visit(annotation: Any) -> None:
        fields = fields_of(annotation)
        if fields and annotation.__name__ not in found:
            found[annotation.__name__] = annotation
            for field in fields.values():
                visit(field.annotation)
        for argument in get_args(annotation):
            visit(argument)

    visit(cls)
    return found


def _describe(schema: Schema, cls: Any) -> None:
    """Put what the docstrings say beside the fields, and take away the titles that repeat their names."""
    schema.pop("title", None)
    if text := docs.summary(cls):
        schema["description"] = text
    told = docs.fields(cls)
    for name, property in schema.get("properties", {}).items():
        property.pop("title", None)
        if name in told:
            property["description"] = told[name]


def _replaced(property: Schema, by: Schema) -> Schema:
    """A property of another form, with the description and default it had."""
    return {**by, **{k: v for k, v in property.items() if k in ("description", "default")}}


def _by_kind(registry: Mapping[str, Any], definitions: dict[str, Schema], what: str) -> Schema:
    """A mapping whose ``kind`` says which settings it takes, each kind a definition of its own."""
    rules = []
    for kind, cls in sorted(registry.items()):
        schema, more = _of(cls)
        definitions |= more
        name = f"{what}.{kind}"
        properties = {"kind": {"const": kind, "description": docs.summary(cls)}, **schema["properties"]}
        definitions[name] = {**schema, "properties": properties, "additionalProperties": False}
        rules.append({"if": {"properties": {"kind": {"const": kind}}}, "then": {"$ref": f"#/$defs/{name}"}})
    kinds = sorted(registry)
    return {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"enum": kinds, "description": f"What {what} it is: {', '.join(kinds)}."}},
        "allOf": rules,
    }


def _data(schema: Schema) -> Schema:
    """The ``data`` part: each task has its settings and metrics."""
    owners: dict[str, list[str]] = {}
    for kind, task in TASKS.items():
        for name in task.reader.settings:
            owners.setdefault(name, []).append(kind)
    properties = dict(schema["properties"])
    properties["task"] = {**properties["task"], "enum": sorted(TASKS)}
    default = properties["task"]["default"]
    for name, kinds in owners.items():
        properties.setdefault(name, {"description": f"Setting of {', '.join(sorted(kinds))}."})
    rules: list[Schema] = [
        {
            "if": _is_task(kind, default),
            "then": {"properties": {"metric": {"enum": [*task.metrics, None]}}},
        }
        for kind, task in sorted(TASKS.items())
    ]
    rules += [
        {
            "if": {"required": [name]},
            "then": {"anyOf": [_is_task(kind, default) for kind in sorted(kinds)]},
        }
        for name, kinds in sorted(owners.items())
    ]
    return {**schema, "properties": properties, "additionalProperties": False, "allOf": rules}


def _is_task(kind: str, default: str) -> Schema:
    found: Schema = {"properties": {"task": {"const": kind}}}
    return found if kind == default else {**found, "required": ["task"]}


def _perturbations(definitions: dict[str, Schema]) -> Schema:
    """A name, or a mapping of a name and settings."""
    from decide.perturbations import base

    importlib.import_module("decide.perturbations")
    kinds = base.PERTURBATIONS | base.OPTIONAL
    mappings = []
    for name, cls in sorted(kinds.items()):
        schema, more = _of(cls)
        definitions |= more
        properties = {"name": {"const": name}, **schema.get("properties", {})}
        required = ["name", *schema.get("required", [])]
        mappings.append(
            {**schema, "properties": properties, "required": required, "additionalProperties": False}
        )
    names = {"enum": sorted([*kinds, *base.GROUPS]), "description": "A kind of damage."}
    return {"anyOf": [names, *mappings]}


def _formats() -> list[str]:
    from decide.exports import exports

    return sorted({name for export in exports() for name in (export.suffix, *export.others)})


def _theme(definitions: dict[str, Schema]) -> Schema:
    from decide.theme import Theme

    schema, more = _of(Theme)
    definitions |= more
    return schema
