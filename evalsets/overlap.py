"""Texts that occur more than once: within a split, in two splits, in the unlabelled text."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from evalsets.findings import Finding
from evalsets.tasks import Task, TextClassification
from evalsets.wording import counted, row_of, share, source_of

if TYPE_CHECKING:
    from evalsets.corpus import Corpus
    from evalsets.evalset import Split


def text_key(text: str) -> bytes:
    """What two texts share when they differ in case and whitespace only.

    >>> text_key("No fever.") == text_key("no  FEVER.")
    True
    """
    # A digest, not the text: a million long documents must not be held twice.
    return hashlib.blake2b(" ".join(text.casefold().split()).encode(), digest_size=16).digest()


def text_keys(split: Split) -> list[bytes]:
    """The :func:`text_key` of every text."""
    return [text_key(text) for text in split.texts]


def check_repeated(
    name: str,
    split: Split,
    keys: Sequence[bytes],
    text: str,
    label: str,
    task: type[Task] = TextClassification,
) -> list[Finding]:
    """Repeated texts of one split: ``duplicates`` with one label, ``conflicting_labels`` with several."""
    copies, conflicts = _repeated(split, keys, task)
    found = [_conflicting(name, split, conflicts, label, task)] if conflicts else []
    return found + ([_duplicates(name, split, copies, text)] if copies else [])


def _repeated(
    split: Split, keys: Sequence[bytes], task: type[Task]
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Rows that repeat an earlier one, and the first row of each text that contradicts one; with that row."""
    first_at: dict[bytes, int] = {}
    first_with: dict[tuple[bytes, str], int] = {}
    disputed: set[bytes] = set()
    copies: list[tuple[int, int]] = []
    conflicts: list[tuple[int, int]] = []
    for i, key in enumerate(keys):
        gold = task.key(split.labels[i])
        if (key, gold) in first_with:
            copies.append((first_with[key, gold], i))
            continue
        first_with[key, gold] = i
        first = first_at.setdefault(key, i)
        if first != i and key not in disputed:
            disputed.add(key)
            conflicts.append((first, i))
    return copies, conflicts


def _conflicting(
    name: str, split: Split, conflicts: Sequence[tuple[int, int]], label: str, task: type[Task]
) -> Finding:
    a, b = conflicts[0]
    return Finding(
        "conflicting_labels",
        "error",
        f"{counted(len(conflicts), 'text')} {'occurs' if len(conflicts) == 1 else 'occur'} "
        f"with different labels (row {row_of(split, a)} is {_shown(split, a, task)!r}, "
        f"row {row_of(split, b)} the same text is {_shown(split, b, task)!r})",
        source_of(split, b),
        row_of(split, b),
        label,
        'Settle on one label for each text, remove them by drop=("conflicting_labels",), '
        'or pass allow=("conflicting_labels",) if the label depends on more than the text.',
        len(conflicts),
        name,
    )


def _duplicates(name: str, split: Split, copies: Sequence[tuple[int, int]], text: str) -> Finding:
    a, b = copies[0]
    return Finding(
        "duplicates",
        "error",
        share(len(copies), split, "repeats", "repeat") + " the text "
        f"and label of an earlier row (row {row_of(split, b)} repeats row {row_of(split, a)})",
        source_of(split, b),
        row_of(split, b),
        text,
        'Remove them by drop=("duplicates",), or keep them by allow=("duplicates",).',
        len(copies),
        name,
    )


def _shown(split: Split, index: int, task: type[Task]) -> str:
    return task.show(split.labels[index], split.texts[index])


def check_leakage(
    source: str, target: str, splits: Mapping[str, Split], keys: Mapping[str, Sequence[bytes]], text: str
) -> list[Finding]:
    """Texts of ``target`` that are also in ``source``."""
    first_at: dict[bytes, int] = {}
    for i, key in enumerate(keys[source]):
        first_at.setdefault(key, i)
    rows = [i for i, key in enumerate(keys[target]) if key in first_at]
    if not rows:
        return []
    split = splits[target]
    there = row_of(splits[source], first_at[keys[target][rows[0]]])
    return [
        Finding(
            "leakage",
            "error",
            share(len(rows), split, "has", "have") + f" a text that is also in {source} "
            f"(row {row_of(split, rows[0])} is row {there} of {source})",
            source_of(split, rows[0]),
            row_of(split, rows[0]),
            text,
            f'Remove them from {source} by drop=("leakage",), or pass allow=("leakage",) '
            "and expect scores that are too high.",
            len(rows),
            target,
        )
    ]


def check_corpus(
    corpus: Corpus, test: Split, documents: Iterable[str] | None = None, part: str = "unlabeled"
) -> list[Finding]:
    """Whether there is unlabelled text, and whether test texts occur in it. Reads it as a stream.

    Args:
        corpus: The unlabelled text.
        test: The test split.
        documents: The same text, when it is already being read.
        part: The argument that it was given by.
    """
    wanted = set(text_keys(test))
    place = str(corpus.files[0]) if corpus.files else part
    read, met = 0, set()
    for document in corpus if documents is None else documents:
        read += 1
        key = text_key(document)
        if key in wanted:
            met.add(key)
    if not read:
        return [
            Finding("no_documents", "error", "there is no document", place, split=part,
                    remedy=f"Give a file with text, or leave {part}= out.")
        ]  # fmt: skip
    if not met:
        return []
    return [
        Finding(
            "unlabeled_overlap",
            "warning",
            f"{len(met):,} test texts also occur in the unlabelled text, so arms that pretrain on it see them"
            " without their labels",
            place,
            remedy="Remove the test texts from it for an inductive comparison.",
            count=len(met),
            split=part,
        )
    ]
