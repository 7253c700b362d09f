"""What the groups of the splits say about how far scores carry over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from evalsets.findings import Finding
from evalsets.wording import counted, listed

if TYPE_CHECKING:
    from evalsets.evalset import Split

MANY_GROUPS = 3
"""Fewer groups than this are domains to be told apart, not samples to be split over."""


def check_groups(splits: Mapping[str, Split]) -> list[Finding]:
    """``group_leakage`` where test looks drawn at random across groups, else ``group_leak``, a summary."""
    test = splits["test"]
    known = {g for name, split in splits.items() if name != "test" for g in split.groups or ()}
    if test.groups is None or not known:
        return []
    counts = Counter(test.groups)
    outside, inside = sorted(set(counts) - known), sorted(set(counts) & known)
    rows_inside = sum(counts[g] for g in inside)
    sizes = Counter(g for split in splits.values() for g in split.groups or ())
    if (
        len(sizes) >= MANY_GROUPS
        and rows_inside > len(test) / 2
        and len(test) - rows_inside <= most_by_chance(sizes, len(test))
    ):
        return [_leakage(test, inside, rows_inside, len(sizes))]
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
            count=rows_inside,
            split="test",
        )
    ]


def most_by_chance(sizes: Mapping[str, int], test_rows: int) -> float:
    """The most rows of groups found in test only that a random split of rows would leave.

    A group of n rows falls into test as a whole with probability p^n, where p is the share of test, and
    then brings n rows. This is the expected number of such rows and three standard deviations more.

    Of two groups of one row each and one of eight, a test of half the rows may hold a small group whole:

    >>> round(most_by_chance({"a": 1, "b": 1, "c": 8}, test_rows=5), 2)
    3.63
    """
    share = test_rows / sum(sizes.values())
    expected = sum(n * share**n for n in sizes.values())
    variance = sum(n * n * share**n * (1 - share**n) for n in sizes.values())
    return float(expected + 3 * variance**0.5)


def _leakage(test: Split, inside: list[str], rows: int, groups: int) -> Finding:
    return Finding(
        "group_leakage",
        "warning",
        f"{rows:,} of {counted(len(test), 'test row')} are from groups that train or dev has too "
        f"({len(inside):,} of {groups:,} groups), as a random split leaves them; scores will say little "
        "about groups that are new",
        test.source,
        remedy=f"Keep whole groups for test, for example by hold_out={inside[0]!r}, or compare on every "
        "group in turn by EvalSet.leave_one_group_out().",
        count=rows,
        split="test",
    )
