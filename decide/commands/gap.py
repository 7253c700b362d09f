"""``decide gap``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from decide.commands.options import Json, Outside
from decide.terminal import print_gap


def gap(
    corpus: Annotated[
        list[Path],
        typer.Argument(
            help="Domain text: .txt (a document a line) or a table; or an engagement file (YAML)."
        ),
    ],
    model: Annotated[
        str | None,
        typer.Option(help="Hub name or folder of the encoder; by default the engagement's first."),
    ] = None,
    reference: Annotated[list[Path] | None, typer.Option(help="General text to compare with.")] = None,
    output: Annotated[Path | None, typer.Option(help="Where the HTML report goes.")] = None,
    text: Annotated[str, typer.Option(help="Text column of tables.")] = "text",
    encoding: Annotated[str, typer.Option(help="Encoding of text files.")] = "utf-8",
    exact: Annotated[bool, typer.Option("--exact", help="Count the words of all documents.")] = False,
    seed: Annotated[int, typer.Option(help="Seed of the sample.")] = 0,
    advice: Annotated[
        bool, typer.Option("--advice", help="Say which arms and rungs are worth running.")
    ] = False,
    labeled_documents: Annotated[
        int | None, typer.Option(help="Labelled training documents you have; needs --advice.")
    ] = None,
    documents_per_month: Annotated[float | None, typer.Option(help="Volume; needs --advice.")] = None,
    margin: Annotated[
        float | None, typer.Option(help="Least gain in score that matters (0.01 is a point); needs --advice.")
    ] = None,
    text_may_leave: Annotated[
        bool, typer.Option("--text-may-leave", help="Text may go to a hosted model; needs --advice.")
    ] = False,
    llm: Annotated[
        str | None, typer.Option(help="Language model to price, such as gpt-5-mini; needs --advice.")
    ] = None,
    usd_per_point: Annotated[
        float | None, typer.Option(help="Worth of a point of score in US dollars; needs --advice.")
    ] = None,
    allow_outside: Outside = False,
    as_json: Json = False,
) -> None:
    """Measure how far a domain is from general English as an encoder sees it, without training it."""
    from decide.domain_gap import cli

    wishes = cli.Wishes(
        labeled_documents, documents_per_month, margin, text_may_leave, llm, usd_per_point, advice=advice
    )
    source, model, workload = cli.resolve(corpus, model, wishes, allow_outside)
    result = cli.measure(source, model, reference, text=text, encoding=encoding, exact=exact, seed=seed)
    advised = result.advice(workload, **wishes.options()) if advice else None
    file = result.to_html(output, advised) if output else None
    if as_json:
        typer.echo(cli.as_json(result, advised))
        return
    print_gap(result)
    if advised is not None:
        cli.print_advice(advised)
    if file:
        typer.echo(f"Report: {file.resolve()}")
