"""Data sets of which one group was kept out of training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, TypeVar

from evalsets import DecideError, EvalSet, Split
from evalsets.overlap import text_keys

T = TypeVar("T")
Wanted = Literal["each"] | Sequence[str] | None


def check_held_out(wanted: Wanted, data: EvalSet) -> tuple[str, ...]:
    """The groups to hold out.

    Raises:
        DecideError: If rows have no groups, a group is unknown or cannot be spared.
    """
    if wanted is None:
        return ()
    if data.train.groups is None or data.dev.groups is None:
        raise DecideError("held_out_groups needs a group for each row, and there is none. Load with group=.")
    learned = sorted({*data.train.groups, *data.dev.groups})
    if isinstance(wanted, str) and wanted != "each":
        raise DecideError(f"held_out_groups is {wanted!r}. Give 'each' or names, such as ({wanted!r},).")
    names = learned if isinstance(wanted, str) else list(dict.fromkeys(wanted))
    if not names:
        raise DecideError("held_out_groups is empty. Give 'each', names of groups, or None.")
    for name in names:
        if name not in learned:
            only = name in (data.test.groups or ())
            why = "is only in test, so it is held out already" if only else "does not occur"
            raise DecideError(
                f"Group {name!r} of held_out_groups {why}. Groups to learn from are: {', '.join(learned)}."
            )
        fold = hold_out(data, name)
        if not len(fold.train) or not len(fold.dev):
            part = "dev" if len(fold.train) else "train"
            raise DecideError(f"Without group {name!r} nothing is left in {part}, so it cannot be held out.")
        lack = data.task.lack(fold.train.labels)
        if lack is not None:
            raise DecideError(f"Without group {name!r} {lack.problem}, so it cannot be held out.")
    return tuple(names)


def hold_out(data: EvalSet, group: str) -> EvalSet:
    """``data`` with all rows of a group in test and none in train and dev.

    Test keeps its rows of other groups, which are the in-domain side. Texts that the group shares with
    train or dev are removed from those.

    Args:
        data: Splits with groups.
        group: The group.
    """
    parts = [data.train, data.dev, data.test]
    moved = [_rows(split, group, True) for split in parts]
    known = {key for part in moved for key in text_keys(part)}
    train, dev = (_without(_rows(split, group, False), known) for split in parts[:2])
    test = _joined([_rows(data.test, group, False), *moved])
    return replace(data, train=train, dev=dev, test=test, notes=(*data.notes, f"Group {group} held out."))


def _rows(split: Split, group: str, inside: bool) -> Split:
    groups = split.groups or ()
    return split.take([i for i, g in enumerate(groups) if (g == group) is inside])


def _without(split: Split, known: set[bytes]) -> Split:
    return split.take([i for i, key in enumerate(text_keys(split)) if key not in known])


def _joined(parts: Sequence[Split]) -> Split:
    def column(name: str) -> tuple[T, ...] | None:
        columns = [getattr(part, name) for part in parts if len(part)]
        return None if any(c is None for c in columns) else tuple(v for c in columns for v in c)

    return replace(
        parts[0],
        texts=tuple(text for part in parts for text in part.texts),
        labels=tuple(label for part in parts for label in part.labels),
        groups=column("groups"),
        rows=(),
        tokens=column("tokens"),
        evidence=column("evidence"),
    )
