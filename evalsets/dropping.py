"""Removing rows that would spoil a comparison, when the user asks for it by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from evalsets.errors import DecideError
from evalsets.overlap import text_keys
from evalsets.tasks import Task, TextClassification

if TYPE_CHECKING:
    from evalsets.evalset import Split

DROPPABLE = ("conflicting_labels", "duplicates", "leakage")
"""Codes of the errors whose rows ``drop`` can remove."""


def check_drop(drop: Sequence[str]) -> None:
    """Refuse a name that cannot be dropped.

    Raises:
        DecideError: Naming what can be.
    """
    unknown = [code for code in drop if code not in DROPPABLE]
    if unknown:
        hint = " Rows with an empty text are dropped when allow names them." if "empty" in unknown else ""
        raise DecideError(f"drop names {unknown[0]!r}, which is none of {', '.join(DROPPABLE)}.{hint}")


def drop_rows(
    train: Split,
    dev: Split | None,
    test: Split,
    drop: Sequence[str],
    task: type[Task] = TextClassification,
) -> tuple[Split, Split | None, Split, list[str]]:
    """The splits without the rows that ``drop`` names, and what was removed, in sentences.

    ``conflicting_labels`` removes every copy of a text that has several labels within a split;
    ``duplicates`` keeps the first copy of a text with the same label, so that it settles no contradiction;
    ``leakage`` removes from train what is in dev or test, and from
    dev what is in test. Test loses no row to leakage.
    """
    notes: list[str] = []
    splits = {"train": train, "dev": dev, "test": test}

    def keep(name: str, wanted: Callable[[Split], list[bool]], why: str) -> None:
        split = splits[name]
        if split is None:
            return
        mask = wanted(split)
        if not all(mask):
            splits[name] = split.take([i for i, kept in enumerate(mask) if kept])
            notes.append(f"{name}: {mask.count(False):,} of {len(split):,} rows removed, {why}.")

    for name in splits:
        if "conflicting_labels" in drop:
            keep(name, lambda split: _unambiguous(split, task), "their text occurs with several labels")
        if "duplicates" in drop:
            keep(name, lambda split: _first_copies(split, task), "they repeat an earlier row")
    if "leakage" in drop:
        for name, later in (("dev", ("test",)), ("train", ("dev", "test"))):
            seen = {key for other in later for key in text_keys(splits[other] or test)}
            keep(name, lambda s, seen=seen: [k not in seen for k in text_keys(s)], _leak(later))  # type: ignore[misc]
    kept_train, kept_test = splits["train"], splits["test"]
    assert kept_train is not None
    assert kept_test is not None
    return kept_train, splits["dev"], kept_test, notes


def _leak(later: Sequence[str]) -> str:
    return f"their text is also in {' or '.join(later)}"


def _unambiguous(split: Split, task: type[Task]) -> list[bool]:
    labels: dict[bytes, set[str]] = defaultdict(set)
    keys = text_keys(split)
    for key, label in zip(keys, split.labels, strict=True):
        labels[key].add(task.key(label))
    return [len(labels[key]) == 1 for key in keys]


def _first_copies(split: Split, task: type[Task]) -> list[bool]:
    seen: set[tuple[bytes, str]] = set()
    mask = []
    for text, label in zip(text_keys(split), split.labels, strict=True):
        copy = (text, task.key(label))
        mask.append(copy not in seen)
        seen.add(copy)
    return mask
