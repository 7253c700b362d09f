"""Writing the first engagement: the file, its schema and, if asked for, example data."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from decide.files import write_atomically
from decide.schema import FILE, engagement_schema
from decide.starter.example import example
from decide.starter.inspect import inspect
from decide.starter.text import Start, engagement_text
from evalsets import DecideError
from evalsets.tasks import task_class

NAME = "engagement.yaml"


def start(
    folder: Path,
    *,
    task: str | None = None,
    train: Path | None = None,
    test: Path | None = None,
    dev: Path | None = None,
    unlabeled: Path | None = None,
    text: str | None = None,
    label: str | None = None,
    group: str | None = None,
    encoder: str | None = None,
    llm: str | None = None,
    with_example: bool = False,
    force: bool = False,
) -> tuple[Start, list[Path]]:
    """Write ``engagement.yaml`` and its schema into a folder; returns what it says and what was written.

    Args:
        folder: Where to; made if missing.
        task: Kind of task; by default what the training file suggests.
        train: Training file, which is looked at for columns and labels.
        test: Test file.
        dev: Development file.
        unlabeled: Domain text.
        text: Column of the text.
        label: Column of the gold annotation.
        group: Column of the group.
        encoder: Encoder of arms that are run; without it they are commented out.
        llm: Language model of arms that are run; without it they are commented out.
        with_example: Whether to write small synthetic data too, and use them.
        force: Whether files that are there may be overwritten.

    Raises:
        DecideError: If files are there already, or the options do not fit.
    """
    if task is not None:
        task_class(task)
    if with_example and (train or test):
        raise DecideError("--example brings its own data. Give either that or --train and --test.")
    if (train is None) != (test is None):
        raise DecideError("Give both --train and --test, or neither.")
    files: dict[str, str] = {}
    found = Start(task=task or "text_classification", encoder=encoder, llm=llm, group=group)
    if with_example:
        files |= example(found.task)
        found = _of_example(found, files)
    elif train is not None and test is not None:
        found, more = _of_files(found, folder, train, test, task, text, label)
        files |= more
    else:
        found = replace(found, text=text, label=label)
    if dev is not None:
        found = replace(found, dev=_named(dev, folder))
    if unlabeled is not None:
        found = replace(found, unlabeled=_named(unlabeled, folder))
    files[NAME] = engagement_text(found)
    files[FILE] = json.dumps(engagement_schema(), indent=1, ensure_ascii=False) + "\n"
    return found, _written(folder, files, force)


def _of_example(found: Start, files: dict[str, str]) -> Start:
    return replace(
        found,
        dev="dev.jsonl",
        unlabeled="notes.txt",
        group="institution",
        schema="fields.json" if "fields.json" in files else None,
        title="Example: synthetic clinical notes",
        synthetic=True,
    )


def _of_files(
    found: Start,
    folder: Path,
    train: Path,
    test: Path,
    task: str | None,
    text: str | None,
    label: str | None,
) -> tuple[Start, dict[str, str]]:
    """The start that the given files suggest, and files it needs beside them."""
    seen = inspect(train, task=task, text=text, label=label)
    if not test.is_file():
        raise DecideError(f"{test}: is no file. Give the test file.")
    files = {}
    if seen.schema is not None:
        files["fields.json"] = json.dumps(seen.schema, indent=1, ensure_ascii=False) + "\n"
    start = replace(
        found,
        task=seen.task,
        train=_named(train, folder),
        test=_named(test, folder),
        text=seen.text,
        label=seen.label,
        groups=seen.groups,
        rivals=seen.rivals,
        labels=seen.labels,
        schema="fields.json" if files else None,
        title=f"Which approach for {train.resolve().parent.name or 'this task'}?",
    )
    return start, files


def _named(file: Path, folder: Path) -> str:
    """A file as the engagement file names it: relative where it is in its folder, else whole."""
    whole, home = file.resolve(), folder.resolve()
    return whole.relative_to(home).as_posix() if whole.is_relative_to(home) else str(whole)


def _written(folder: Path, files: dict[str, str], force: bool) -> list[Path]:
    """Write all files or, if one is there and may not be overwritten, none."""
    there = [name for name in files if (folder / name).exists()]
    if there and not force:
        raise DecideError(
            f"{folder}: {', '.join(there)} {'is' if len(there) == 1 else 'are'} there already. Take another "
            "folder, or overwrite by --force."
        )
    return [write_atomically(folder / name, text) for name, text in files.items()]
