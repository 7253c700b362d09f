"""``decide hostile``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from decide.commands.options import Json, Outside


def hostile(
    engagement: Annotated[Path, typer.Argument(help="Engagement file (YAML).")],
    output: Annotated[Path, typer.Option(help="Where the documents go (JSON lines).")] = Path(
        "hostile.jsonl"
    ),
    allow_outside: Outside = False,
    as_json: Json = False,
) -> None:
    """Write test documents with instructions put in, as injections: tries them, for use in other tools."""
    from decide.engagement import read_engagement
    from decide.injection import hostile_documents

    plan = read_engagement(engagement, outside=allow_outside)
    found = hostile_documents(plan.evalset(engagement.parent), plan.injections or "all", output)
    summary = {"file": str(output.resolve()), "documents": len(found)}
    typer.echo(json.dumps(summary) if as_json else f"{len(found):,} documents: {output.resolve()}")
