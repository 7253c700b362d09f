"""What the commands print for people: progress, the tradeoff table, the measures of a domain gap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from decide.comparison import Comparison
    from decide.domain_gap import GapReport
    from decide.events import Event, Hook


def show(event: Event) -> None:
    """One line on stderr for each thing that happens."""
    unit = ", ".join(
        part for part in (event.unit, "" if event.seed is None else f"seed {event.seed}") if part
    )
    score = "" if event.score is None else f", score {event.score:.3f}"
    text = {
        "arm_started": f"▶ {event.arm}: {event.message}",
        "arm_cached": f"✓ {event.arm}: already in the run directory"
        + (f" ({event.message})" if event.message else ""),
        "arm_finished": f"✓ {event.arm}: {event.seconds:.0f} s",
        "arm_failed": f"✗ {event.arm} failed: {event.message}",
        "arm_refused": f"✗ {event.arm} not run: {event.message}",
        "gap_started": f"▶ Domain gap of {event.arm}",
        "gap_cached": f"✓ Domain gap of {event.arm}: already in the run directory",
        "gap_finished": f"✓ Domain gap of {event.arm}: {event.seconds:.0f} s",
        "gap_failed": f"✗ Domain gap of {event.arm} not measured: {event.message}",
        "unit_started": f"  ▷ {event.arm}: {unit}",
        "unit_finished": f"  ✓ {event.arm}: {unit}{score}, {event.seconds:.0f} s",
        "unit_failed": f"  ✗ {event.arm}: {unit} failed: {event.message}",
    }[event.kind]
    typer.echo(text, err=True)


def hook(as_json: bool = False) -> Hook:
    """What a command does with events: lines for people on stderr and, if asked, JSON lines on stdout."""

    def both(event: Event) -> None:
        show(event)
        typer.echo(event.to_json())

    return both if as_json else show


def print_result(result: Comparison, after_events: bool) -> None:
    """The comparison as JSON on one line; after events it says that it is the result."""
    body = result.model_dump_json()
    typer.echo(f'{{"kind": "result", "comparison": {body}}}' if after_events else body)


def print_table(result: Comparison) -> None:
    """The tradeoff table on the terminal."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=escape(result.title))
    for column in (
        "arm",
        "score",
        "95% interval",
        "train s",
        "p95 ms",
        "docs/s",
        "US$/1,000",
        "text went to",
    ):
        table.add_column(column, justify="left" if column in ("arm", "text went to") else "right")
    for row in result.table().to_dict("records"):
        if row["status"] != "ok":
            table.add_row(escape(str(row["arm"])), str(row["status"]), *[""] * 6)
            continue
        seconds = sum(
            row[k] for k in ("adaptation_s", "training_s") if row[k] is not None and row[k] == row[k]
        )
        table.add_row(
            escape(str(row["arm"])),
            f"{row['score']:.3f}",
            f"{row['low']:.3f}–{row['high']:.3f}",
            f"{seconds:,.1f}",
            f"{row['p95_ms']:,.1f}",
            f"{row['docs_per_s']:,.{0 if row['docs_per_s'] >= 100 else 1}f}",
            f"{row['usd_per_1000']:.4f}" if row["usd_per_1000"] >= 5e-5 else "< 0.0001",
            escape(str(row["text_went_to"])),
        )
    Console(width=max(110, Console().width)).print(table)


def print_gap(result: GapReport) -> None:
    """Every measure and the severity on the terminal."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=escape(result.title))
    for column in ("measure", "domain", "95% interval", "reference", "unit", "note"):
        table.add_column(column, justify="left" if column in ("measure", "unit", "note") else "right")
    for row in result.table().to_dict("records"):
        numbers = [
            "" if row[k] is None or row[k] != row[k] else f"{row[k]:.3g}"
            for k in ("value", "low", "high", "reference")
        ]
        interval = f"{numbers[1]}–{numbers[2]}" if numbers[1] else ""
        cells = (row["measure"], numbers[0], interval, numbers[3], row["unit"], row["note"])
        table.add_row(*(escape(str(cell)) for cell in cells))
    Console(width=max(110, Console().width)).print(table)
    typer.echo(f"\n{result.severity.headline}\nConfidence: {result.severity.confidence}. ", nl=False)
    typer.echo(result.severity.confidence_statement)
    for note in result.notes:
        typer.echo(f"Note: {note}")
