"""Sums of item statistics of many runs under many resamples, where most runs agree on most items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decide.statistics.draws import EXACT, Counts
from decide.statistics.scored import Array, Indices

DENSE = 0.15
"""From this share of cells that are not zero, a plain product is faster than a sparse one."""


class Sums:
    """Statistics of several runs, kept as one usual row a unit and what each run has otherwise.

    Args:
        tables: Statistics of each run, shape ``(n, k)`` each.
        rows: The units that are counted, one of each kind.
        units: How many are drawn in a resample.
    """

    def __init__(self, tables: Sequence[Array], rows: Indices, units: int) -> None:
        from scipy.sparse import csr_array, vstack

        self.runs, self.width = len(tables), tables[0].shape[1]
        known, codes = coded(tables, rows)
        # Sums of whole numbers are exact in single precision as long as they are small enough.
        whole = np.array_equal(known, np.rint(known)) and units * np.abs(known).max(initial=1.0) < EXACT
        vocabulary = csr_array(known.astype(np.float32 if whole else np.float64))
        # What more than half of the runs have stands in the middle.
        usual = np.sort(codes, axis=0)[self.runs // 2]
        rest = [vocabulary[code] - vocabulary[usual] for code in codes]
        self.usual = _factor(vocabulary[usual].T)
        self.apart = _factor(vstack([part.T for part in rest]))

    def of(self, counts: Counts) -> Array:
        """Sums under counts of shape ``(u, columns)``, shape ``(runs, columns, k)``."""
        found = (self.apart @ counts).reshape(self.runs, self.width, -1) + self.usual @ counts
        return np.ascontiguousarray(found.transpose(0, 2, 1), dtype=np.float64)


def coded(tables: Sequence[Array], rows: Indices) -> tuple[Array, NDArray[np.int64]]:
    """Every row that occurs in any table, and which of them each table has, shape ``(tables, u)``."""
    weights = np.random.default_rng(0).random(tables[0].shape[1])
    # Rows are told apart by a random projection, which sorts fast; equal keys are checked to be equal rows.
    keys = np.concatenate([table[rows] @ weights for table in tables])
    _, first, codes = np.unique(keys, return_index=True, return_inverse=True)
    known = np.stack([tables[at // len(rows)][rows[at % len(rows)]] for at in first.tolist()])
    codes = codes.reshape(len(tables), len(rows))
    if all(np.array_equal(known[code], table[rows]) for code, table in zip(codes, tables, strict=True)):
        return known, codes
    return np.concatenate([table[rows] for table in tables]), np.arange(keys.size).reshape(codes.shape)


def _factor(table: Any) -> Any:
    """The left factor of a product, in the form that multiplies faster."""
    size = table.shape[0] * table.shape[1]
    return table.toarray() if table.nnz > DENSE * size else table.tocsr()
