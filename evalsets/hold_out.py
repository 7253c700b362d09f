"""Whole groups kept for test."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from evalsets.errors import DataError, DecideError
from evalsets.evalset import EvalSet, Split
from evalsets.overlap import text_keys
from evalsets.splits import split_dev
from evalsets.wording import counted, row_of, source_of

T = TypeVar("T")


def hold_out(
    train: Split, dev: Split | None, test: Split | None, group: str
) -> tuple[Split, Split | None, Split, str]:
    """The splits after all rows of a group went to test, and a note on how many did.

    Raises:
        DecideError: If rows have no groups, or none has this one.
        DataError: If nothing remains in a split.
    """
    there = [split for split in (train, dev, test) if split is not None]
    _check_group(there, group)
    outside = [_where(split, group, inside=False) for split in (train, dev) if split is not None]
    moved = [_where(split, group, inside=True) for split in (train, dev) if split is not None]
    for split, rest in zip((s for s in (train, dev) if s is not None), outside, strict=True):
        if not len(rest):
            raise DataError(
                f"every row is of the group {group!r}, which hold_out sends to test",
                file=split.source,
                remedy="Hold out another group, or add rows of others.",
            )
    new = pooled([split for split in (*([] if test is None else [test]), *moved) if len(split)])
    count = sum(map(len, moved))
    note = f"test: {counted(count, 'row')} of the group {group!r} moved here from train and dev."
    return outside[0], outside[1] if dev is not None else None, new, note


def leave_group_out(data: EvalSet, group: str, dev_fraction: float, seed: int) -> EvalSet:
    """What :meth:`EvalSet.leave_group_out` does; see there.

    Raises:
        DecideError: If rows have no groups, none has this one, or no row has another.
    """
    parts = [data.train, data.dev, data.test]
    _check_group(parts, group)
    whole = pooled(parts)
    test, rest = _where(whole, group, inside=True), _where(whole, group, inside=False)
    if not len(rest):
        raise DecideError(
            f"Every row is of the group {group!r}. There must be rows of another to learn from."
        )
    seen = set(text_keys(test))
    kept = [i for i, key in enumerate(text_keys(rest)) if key not in seen]
    notes = [
        f"test: the {counted(len(test), 'row')} of the group {group!r}, no row of which is in train or dev."
    ]
    if len(kept) < len(rest):
        notes.append(f"train: {counted(len(rest) - len(kept), 'row')} removed, whose text {group!r} has too.")
    train, dev, note = split_dev(rest.take(kept), dev_fraction, seed, type(data.task))
    if data.unlabeled is not None:
        notes.append(f"The unlabelled text is as it was, and may hold text of {group!r}.")
    earlier = [f"Of the set this was made from: {line}" for line in data.notes]
    return replace(
        data,
        name=f"{data.name}, {group} held out",
        train=train,
        dev=dev,
        test=test,
        notes=(*notes, note, *earlier),
    )


def groups_of(data: EvalSet) -> list[str]:
    """The groups of all splits, in alphabetical order.

    Raises:
        DecideError: If rows have no groups.
    """
    parts = (data.train, data.dev, data.test)
    if any(split.groups is None for split in parts):
        raise DecideError("Rows have no groups. Name the column that holds them by group=.")
    return sorted({group for split in parts for group in split.groups or ()})


def pooled(splits: Sequence[Split]) -> Split:
    """The items of all splits in order, each knowing the file it came from."""
    if len(splits) == 1:
        return splits[0]
    sources = dict.fromkeys(split.source for split in splits)
    grouped = all(split.groups is not None for split in splits)
    return Split(
        texts=tuple(text for split in splits for text in split.texts),
        labels=tuple(gold for split in splits for gold in split.labels),
        groups=tuple(group for split in splits for group in split.groups or ()) if grouped else None,
        source=" + ".join(sources),
        rows=tuple(row_of(split, i) for split in splits for i in range(len(split))),
        sources=tuple(source_of(split, i) for split in splits for i in range(len(split))),
        tokens=_concatenated([(split.tokens, len(split)) for split in splits]),
        evidence=_concatenated([(split.evidence, len(split)) for split in splits]),
    )


def _concatenated(columns: list[tuple[tuple[T | None, ...] | None, int]]) -> tuple[T | None, ...] | None:
    if all(column is None for column, _ in columns):
        return None
    return tuple(v for column, n in columns for v in (column if column is not None else (None,) * n))


def _where(split: Split, group: str, *, inside: bool) -> Split:
    return split.take([i for i, g in enumerate(split.groups or ()) if (g == group) == inside])


def _check_group(splits: Sequence[Split], group: str) -> None:
    if any(split.groups is None for split in splits):
        raise DecideError("Rows have no groups. Name the column that holds them by group=.")
    known = {g for split in splits for g in split.groups or ()}
    if group not in known:
        near = difflib.get_close_matches(group, sorted(known), 1)
        hint = f"Did you mean {near[0]!r}?" if near else f"Groups are: {', '.join(sorted(known)[:20])}."
        raise DecideError(f"No row is of the group {group!r}. {hint}")
