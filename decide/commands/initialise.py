"""``decide init``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from decide.starter import Start


def init(
    folder: Annotated[Path, typer.Argument(help="Where the files go; made if missing.")] = Path(),
    task: Annotated[
        str | None, typer.Option(help="Kind of task; by default what the training file suggests.")
    ] = None,
    train: Annotated[
        Path | None, typer.Option(help="Training file, looked at for columns and labels.")
    ] = None,
    test: Annotated[Path | None, typer.Option(help="Test file.")] = None,
    dev: Annotated[Path | None, typer.Option(help="Development file.")] = None,
    unlabeled: Annotated[Path | None, typer.Option(help="Domain text without labels.")] = None,
    text: Annotated[str | None, typer.Option(help="Text column.")] = None,
    label: Annotated[str | None, typer.Option(help="Column of gold annotations.")] = None,
    group: Annotated[str | None, typer.Option(help="Group column.")] = None,
    encoder: Annotated[
        str | None, typer.Option(help="Encoder to fine-tune and adapt; otherwise these arms are comments.")
    ] = None,
    llm: Annotated[
        str | None, typer.Option(help="Language model to prompt; otherwise this arm is a comment.")
    ] = None,
    example: Annotated[
        bool, typer.Option("--example", help="Write small synthetic data too, and use them.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that are there.")] = False,
) -> None:
    """Write a commented engagement.yaml and its JSON Schema, from your data or with an example."""
    from decide.starter import start

    said, written = start(
        folder,
        task=task,
        train=train,
        test=test,
        dev=dev,
        unlabeled=unlabeled,
        text=text,
        label=label,
        group=group,
        encoder=encoder,
        llm=llm,
        with_example=example,
        force=force,
    )
    for file in written:
        typer.echo(f"Written: {file}")
    if train is not None:
        _say_columns(said)
    file = next(f for f in written if f.suffix == ".yaml")
    home = file.parent.resolve()
    own = [path for path in (train, test, dev, unlabeled) if path is not None]
    outside = any(not path.resolve().is_relative_to(home) for path in own)
    # An engagement file may have been written by somebody else, so that what it names elsewhere needs a word.
    more = " --allow-outside" if outside else ""
    typer.echo(f"Next: decide check {file}{more}, then decide compare {file}{more}")


def _say_columns(said: Start) -> None:
    """Which columns were taken, and which others may have been meant."""
    if said.label is None:
        return  # the format names its own
    labels = f" ({', '.join(said.labels[:_SHOWN])}{', …' if len(said.labels) > _SHOWN else ''})"
    typer.echo(f"Text: {said.text}. Label: {said.label}{labels if said.labels else ''}.")
    if said.rivals:
        typer.echo(f"The label may also be {' or '.join(said.rivals)}; then say so by --label.")


_SHOWN = 5
"""Labels that are named."""
