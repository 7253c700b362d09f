"""From splits that were read to an evaluation set: checks, development split, label set, notes."""

from __future__ import annotations

from evalsets.checks import check_splits, drop_empty
from evalsets.corpus import Corpus
from evalsets.dropping import check_drop, drop_rows
from evalsets.errors import DataError
from evalsets.evalset import EvalSet, Split
from evalsets.findings import check_allow, notes_on, raise_first
from evalsets.hold_out import hold_out
from evalsets.options import Options
from evalsets.overlap import check_corpus
from evalsets.splits import split_dev
from evalsets.tasks import Reader, Task, task_class


def assemble(
    *,
    train: Split,
    dev: Split | None,
    test: Split | None,
    unlabeled: Corpus | None,
    reference: Corpus | None,
    reader: Reader,
    name: str,
) -> EvalSet:
    """Check splits and make an evaluation set of them; arguments as in ``EvalSet.from_files``.

    Raises:
        DataError: For the first error that is not allowed.
        DecideError: If the task cannot be made.
    """
    options = reader.options
    kind = task_class(options.task)
    check_allow(options.allow)
    check_drop(options.drop)
    train, dev, test, done = prepare(train, dev, test, options)
    findings = check_splits(train, dev, test, text=options.text, label=reader.gold_column, task=kind)
    if unlabeled is not None:
        findings += check_corpus(unlabeled, test)
    raise_first(findings, options.allow)
    train, test = drop_empty(train), drop_empty(test)
    dev = None if dev is None else drop_empty(dev)
    task = make_task(reader, train, dev, test)
    notes = [*done, *notes_on(findings)]
    if dev is None:
        train, dev, note = split_dev(train, options.dev_fraction, options.seed, kind)
        notes.append(note)
    return EvalSet(
        name=name,
        task=task,
        train=train,
        dev=dev,
        test=test,
        unlabeled=unlabeled,
        reference=reference,
        notes=tuple(notes),
        synthetic=options.synthetic,
    )


def prepare(
    train: Split, dev: Split | None, test: Split | None, options: Options
) -> tuple[Split, Split | None, Split, list[str]]:
    """The splits after ``hold_out`` and ``drop``, and what they did, in sentences.

    Raises:
        DataError: If there is nothing to test on.
        DecideError: If no row is of the group to hold out.
    """
    notes = []
    if options.hold_out is not None:
        train, dev, test, note = hold_out(train, dev, test, options.hold_out)
        notes.append(note)
    if test is None:
        raise DataError(
            "there is no test split",
            remedy="Give test=, or name a group of train to test on by hold_out=. One file without groups is "
            "to be split before, at random, and by what must not be in both, such as patients.",
        )
    train, dev, test, removed = drop_rows(train, dev, test, options.drop, task_class(options.task))
    return train, dev, test, notes + removed


def make_task(reader: Reader, *splits: Split | None) -> Task:
    """The task over every label that occurs in the splits.

    Raises:
        DecideError: If the metric is unknown, or a description names no label.
    """
    return reader.task([gold for split in splits if split is not None for gold in split.labels])
