"""Splitting a development set off the training set."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from evalsets.errors import DataError
from evalsets.overlap import text_keys
from evalsets.tasks import Task, TextClassification

if TYPE_CHECKING:
    from evalsets.evalset import Split


def split_dev(
    train: Split, fraction: float, seed: int, task: type[Task] = TextClassification
) -> tuple[Split, Split, str]:
    """Split rows off train, stratified by label; all copies of a text land on the same side.

    A row with several labels counts for its rarest. Labels with a single text stay in train.

    Args:
        train: The training split.
        fraction: Share of the texts to split off, between 0 and 1.
        seed: Seed of the choice.
        task: The task, which knows the labels of a row.

    Returns:
        What remains of train, the development split, and a note on what was done.

    Raises:
        DataError: If ``fraction`` is out of range or train is too small.
    """
    from sklearn.model_selection import train_test_split

    if not 0 < fraction < 1:
        raise DataError(
            f"dev_fraction is {fraction}", remedy="Use a share between 0 and 1, such as 0.1, or give dev=."
        )
    copies: dict[bytes, list[int]] = {}
    for i, key in enumerate(text_keys(train)):
        copies.setdefault(key, []).append(i)
    units = list(copies.values())
    # Copies with conflicting labels are stratified by the label of the first.
    labels = task.strata([train.labels[unit[0]] for unit in units])
    counts = Counter(labels)
    free = [i for i, label in enumerate(labels) if counts[label] > 1]
    kinds = {labels[i] for i in free}
    if not free:
        raise DataError(
            f"no {task.noun} has two different texts, so that no development set can be split off",
            file=train.source or None,
            remedy="Label more rows, or give dev=.",
        )
    # Stratification needs room for every label on both sides.
    size = min(max(round(fraction * len(units)), len(kinds)), len(free) - len(kinds))
    _, chosen = train_test_split(
        free, test_size=size, random_state=seed, stratify=[labels[i] for i in free], shuffle=True
    )
    in_dev = {row for unit in chosen for row in units[unit]}
    rest = train.take([i for i in range(len(train)) if i not in in_dev])
    dev = train.take(sorted(in_dev))
    note = f"dev: {len(dev):,} of {len(train):,} training rows split off, "
    note += f"stratified by {task.noun}, seed {seed}."
    alone = sorted(label for label, count in counts.items() if count == 1)
    if alone:
        listed = ", ".join(label or "none" for label in alone)
        note += f" {task.noun.capitalize()}s with a single text stay in train: {listed}."
    return rest, dev, note
