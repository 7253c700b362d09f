"""``decide schema``."""

from __future__ import annotations

import json

import typer


def schema() -> None:
    """Print the JSON Schema of engagement files, from which editors complete and check them.

    It has every arm, server, task and format that is installed, plugins included. decide init writes it
    beside the file.
    """
    from decide.schema import engagement_schema

    typer.echo(json.dumps(engagement_schema(), indent=1, ensure_ascii=False))
