"""Checks of the splits of an evaluation set, each in time linear in the rows."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from evalsets.findings import Finding
from evalsets.groups import check_groups
from evalsets.overlap import check_leakage, check_repeated, text_keys
from evalsets.tasks import Task, TextClassification
from evalsets.wording import an, counted, listed, row_of, share, source_of

if TYPE_CHECKING:
    from evalsets.evalset import Split

TINY_TEST = 100
"""Below this many test items a 95 % interval of an accuracy is about ±10 points or wider."""

RARE_LABEL = 5
"""Fewer training items of a label than this are too few to learn or to stratify by."""


def check_splits(
    train: Split,
    dev: Split | None,
    test: Split,
    *,
    text: str = "text",
    label: str = "label",
    task: type[Task] = TextClassification,
) -> list[Finding]:
    """Everything that :data:`ALLOWABLE` and the warnings name, errors first.

    Args:
        train: Training split.
        dev: Development split, if there is one already.
        test: Test split.
        text: Name of the text column, for messages.
        label: Name of the label column, for messages.
        task: The task, which knows the labels of a row.
    """
    whole = {"train": train, "test": test} if dev is None else {"train": train, "dev": dev, "test": test}
    found = [finding for name, split in whole.items() for finding in _empty(name, split, text)]
    # Empty texts are one problem, not also copies of each other.
    splits = {name: drop_empty(split) for name, split in whole.items()}
    if not all(map(len, splits.values())):
        return found
    train, test = splits["train"], splits["test"]
    keys = {name: text_keys(split) for name, split in splits.items()}
    found += _lack(train, label, task)
    found += _unseen_labels(splits, label, task)
    for name, split in splits.items():
        found += check_repeated(name, split, keys[name], text, label, task)
    for source, target in (("train", "test"), ("dev", "test"), ("train", "dev")):
        if source in splits and target in splits:
            found += check_leakage(source, target, splits, keys, text)
    found += _tiny_test(test)
    found += _rare_labels(train, label, task)
    found += check_groups(splits)
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
            source_of(split, rows[0]),
            row_of(split, rows[0]),
            text,
            'Fill them in, remove them, or pass allow=("empty",) to drop them.',
            len(rows),
            name,
        )
    ]


def _lack(train: Split, label: str, task: type[Task]) -> list[Finding]:
    lack = task.lack(train.labels)
    if lack is None:
        return []
    remedy = lack.remedy.format(column=label)
    return [
        Finding(
            "single_label",
            "error",
            lack.problem,
            train.source,
            field=label,
            remedy=remedy,
            count=len(train),
            split="train",
        )
    ]


def _unseen_labels(splits: Mapping[str, Split], label: str, task: type[Task]) -> list[Finding]:
    seen = {name for gold in splits["train"].labels for name in task.labels_in(gold)}
    found = []
    for name in ("dev", "test"):
        if name not in splits:
            continue
        split = splits[name]
        unseen = {i: new for i, gold in enumerate(split.labels) if (new := {*task.labels_in(gold)} - seen)}
        if not unseen:
            continue
        first = next(iter(unseen))
        slip = min(unseen[first])
        near = difflib.get_close_matches(slip.lower(), [s.lower() for s in seen], 1, 0.75)
        guess = next((s for s in sorted(seen) if near and s.lower() == near[0]), None)
        found.append(
            Finding(
                "unseen_labels",
                "error",
                share(len(unseen), split, f"has {an(task.noun)}", f"have {task.noun}s")
                + f" never seen in train: {listed(sorted(set().union(*unseen.values())))}",
                source_of(split, first),
                row_of(split, first),
                label,
                (f"Is {slip!r} meant to be {guess!r}? " if guess else "")
                + f'Add training rows, mend the {task.noun}s, or pass allow=("unseen_labels",).',
                len(unseen),
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


def _rare_labels(train: Split, label: str, task: type[Task]) -> list[Finding]:
    rows = [set(task.labels_in(gold)) for gold in train.labels]
    counts = Counter(name for names in rows for name in names)
    rare = {name: count for name, count in sorted(counts.items()) if count < RARE_LABEL}
    if not rare:
        return []
    first = next(i for i, names in enumerate(rows) if not names.isdisjoint(rare))
    return [
        Finding(
            "rare_label",
            "warning",
            f"{counted(len(rare), task.noun)} with fewer than {RARE_LABEL} rows: "
            + listed([f"{value} ({count})" for value, count in rare.items()]),
            source_of(train, first),
            row_of(train, first),
            label,
            f"Add rows, merge with another {task.noun}, or remove the {task.noun} if it is a slip.",
            sum(rare.values()),
            "train",
        )
    ]
