"""Commands beside those that run and render, one module each; each puts itself on the application."""

from __future__ import annotations

import typer

from decide.commands import gap, history, hostile, initialise, plugins, reproduce, schema


def register(app: typer.Typer) -> None:
    """Put the commands on the application."""
    app.command("init")(initialise.init)
    app.command("gap")(gap.gap)
    app.command("hostile")(hostile.hostile)
    app.command("reproduce")(reproduce.reproduce)
    app.command("history")(history.history)
    app.command("schema")(schema.schema)
    app.command("plugins")(plugins.plugins)
