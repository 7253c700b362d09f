"""From splits that were read to an evaluation set: checks, development split, label set, notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evalsets.checks import check_splits, drop_empty
from evalsets.corpus import Corpus
from evalsets.dropping import check_drop, drop_rows
from evalsets.errors import DecideError
from evalsets.evalset import EvalSet, Split
from evalsets.findings import check_allow, notes_on, raise_first
from evalsets.overlap import check_corpus
from evalsets.splits import split_dev
from evalsets.tasks import TASKS, Task


def assemble(
    *,
    train: Split,
    dev: Split | None,
    test: Split,
    unlabeled: Corpus | None,
    reference: Corpus | None = None,
    text: str,
    label: str,
    task: str,
    metric: str,
    label_descriptions: Mapping[str, str],
    name: str,
    allow: Sequence[str],
    drop: Sequence[str] = (),
    dev_fraction: float,
    seed: int,
    synthetic: bool = False,
) -> EvalSet:
    """Check splits and make an evaluation set of them; arguments as in ``EvalSet.from_files``.

    Raises:
        DataError: For the first error that is not allowed.
        DecideError: If the task cannot be made.
    """
    check_allow(allow)
    check_drop(drop)
    train, dev, test, removed = drop_rows(train, dev, test, drop)
    findings = check_splits(train, dev, test, text=text, label=label)
    if unlabeled is not None:
        findings += check_corpus(unlabeled, test)
    raise_first(findings, allow)
    train, test = drop_empty(train), drop_empty(test)
    dev = None if dev is None else drop_empty(dev)
    whole = make_task(task, metric, label_descriptions, train, dev, test)
    notes = [*removed, *notes_on(findings)]
    if dev is None:
        train, dev, note = split_dev(train, dev_fraction, seed)
        notes.append(note)
    return EvalSet(
        name=name,
        task=whole,
        train=train,
        dev=dev,
        test=test,
        unlabeled=unlabeled,
        reference=reference,
        notes=tuple(notes),
        synthetic=synthetic,
    )


def make_task(
    kind: str,
    metric: str,
    descriptions: Mapping[str, str],
    *splits: Split | None,
) -> Task:
    """The task over every label that occurs in the splits.

    Raises:
        DecideError: If the kind or the metric is unknown, or a description names no label.
    """
    if kind not in TASKS:
        raise DecideError(f"Unknown task {kind!r}. Known tasks: {', '.join(sorted(TASKS))}.")
    labels = label_set({value for split in splits if split is not None for value in split.labels})
    make: Any = TASKS[kind]
    task: Task = make(labels=labels, descriptions=dict(descriptions), metric=metric)
    return task


def label_set(values: set[str]) -> tuple[str, ...]:
    """Labels in alphabetical order, or in numerical order where all are integers."""
    numeric = all(value.removeprefix("-").isdecimal() for value in values)
    return tuple(sorted(values, key=int) if numeric else sorted(values))
