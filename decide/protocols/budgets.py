"""Label budgets: nested, stratified subsets of the labelled data, the same for all arms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from evalsets import DecideError, EvalSet, Split, Task


def nested_order(split: Split, task: Task, seed: int) -> list[int]:
    """An order of the items of which every prefix is stratified, so that a budget contains all smaller ones.

    Within each label the order is shuffled by ``seed``. Every label comes once before any comes by its
    share, so that no label is missing from a small budget.

    Args:
        split: Train or dev.
        task: Knows the label an item is stratified by.
        seed: Seed of the shuffle.
    """
    rng = np.random.default_rng(seed)
    strata = task.strata(split.labels)
    sizes, seen = Counter(strata), Counter[str]()
    places: list[tuple[float, float, int]] = []
    for i in rng.permutation(len(split)):
        label = strata[i]
        # The k-th of n items of a label belongs at the share k/n of the whole.
        places.append((seen[label] / sizes[label], float(rng.random()), int(i)))
        seen[label] += 1
    return [i for _, _, i in sorted(places)]


def parts_of(data: EvalSet, budget: int) -> tuple[int, int]:
    """How many labels of a budget train and dev get: the proportion of the full set."""
    dev = max(1, round(budget * len(data.dev) / (len(data.train) + len(data.dev))))
    return budget - dev, dev


def subset(data: EvalSet, budget: int, seed: int) -> EvalSet:
    """``data`` with ``budget`` labels in train and dev together; test and unlabelled text as they are.

    Args:
        data: The full set.
        budget: Labels of train and dev together.
        seed: Seed of the choice; equal seeds give nested subsets.
    """
    train, dev = parts_of(data, budget)
    order = nested_order(data.train, data.task, seed), nested_order(data.dev, data.task, seed)
    return replace(
        data,
        train=data.train.take(sorted(order[0][:train])),
        dev=data.dev.take(sorted(order[1][:dev])),
        notes=(*data.notes, f"{budget:,} labels of train and dev kept, stratified, seed {seed}."),
    )


def check_budgets(budgets: Sequence[int] | None, data: EvalSet) -> tuple[int, ...]:
    """The budgets in growing order.

    Raises:
        DecideError: If one is too small to show every label, or not smaller than the full set.
    """
    if budgets is None:
        return ()
    if not isinstance(budgets, Sequence):
        raise DecideError(f"label_budgets is {budgets!r}. Give several numbers, such as (50, 100, 200).")
    total = len(data.train) + len(data.dev)
    strata = max(2, len(set(data.task.strata(data.train.labels))))
    least = next((b for b in range(2, total) if parts_of(data, b)[0] >= strata), total)
    for budget in budgets:
        if isinstance(budget, bool) or not isinstance(budget, int):
            raise DecideError(f"label_budgets holds {budget!r}. Give whole numbers such as (50, 100, 200).")
        if budget < least:
            raise DecideError(
                f"A label budget of {budget} is too small: train needs each of {strata} labels once, which "
                f"takes {least} labels with dev's share. Give budgets from {least} on."
            )
        if budget >= total:
            raise DecideError(
                f"A label budget of {budget:,} is not smaller than the {total:,} labels of train and dev, "
                "which are the last point of the curve anyway. Leave it out."
            )
    if not budgets:
        raise DecideError("label_budgets is empty. Give budgets such as (50, 100), or None.")
    return tuple(sorted(set(budgets)))
