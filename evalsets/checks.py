"""Checks of the splits of an evaluation set, each in time linear in the rows."""

from __future__ import annotations

import difflib
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from evalsets.corpus import Corpus
from evalsets.evalset import Split
from evalsets.findings import Finding

TINY_TEST = 100
"""Below this many test items a 95 % interval of an accuracy is about ±10 points or wider."""

RARE_LABEL = 5
"""Fewer training items of a label than this are too few to learn or to stratify by."""

_LISTED = 10


def text_key(text: str) -> bytes:
    """What two texts share when they differ in case and whitespace only."""
    # A digest, not the text: a million long documents must not be held twice.
    return hashlib.blake2b(" ".join(text.casefold().split()).encode(), digest_size=16).digest()


_EMPTY = text_key("")


def text_keys(split: Split) -> list[bytes]:
    """The :func:`text_key` of every text."""
    return [text_key(text) for text in split.texts]


def check_splits(
    train: Split, dev: Split | None, test: Split, *, text: str = "text", label: str = "label"
) -> list[Finding]:
    """Everything that :data:`ALLOWABLE` and the warnings name, errors first.

    Args:
        train: Training split.
        dev: Development split, if there is one already.
        test: Test split.
        text: Name of the text column, for messages.
        label: Name of the label column, for messages.
    """
    splits = {"train": train, "test": test} if dev is None else {"train": train, "dev": dev, "test": test}
    keys = {name: text_keys(split) for name, split in splits.items()}
    found: list[Finding] = []
    for name, split in splits.items():
        found += _empty(name, split, keys[name], text)
    found += _single_label(train, label)
    found += _unseen_labels(splits, label)
    for name, split in splits.items():
        found += _repeated(name, split, keys[name], text, label)
    for source, target in (("train", "test"), ("dev", "test"), ("train", "dev")):
        if source in splits and target in splits:
            found += _leakage(source, target, splits, keys, text)
    found += _tiny_test(test)
    found += _rare_labels(train, label)
    found += _groups(splits)
    return sorted(found, key=lambda finding: finding.level != "error")


def drop_empty(split: Split) -> Split:
    """The split without its empty texts."""
    kept = [i for i, text in enumerate(split.texts) if text.strip()]
    return split if len(kept) == len(split) else split.take(kept)


def check_corpus(corpus: Corpus, test: Split, documents: Iterable[str] | None = None) -> list[Finding]:
    """Whether there is unlabelled text, and whether test texts occur in it. Reads it as a stream.

    Args:
        corpus: The unlabelled text.
        test: The test split.
        documents: The same text, when it is already being read.
    """
    wanted = set(text_keys(test))
    place = str(corpus.files[0]) if corpus.files else "unlabeled"
    read, met = 0, set()
    for document in corpus if documents is None else documents:
        read += 1
        key = text_key(document)
        if key in wanted:
            met.add(key)
    if not read:
        return [
            Finding("no_documents", "error", "there is no document", place, split="unlabeled",
                    remedy="Give a file with text, or leave unlabeled= out.")
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
            split="unlabeled",
        )
    ]


def _row(split: Split, index: int) -> int:
    return split.rows[index] if split.rows else index + 1


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def _share(n: int, split: Split, one: str, many: str) -> str:
    return f"{n:,} of {_count(len(split), 'row')} {one if n == 1 else many}"


def _names(values: Sequence[str]) -> str:
    return ", ".join(repr(v) for v in values[:_LISTED]) + (", …" if len(values) > _LISTED else "")


def _empty(name: str, split: Split, keys: Sequence[bytes], text: str) -> list[Finding]:
    rows = [i for i, key in enumerate(keys) if key == _EMPTY]
    if not rows:
        return []
    return [
        Finding(
            "empty",
            "error",
            _share(len(rows), split, "has", "have") + " an empty text",
            split.source,
            _row(split, rows[0]),
            text,
            'Fill them in, remove them, or pass allow=("empty",) to drop them.',
            len(rows),
            name,
        )
    ]


def _single_label(train: Split, label: str) -> list[Finding]:
    if len(set(train.labels)) != 1:
        return []
    return [
        Finding(
            "single_label",
            "error",
            f"every training row has the label {train.labels[0]!r}",
            train.source,
            field=label,
            remedy=f"Give rows of at least two labels, or name another column than {label!r} with label=.",
            count=len(train),
            split="train",
        )
    ]


def _unseen_labels(splits: Mapping[str, Split], label: str) -> list[Finding]:
    seen = Counter(splits["train"].labels)
    found = []
    for name in ("dev", "test"):
        if name not in splits:
            continue
        split = splits[name]
        unseen = Counter(value for value in split.labels if value not in seen)
        if not unseen:
            continue
        first = next(i for i, value in enumerate(split.labels) if value in unseen)
        near = difflib.get_close_matches(split.labels[first].lower(), [s.lower() for s in seen], 1, 0.75)
        guess = next((s for s in seen if near and s.lower() == near[0]), None)
        total = unseen.total()
        found.append(
            Finding(
                "unseen_labels",
                "error",
                _share(total, split, "has a label", "have labels")
                + f" never seen in train: {_names(sorted(unseen))}",
                split.source,
                _row(split, first),
                label,
                (f"Is {split.labels[first]!r} meant to be {guess!r}? " if guess else "")
                + 'Add training rows, mend the labels, or pass allow=("unseen_labels",).',
                total,
                name,
            )
        )
    return found


def _repeated(name: str, split: Split, keys: Sequence[bytes], text: str, label: str) -> list[Finding]:
    first_at: dict[bytes, int] = {}
    labels_of: dict[bytes, set[str]] = {}
    seen: set[tuple[bytes, str]] = set()
    copies: list[tuple[int, int]] = []
    conflicts: list[tuple[int, int]] = []
    for i, key in enumerate(keys):
        if key == _EMPTY:
            continue
        gold = split.labels[i]
        if key not in first_at:
            first_at[key] = i
        elif (key, gold) in seen:
            copies.append((first_at[key], i))
        elif len(labels_of.setdefault(key, {split.labels[first_at[key]]})) == 1:
            conflicts.append((first_at[key], i))
            labels_of[key].add(gold)
        seen.add((key, gold))
    found = []
    if conflicts:
        a, b = conflicts[0]
        found.append(
            Finding(
                "conflicting_labels",
                "error",
                f"{_count(len(conflicts), 'text')} with different labels (row {_row(split, a)} is {split.labels[a]!r}, row {_row(split, b)} the same text "
                f"is {split.labels[b]!r})",
                split.source,
                _row(split, b),
                label,
                'Settle on one label for each text, or pass allow=("conflicting_labels",) '
                "if the label depends on more than the text.",
                len(conflicts),
                name,
            )
        )
    if copies:
        a, b = copies[0]
        found.append(
            Finding(
                "duplicates",
                "error",
                _share(len(copies), split, "repeats", "repeat") + " the text "
                f"and label of an earlier row (row {_row(split, b)} repeats row {_row(split, a)})",
                split.source,
                _row(split, b),
                text,
                'Remove them, or pass allow=("duplicates",).',
                len(copies),
                name,
            )
        )
    return found


def _leakage(
    source: str, target: str, splits: Mapping[str, Split], keys: Mapping[str, Sequence[bytes]], text: str
) -> list[Finding]:
    first_at: dict[bytes, int] = {}
    for i, key in enumerate(keys[source]):
        first_at.setdefault(key, i)
    rows = [i for i, key in enumerate(keys[target]) if key != _EMPTY and key in first_at]
    if not rows:
        return []
    split = splits[target]
    there = _row(splits[source], first_at[keys[target][rows[0]]])
    return [
        Finding(
            "leakage",
            "error",
            _share(len(rows), split, "has", "have") + f" a text that is also in {source} "
            f"(row {_row(split, rows[0])} is row {there} of {source})",
            split.source,
            _row(split, rows[0]),
            text,
            f'Remove them from {source}, or pass allow=("leakage",) and expect scores that are too high.',
            len(rows),
            target,
        )
    ]


def _tiny_test(test: Split) -> list[Finding]:
    if len(test) >= TINY_TEST:
        return []
    return [
        Finding(
            "tiny_test",
            "warning",
            f"there are only {_count(len(test), 'row')}, so intervals will be wide",
            test.source,
            remedy=f"Label at least {TINY_TEST} test rows.",
            count=len(test),
            split="test",
        )
    ]


def _rare_labels(train: Split, label: str) -> list[Finding]:
    counts = Counter(train.labels)
    found = []
    for value, count in sorted(counts.items()):
        if count < RARE_LABEL:
            first = train.labels.index(value)
            found.append(
                Finding(
                    "rare_label",
                    "warning",
                    f"the label {value!r} has only {_count(count, 'row')}",
                    train.source,
                    _row(train, first),
                    label,
                    "Add rows, merge it with another label, or remove it if it is a slip.",
                    count,
                    "train",
                )
            )
    return found


def _groups(splits: Mapping[str, Split]) -> list[Finding]:
    test = splits["test"]
    known = {g for name, split in splits.items() if name != "test" for g in split.groups or ()}
    if test.groups is None or not known:
        return []
    counts = Counter(test.groups)
    outside, inside = sorted(set(counts) - known), sorted(set(counts) & known)
    parts = [
        f"{_count(sum(counts[g] for g in groups), 'row')} from {what} ({_names(groups)})"
        for groups, what in (
            (inside, "groups that are in train or dev too, in domain"),
            (outside, "groups found in test only, out of domain"),
        )
        if groups
    ]
    return [
        Finding(
            "group_leak",
            "warning",
            "; ".join(parts),
            test.source,
            remedy=None if outside else "Keep a whole group for test to measure how arms transfer.",
            count=sum(counts[g] for g in inside),
            split="test",
        )
    ]
