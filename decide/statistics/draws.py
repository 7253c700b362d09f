"""Multinomial draws over thousands of kinds of units, for which numpy's take seconds.

Independent Poisson counts are a multinomial draw once their sum is known. So each kind gets a Poisson count
of slightly less than its share, and the few units that are missing from the sum are drawn one by one: the
distribution is the multinomial one, whatever the sum of the first counts was. Poisson counts of one mean are
read from a table by random bytes, which is faster than one binomial number after another.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from decide.statistics.scored import Array, Indices

Counts = NDArray[np.float32 | np.float64]

COLUMNS = 32
"""Resamples drawn together; so few that their counts are at hand when they are multiplied."""
MEAN = 100
"""Largest mean that is drawn by a table: beyond it a byte too often leaves the count open."""
ROWS = 64
"""Fewest kinds of one size that are worth a table."""
THREADS = 4
"""At most; most of the work is outside Python's lock."""
SPARE = 5.0
"""Standard deviations by which the first counts stay below the number of units; more is drawn again."""
EXACT = 1 << 24
"""Whole numbers up to here are exact in single precision."""


class PoissonTable:
    """Poisson counts of one mean, read off random bytes.

    A byte names a stretch of 1/256 of the distribution function. Most stretches hold one count; where the
    function steps within a stretch, the place in it is drawn, too.
    """

    OPEN = 255

    def __init__(self, mean: float) -> None:
        from scipy.special import pdtr

        counts = np.arange(int(mean + 12 * np.sqrt(mean) + 30))
        self.below = np.asarray(pdtr(counts, mean))
        edges = np.arange(257) / 256
        first = np.searchsorted(self.below, edges[:-1], side="right")
        last = np.searchsorted(self.below, edges[1:], side="left")
        settled = (first == last) & (first < self.OPEN)
        self.table = np.where(settled, first, self.OPEN).astype(np.uint8).tobytes()

    def fill(self, out: Counts, rng: np.random.Generator) -> None:
        """Put a count into every cell of a contiguous array."""
        words = rng.integers(0, 1 << 64, size=-(-out.size // 8), dtype=np.uint64)
        raw = words.view(np.uint8)[: out.size]
        found = np.frombuffer(raw.tobytes().translate(self.table), dtype=np.uint8)
        flat = out.reshape(-1)
        flat[:] = found
        at = np.flatnonzero(found == self.OPEN)
        flat[at] = np.searchsorted(self.below, (raw[at] + rng.random(len(at))) / 256, side="right")


class Multinomial:
    """As many units as there are, drawn with replacement, as counts of their kinds.

    Args:
        kinds: Number of units of each kind, ascending, shape ``(u,)``.
    """

    def __init__(self, kinds: Indices) -> None:
        self.kinds = kinds
        self.units = int(kinds.sum())
        self.share = max(0.0, 1 - SPARE / np.sqrt(self.units))
        self.kind_of = np.repeat(np.arange(len(kinds)), kinds)
        sizes, starts, many = np.unique(kinds, return_index=True, return_counts=True)
        self.tables = [
            (slice(start, start + rows), PoissonTable(size * self.share))
            for size, start, rows in zip(sizes.tolist(), starts.tolist(), many.tolist(), strict=True)
            if size <= MEAN and rows >= ROWS
        ]
        single = np.ones(len(kinds), dtype=bool)
        for rows, _ in self.tables:
            single[rows] = False
        self.single = np.flatnonzero(single)
        self.dtype: type[np.float32 | np.float64] = np.float32 if self.units < EXACT else np.float64

    def draw(self, columns: int, rng: np.random.Generator) -> Counts:
        """Counts of every kind in some resamples, shape ``(u, columns)``."""
        counts = np.empty((len(self.kinds), columns), dtype=self.dtype)
        missing = np.full(columns, -1)
        while (missing < 0).any():
            for rows, table in self.tables:
                table.fill(counts[rows], rng)
            means = self.kinds[self.single, None] * self.share
            counts[self.single] = rng.poisson(means, size=(len(means), columns))
            missing = self.units - counts.sum(axis=0).astype(np.int64)
        drawn = self.kind_of[rng.integers(self.units, size=missing.sum())]
        cells = drawn * columns + np.repeat(np.arange(columns), missing)
        np.add.at(counts.reshape(-1), cells, self.dtype(1))
        return counts

    def over_blocks(self, of: Callable[[Counts], Array], resamples: int, rng: np.random.Generator) -> Array:
        """A function of the counts of all resamples, drawn block by block in some threads.

        Args:
            of: From counts of shape ``(u, columns)`` to an array whose first axis is ``columns``.
            resamples: Number of resamples.
            rng: Each block draws from a child of it, so that threads do not change what is drawn.
        """
        starts = range(0, resamples, COLUMNS)
        sizes = [min(COLUMNS, resamples - start) for start in starts]
        with ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1)) as pool:
            found = pool.map(lambda size, child: of(self.draw(size, child)), sizes, rng.spawn(len(sizes)))
            return np.concatenate(list(found))
