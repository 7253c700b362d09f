"""Checks of the splits of an evaluation set, each in time linear in the rows."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping

from evalsets.evalset import Split
from evalsets.findings import Finding
from evalsets.overlap import check_leakage, check_repeated, text_keys
from evalsets.wording import counted, listed, row_of, share

TINY_TEST = 100
"""Below this many test items a 95 % interval of an accuracy is about ±10 points or wider."""

RARE_LABEL = 5
"""Fewer training items of a label than this are too few to learn or to stratify by."""


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
    whole = {"train": train, "test": test} if dev is None else {"train": train, "dev": dev, "test": test}
    found = [finding for name, split in whole.items() for finding in _empty(name, split, text)]
    # Empty texts are one problem, not also copies of each other.
    splits = {name: drop_empty(split) for name, split in whole.items()}
    if not all(map(len, splits.values())):
        return found
    train, test = splits["train"], splits["test"]
    keys = {name: text_keys(split) for name, split in splits.items()}
    found += _single_label(train, label)
    found += _unseen_labels(splits, label)
    for name, split in splits.items():
        found += check_repeated(name, split, keys[name], text, label)
    for source, target in (("train", "test"), ("dev", "test"), ("train", "dev")):
        if source in splits and target in splits:
            found += check_leakage(source, target, splits, keys, text)
    found += _tiny_test(test)
    found += _rare_labels(train, label)
    found += _groups(splits)
    return sorted(found, key=lambda finding: finding.level != "error")


def drop_empty(split: Split) -> Split:
    """The split without its empty texts."""
    kept = [i for i, text in enumerate(split.texts) if text.strip()]
    return split if len(kept) == len(split) else split.take(kept)


def _empty(name: str, split: Split, text: str) -> list[Finding]:
    rows = [i for i, document in enumerate(split.texts) if not document.strip()]
    if not rows:
        return []
    if len(rows) == len(split):
        return [
            Finding(
                "no_text",
                "error",
                "every text is empty",
                split.source,
                field=text,
                remedy="Name the column that holds the documents with text=.",
                count=len(rows),
                split=name,
            )
        ]
    return [
        Finding(
            "empty",
            "error",
            share(len(rows), split, "has", "have") + " an empty text",
            split.source,
            row_of(split, rows[0]),
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
                share(total, split, "has a label", "have labels")
                + f" never seen in train: {listed(sorted(unseen))}",
                split.source,
                row_of(split, first),
                label,
                (f"Is {split.labels[first]!r} meant to be {guess!r}? " if guess else "")
                + 'Add training rows, mend the labels, or pass allow=("unseen_labels",).',
                total,
                name,
            )
        )
    return found


def _tiny_test(test: Split) -> list[Finding]:
    if len(test) >= TINY_TEST:
        return []
    return [
        Finding(
            "tiny_test",
            "warning",
            f"there are only {counted(len(test), 'row')}, so intervals will be wide",
            test.source,
            remedy=f"Label at least {TINY_TEST} test rows.",
            count=len(test),
            split="test",
        )
    ]


def _rare_labels(train: Split, label: str) -> list[Finding]:
    rare = {value: count for value, count in sorted(Counter(train.labels).items()) if count < RARE_LABEL}
    if not rare:
        return []
    return [
        Finding(
            "rare_label",
            "warning",
            f"{counted(len(rare), 'label')} with fewer than {RARE_LABEL} rows: "
            + listed([f"{value} ({count})" for value, count in rare.items()]),
            train.source,
            row_of(train, next(i for i, value in enumerate(train.labels) if value in rare)),
            label,
            "Add rows, merge with another label, or remove the label if it is a slip.",
            sum(rare.values()),
            "train",
        )
    ]


def _groups(splits: Mapping[str, Split]) -> list[Finding]:
    test = splits["test"]
    known = {g for name, split in splits.items() if name != "test" for g in split.groups or ()}
    if test.groups is None or not known:
        return []
    counts = Counter(test.groups)
    outside, inside = sorted(set(counts) - known), sorted(set(counts) & known)
    parts = [
        f"{counted(sum(counts[g] for g in groups), 'row')} from {what} ({listed(groups)})"
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
