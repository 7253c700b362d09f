"""Rows of a pandas DataFrame."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeGuard

from evalsets.errors import DataError
from evalsets.rows import Row

if TYPE_CHECKING:
    import pandas as pd


def is_frame(table: Any) -> TypeGuard[pd.DataFrame]:
    """Whether it is a pandas DataFrame; pandas is not imported to find out that it is none."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(table, pandas.DataFrame)


def frame_rows(frame: pd.DataFrame, columns: Sequence[str], split: str) -> Iterator[Row]:
    """Numbered rows with plain values, ``None`` where one is missing; the index is not looked at.

    Raises:
        DataError: If a column occurs twice.
    """
    for column in columns:
        if list(frame.columns).count(column) > 1:
            raise DataError(
                f"the column {column!r} occurs twice", file=split, field=column, remedy="Rename one of them."
            )
    values = []
    for column in columns:
        series = frame[column].astype(object)
        values.append(series.where(series.notna(), None).tolist())
    yield from enumerate(zip(*values, strict=True), start=1)
