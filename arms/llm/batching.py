"""Cuts prompts into batches of like length: the least padding, without many small passes for it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

CPU_COST, ACCELERATOR_COST = 64, 1024
"""Tokens that a forward pass costs before it reads any; accelerators read so fast that it counts for more."""


def pass_cost(device: str) -> int:
    """Tokens that starting a forward pass is worth.

    Args:
        device: Kind of a torch device.
    """
    return CPU_COST if device == "cpu" else ACCELERATOR_COST


def cut(widths: Sequence[int], budget: int, most_rows: int, fixed: int) -> list[list[int]]:
    """Batches of items such that padded tokens and a fixed cost of each batch add up to the least.

    Items stand in order of their length, so a batch is a run of that order, and the best way to cut the
    first ``n`` items follows from the best ways to cut fewer.

    Args:
        widths: Tokens of each item.
        budget: Most tokens of a batch after padding; an item that is longer has a batch of its own.
        most_rows: Most items of a batch.
        fixed: What a batch costs besides its tokens, in tokens.

    Returns:
        Places of the items of each batch, the longest first, so that the largest batch is met early.
    """
    sizes = np.asarray(widths, dtype=np.int64)
    order = np.argsort(-sizes, kind="stable")[::-1]  # ascending; equal ones end up in their own order
    count = len(order)
    least = np.zeros(count + 1, dtype=np.int64)
    starts = np.zeros(count + 1, dtype=np.int64)
    for end in range(1, count + 1):
        width = max(1, int(sizes[order[end - 1]]))  # of the longest, to which the others are padded
        first = end - min(end, max(1, min(most_rows, budget // width)))
        rows = end - np.arange(first, end)
        costs = least[first:end] + rows * width + fixed
        best = int(costs.argmin())  # the first, hence the largest batch, of equals
        least[end], starts[end] = costs[best], first + best
    batches = []
    end = count
    while end:
        start = int(starts[end])
        batches.append([int(place) for place in order[start:end][::-1]])
        end = start
    return batches


__all__ = ["cut", "pass_cost"]
