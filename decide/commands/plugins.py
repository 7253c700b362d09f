"""``decide plugins``."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer


def plugins(
    as_json: Annotated[bool, typer.Option("--json", help="Print the list as JSON on one line.")] = False,
) -> None:
    """List installed plugins: name, package, version, what each adds, and what kept it from loading.

    DECIDE_DISABLE_PLUGINS=1 leaves all of them out, names separated by commas leave those out.
    """
    from decide import plugins as found

    rows: list[dict[str, Any]] = [
        {
            "name": p.name,
            "package": p.package,
            "version": p.version,
            "module": p.module,
            "adds": {} if p.error or p.disabled else found.additions(p),
            "error": p.error,
            "disabled": p.disabled,
        }
        for p in found.load()
    ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        state = f"not loaded: {row['error']}" if row["error"] else "left out" if row["disabled"] else ""
        adds = "; ".join(f"{what} {', '.join(names)}" for what, names in row["adds"].items())
        typer.echo(f"{row['name']} ({row['package']} {row['version']}): {state or adds or 'adds nothing'}")
    if not rows:
        typer.echo(f"No plugins are installed (entry points of the group {found.GROUP}).")
