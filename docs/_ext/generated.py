"""What the pages show that the code says best: commands, the schema of engagement files, example reports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

import decide
from decide.schema import FILE, engagement_schema


def commands() -> str:
    """Every command with its arguments and options, as typer describes them."""
    command = [sys.executable, "-m", "typer", "decide.cli", "utils", "docs", "--name", "decide"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    _, _, text = done.stdout.partition("\n")  # the page has a title of its own
    return text


def schema_tables(schema: dict[str, Any]) -> str:
    """A table of the whole file and a part for each definition, a row a setting."""
    parts = [_table(schema)]
    # Those of the file's own words come first: data, arms, servers.
    for name, definition in sorted(
        schema["$defs"].items(), key=lambda item: (not item[0].islower(), item[0])
    ):
        forms = [form for form in (definition, *definition.get("anyOf", ())) if "properties" in form]
        values = "" if "properties" in definition else f"One of: {_values(definition)}."
        told = definition.get("description", "").replace("``", "`")
        parts += [f"({_anchor(name)})=\n## {_title(name)}", told, values, *map(_table, forms)]
    return "\n\n".join(part for part in parts if part)


def _title(name: str) -> str:
    what, _, kind = name.partition(".")
    return f"{what.capitalize()} `{kind}`" if kind else name.capitalize() if name.islower() else name


def _anchor(name: str) -> str:
    return f"schema-{name.lower().replace('.', '-').replace('_', '-')}"


def _table(schema: dict[str, Any]) -> str:
    rows = ["| setting | values | by default | what it is |", "|---|---|---|---|"]
    for name, found in schema.get("properties", {}).items():
        default = found.get("default")
        by_default = "" if "default" not in found or isinstance(default, dict) else f"`{_json(default)}`"
        needed = "required" if name in schema.get("required", ()) else by_default
        told = _cell(found.get("description", "")).replace("``", "`")
        rows.append(f"| `{name}` | {_cell(_values(found))} | {needed} | {told} |")
    return "\n".join(rows)


def _values(found: Any) -> str:
    """What a setting may be, in a few words."""
    if found is True or not found:
        return "anything"
    if "$ref" in found:
        name = found["$ref"].rpartition("/")[2]
        return f"[{_title(name)}](#{_anchor(name)})"
    if "enum" in found or "const" in found:
        values = found.get("enum", [found.get("const")])
        return ", ".join(f"`{_json(value)}`" for value in values)
    if several := found.get("anyOf") or found.get("oneOf"):
        return " or ".join(dict.fromkeys(_values(one) for one in several))
    kind = found.get("type", "anything")
    if kind == "array":
        return f"list of {_values(found.get('items', True))}"
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    limits = [f"{sign} {found[limit]}" for limit, sign in signs.items() if limit in found]
    return " ".join([{"object": "mapping"}.get(kind, str(kind)), *limits])


def _json(value: Any) -> str:
    return _cell(json.dumps(value, ensure_ascii=False))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def generate(app: Sphinx, config: Config) -> None:
    """Write all of it below ``_generated``, from where pages include it and the site takes it."""
    made = Path(app.srcdir) / "_generated"
    reports = made / "site" / "examples"
    reports.mkdir(parents=True, exist_ok=True)
    schema = engagement_schema()
    (made / "commands.md").write_text(commands(), encoding="utf-8")
    (made / "schema.md").write_text(schema_tables(schema), encoding="utf-8")
    (made / "site" / FILE).write_text(json.dumps(schema, indent=1), encoding="utf-8")
    for saved in sorted((Path(app.srcdir) / "examples").glob("*.json")):
        decide.load(saved).to_html(reports / f"{saved.stem}.html")


def setup(app: Sphinx) -> dict[str, bool]:
    """Generate when a build begins."""
    app.connect("config-inited", generate, priority=100)  # before folders that the site takes are looked for
    return {"parallel_read_safe": True, "parallel_write_safe": True}
