"""Rows of a Parquet file, read by record batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from evalsets.errors import DataError
from evalsets.rows import Fail, Row, missing_column

_BATCH_ROWS = 4096


def _open(file: Path) -> Any:
    import pyarrow
    import pyarrow.parquet

    try:
        return pyarrow.parquet.ParquetFile(file)
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(
            f"this is not a readable Parquet file ({_first_line(error)})",
            file=str(file),
            remedy="Check the suffix, or write the file again.",
        ) from error


def parquet_columns(file: Path) -> list[str]:
    """The names of the columns.

    Raises:
        DataError: If this is no Parquet file.
    """
    with _open(file) as table:
        return list(table.schema_arrow.names)


def read_parquet(file: Path, columns: Sequence[str], fail: Fail) -> Iterator[Row]:
    """Number and values of every row; memory holds one batch.

    Raises:
        DataError: If this is no Parquet file or lacks a column.
    """
    import pyarrow

    table = _open(file)
    with table:
        names = table.schema_arrow.names
        for column in columns:
            if column not in names:
                raise missing_column(column, names, file=str(file))
        row = 0
        batches = table.iter_batches(batch_size=_BATCH_ROWS, columns=list(dict.fromkeys(columns)))
        while True:
            try:
                batch = next(batches, None)
            except (pyarrow.ArrowException, OSError) as error:
                raise DataError(
                    f"the Parquet file is damaged ({_first_line(error)})",
                    file=str(file),
                    row=row + 1,
                    remedy="Write the file again.",
                ) from error
            if batch is None:
                return
            values = [_values(batch.column(c), c, file, row, fail) for c in columns]
            for items in zip(*values, strict=True):
                row += 1
                if not any(item is _UNREADABLE for item in items):
                    yield row, items


_UNREADABLE = object()


def _values(array: Any, column: str, file: Path, before: int, fail: Fail) -> list[Any]:
    try:
        values: list[Any] = array.to_pylist()
        return values
    except UnicodeDecodeError:
        return [_value(scalar, column, file, before + i, fail) for i, scalar in enumerate(array, start=1)]


def _value(scalar: Any, column: str, file: Path, row: int, fail: Fail) -> Any:
    try:
        return scalar.as_py()
    except UnicodeDecodeError as error:
        fail(
            DataError(
                f"byte 0x{error.object[error.start]:02x} at position {error.start} of the value is not UTF-8",
                file=str(file),
                row=row,
                field=column,
                remedy="Decode the text with its own encoding before writing it to Parquet.",
            )
        )
        return _UNREADABLE


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or ["no reason given"])[0].rstrip(".")
