"""Evaluation sets from a ``datasets.DatasetDict``, or from pandas DataFrames by the name of their split."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from evalsets.assemble import assemble
from evalsets.corpus import Corpus
from evalsets.errors import DataError
from evalsets.evalset import EvalSet, Split
from evalsets.frames import frame_rows, is_frame
from evalsets.loaders import collect_split
from evalsets.options import Options
from evalsets.rows import Row, missing_column, stop
from evalsets.tasks import reader_of
from evalsets.values import as_text

if TYPE_CHECKING:
    import datasets

DEV_NAMES = ("validation", "dev", "valid")
"""Where a development split is looked for when none is named."""


def load_datasets(
    dataset: datasets.DatasetDict,
    *,
    train: str,
    dev: str | None,
    test: str | None,
    unlabeled: str | None,
    reference: str | None,
    options: Options,
) -> EvalSet:
    """What :meth:`EvalSet.from_datasets` does; see there.

    Raises:
        DataError: With split, row, field and remedy.
    """
    if not isinstance(dataset, Mapping):
        raise DataError(
            f"a {type(dataset).__name__} has no splits",
            remedy="Give a datasets.DatasetDict, for example the result of load_dataset without split=, or "
            'splits by name: {"train": …, "test": …}.',
        )
    if dev is None:
        dev = next((split for split in DEV_NAMES if split in dataset), None)
    reader = reader_of(options)

    def read(split: str) -> Split:
        table = _table(dataset, split)
        columns = reader.columns(lambda: list(_features(table)))
        rows = _rows(table, reader.with_group(columns), split)
        items = reader.items(rows, columns, split, stop)
        return collect_split(items, split, grouped=options.group is not None)

    def corpus(split: str | None) -> Corpus | None:
        return None if split is None else _corpus(_table(dataset, split), options.text, split)

    return assemble(
        train=read(train),
        dev=None if dev is None else read(dev),
        test=None if test is None else read(test),
        unlabeled=corpus(unlabeled),
        reference=corpus(reference),
        reader=reader,
        name=options.name or _name(_table(dataset, train)),
    )


def _table(dataset: Mapping[str, Any], split: str) -> Any:
    if split in dataset:
        table = dataset[split]
        if not (is_frame(table) or hasattr(table, "features")):
            raise DataError(
                f"the split is a {type(table).__name__}",
                file=split,
                remedy="Give a datasets.Dataset or a pandas DataFrame.",
            )
        return table
    near = difflib.get_close_matches(split, list(dataset), 1)
    raise DataError(
        f"there is no split {split!r}; splits are {', '.join(map(repr, dataset)) or 'none'}",
        remedy=f"Did you mean {near[0]!r}?"
        if near
        else "Name the split with train=, dev=, test=, unlabeled= or reference=.",
    )


def _rows(table: Any, columns: Sequence[str], split: str) -> Iterator[Row]:
    """Numbered rows; class indices become class names."""
    features = _features(table)
    for column in columns:
        if column not in features:
            raise missing_column(column, list(features), file=split)
    names = {c: _class_names(features[c]) for c in columns}
    if is_frame(table):
        yield from frame_rows(table, columns, split)
        return
    # with_format(None) undoes set_format("torch"), which would turn integers into tensors.
    plain = table.select_columns(list(dict.fromkeys(columns))).with_format(None)
    for number, row in enumerate(plain, start=1):
        yield number, tuple(_named(row[c], names[c]) for c in columns)


def _features(table: Any) -> Mapping[str, Any]:
    """The columns of a table, each with what a Dataset says of it."""
    return dict.fromkeys(table.columns) if is_frame(table) else table.features or {}


def _class_names(feature: Any) -> Sequence[str] | None:
    """The names behind the integers of a ClassLabel or of a list of them."""
    names: Sequence[str] | None = getattr(getattr(feature, "feature", feature), "names", None)
    return names


def _named(value: Any, names: Sequence[str] | None) -> Any:
    if names is None:
        return value
    if isinstance(value, list):
        return [_named(v, names) for v in value]
    if not isinstance(value, int):
        return value
    # By convention -1 marks a row whose label is withheld.
    return names[value] if 0 <= value < len(names) else None


def _corpus(table: Any, text: str, split: str) -> Corpus:
    rows = _rows(table, (text,), split)
    documents = (as_text(v[0], file=split, row=row, field=text) for row, v in rows)
    return Corpus(documents=tuple(document for document in documents if document.strip()))


def _name(table: Any) -> str:
    return str(getattr(table.info, "dataset_name", None) or "data")
