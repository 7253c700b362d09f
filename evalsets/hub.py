"""Evaluation sets from a ``datasets.DatasetDict``."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from evalsets.assemble import assemble
from evalsets.corpus import Corpus
from evalsets.errors import DataError
from evalsets.evalset import EvalSet, Split
from evalsets.formats import Row, missing_column
from evalsets.loaders import collect_split
from evalsets.values import as_text

if TYPE_CHECKING:
    import datasets

DEV_NAMES = ("validation", "dev", "valid")
"""Where a development split is looked for when none is named."""


def load_datasets(
    dataset: datasets.DatasetDict,
    *,
    text: str = "text",
    label: str = "label",
    group: str | None = None,
    train: str = "train",
    dev: str | None = None,
    test: str = "test",
    unlabeled: str | None = None,
    reference: str | None = None,
    task: str = "text_classification",
    metric: str = "macro_f1",
    label_descriptions: Mapping[str, str] | None = None,
    name: str | None = None,
    allow: Sequence[str] = (),
    drop: Sequence[str] = (),
    dev_fraction: float = 0.1,
    seed: int = 0,
) -> EvalSet:
    """What :meth:`EvalSet.from_datasets` does; see there.

    Raises:
        DataError: With split, row, field and remedy.
    """
    if not isinstance(dataset, Mapping):
        raise DataError(
            f"a {type(dataset).__name__} has no splits",
            remedy="Give a datasets.DatasetDict, for example the result of load_dataset without split=.",
        )
    if dev is None:
        dev = next((split for split in DEV_NAMES if split in dataset), None)

    def read(split: str) -> Split:
        table = _table(dataset, split)
        columns = (text, label) if group is None else (text, label, group)
        rows = _rows(table, columns, split)
        return collect_split(rows, source=split, text=text, label=label, group=group)

    def corpus(split: str | None) -> Corpus | None:
        return None if split is None else _corpus(_table(dataset, split), text, split)

    return assemble(
        train=read(train),
        dev=None if dev is None else read(dev),
        test=read(test),
        unlabeled=corpus(unlabeled),
        reference=corpus(reference),
        text=text,
        label=label,
        task=task,
        metric=metric,
        label_descriptions=label_descriptions or {},
        name=name or _name(_table(dataset, train)),
        allow=allow,
        drop=drop,
        dev_fraction=dev_fraction,
        seed=seed,
    )


def _table(dataset: Mapping[str, Any], split: str) -> Any:
    if split in dataset:
        return dataset[split]
    near = difflib.get_close_matches(split, list(dataset), 1)
    raise DataError(
        f"there is no split {split!r}; splits are {', '.join(map(repr, dataset)) or 'none'}",
        remedy=f"Did you mean {near[0]!r}?"
        if near
        else "Name the split with train=, dev=, test=, unlabeled= or reference=.",
    )


def _rows(table: Any, columns: Sequence[str], split: str) -> Iterator[Row]:
    """Numbered rows; class indices become class names."""
    from datasets import ClassLabel

    features = table.features or {}
    for column in columns:
        if column not in features:
            raise missing_column(column, list(features), file=split)
    names = {c: features[c].names for c in columns if isinstance(features[c], ClassLabel)}
    # with_format(None) undoes set_format("torch"), which would turn integers into tensors.
    plain = table.select_columns(list(columns)).with_format(None)
    for number, row in enumerate(plain, start=1):
        yield number, tuple(_named(row[c], names.get(c)) for c in columns)


def _named(value: Any, names: Sequence[str] | None) -> Any:
    if names is None or not isinstance(value, int):
        return value
    # By convention -1 marks a row whose label is withheld.
    return names[value] if 0 <= value < len(names) else None


def _corpus(table: Any, text: str, split: str) -> Corpus:
    rows = _rows(table, (text,), split)
    return Corpus(documents=tuple(as_text(v[0], file=split, row=row, field=text) for row, v in rows))


def _name(table: Any) -> str:
    return str(getattr(table.info, "dataset_name", None) or "data")
