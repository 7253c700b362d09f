"""``decide history``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from decide.commands.options import Json


def history(
    comparisons: Annotated[list[Path], typer.Argument(help="Saved comparisons, or run directories.")],
    output: Annotated[Path, typer.Option(help="Where the HTML document goes.")] = Path("history.html"),
    title: Annotated[str | None, typer.Option(help="Title of the document.")] = None,
    as_json: Json = False,
) -> None:
    """Put saved comparisons beside each other by date: scores, costs, speed and what changed."""
    from decide.over_time import history as run

    found = run(list(comparisons), title=title)
    file = found.to_html(output)
    if as_json:
        typer.echo(found.model_dump_json())
        return
    typer.echo(found.headline)
    for change in found.changes:
        mark = "! " if change.caution else ""
        typer.echo(f"{mark}{change.number - 1} to {change.number}, {change.what}: {change.statement}")
    typer.echo(f"Document: {file.resolve()}")
