"""``decide reproduce``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from decide.commands.options import Json, Outside
from decide.terminal import hook


def reproduce(
    comparison: Annotated[Path, typer.Argument(help="A saved comparison.json, or a run directory.")],
    arm: Annotated[list[str] | None, typer.Option(help="Name of an arm; by default all.")] = None,
    data: Annotated[
        Path | None, typer.Option(help="Engagement file (YAML) with the data, if they are not found again.")
    ] = None,
    seed: Annotated[list[int] | None, typer.Option(help="A seed to run; by default all.")] = None,
    exact: Annotated[bool, typer.Option("--exact", help="Accept identical results only.")] = False,
    text_may_leave: Annotated[
        bool, typer.Option("--text-may-leave", help="Text may be sent to the servers the arms name.")
    ] = False,
    allow_outside: Outside = False,
    as_json: Json = False,
) -> None:
    """Run arms of a saved comparison again and say how far the results agree.

    Exit codes: 0 every arm is identical or within the saved interval (with --exact: identical); 3 an arm
    could not be run; 4 an arm is different. Settings name models to load and programs to start: reproduce
    only what you trust.
    """
    from decide.reproduction import reproduce as run

    file = comparison / "comparison.json" if comparison.is_dir() else comparison
    where = {"text_may_leave": text_may_leave, "outside": allow_outside}
    found = run(file, arms=arm, data=data, seeds=seed, on_event=hook(), **where)
    typer.echo(found.model_dump_json() if as_json else "\n".join(found.lines()))
    if found.failed:
        raise typer.Exit(3)
    if found.verdict == "different" or (exact and found.verdict != "identical"):
        raise typer.Exit(4)
