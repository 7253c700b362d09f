"""Rows of a file in any supported format, each with its number, in bounded memory."""

from __future__ import annotations

import csv
import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from types import MappingProxyType

from evalsets.errors import DataError
from evalsets.lines import MAX_LINE_BYTES, Decoder
from evalsets.rows import Fail, Row, missing_column, stop

TABLES = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".tsv": "tsv", ".parquet": "parquet"}
TAGGED = {".conll": "conll", ".iob": "conll", ".iob2": "conll", ".bio": "conll"}
"""Suffixes of files of tokens and tags, which only token classification reads."""


def format_of(file: Path, *, plain_text: bool = False, more: Mapping[str, str] = MappingProxyType({})) -> str:
    """Name of the format that the suffix stands for.

    Args:
        file: The file; it must exist, be readable and not be empty.
        plain_text: Whether ``.txt`` is acceptable.
        more: Further suffixes that are acceptable, each with the name of its format.

    Raises:
        DataError: If the file is missing, empty or of an unknown format.
    """
    name, suffix = str(file), file.suffix.lower()
    try:
        there = file.exists()
    except (OSError, ValueError) as error:  # a name that is too long, or holds a NUL
        why = getattr(error, "strerror", None) or error
        raise DataError(f"this is no name of a file ({why})", file=_cut(name), remedy="Check it.") from error
    if not there:
        near = _nearest(file)
        hint = f"Did you mean {near!r}?" if near else "Check the path; it is relative to the current folder."
        raise DataError("the file does not exist", file=name, remedy=hint)
    if file.is_dir():
        raise DataError("this is a folder", file=name, remedy="Name a file in it.")
    if suffix == ".txt" and plain_text:
        kind = "txt"
    elif suffix in more:
        kind = more[suffix]
    elif suffix in TABLES:
        kind = TABLES[suffix]
    else:
        raise _unknown_suffix(name, suffix, plain_text, more)
    try:
        with file.open("rb") as stream:
            if not stream.read(1):
                raise DataError("the file is empty", file=name, remedy="Export it again.")
    except OSError as error:
        raise DataError(
            f"the file cannot be read ({error.strerror})", file=name, remedy="Check its permissions."
        ) from error
    return kind


def _cut(name: str) -> str:
    return name if len(name) <= 200 else f"{name[:100]}…{name[-100:]}"


def _nearest(file: Path) -> str | None:
    if not file.parent.is_dir():
        return None
    near = difflib.get_close_matches(file.name, [p.name for p in file.parent.iterdir()], 1)
    return str(file.parent / near[0]) if near else None


def _unknown_suffix(name: str, suffix: str, plain_text: bool, more: Mapping[str, str]) -> DataError:
    known = ", ".join(([".txt"] if plain_text else []) + list(TABLES) + list(more))
    if suffix in TAGGED:
        return DataError(
            "this is a file of tokens and tags",
            file=name,
            remedy="Read it by task='token_classification', or give labelled rows as .jsonl or .csv.",
        )
    if suffix == ".json":
        return DataError(
            "a .json file is one value that must be read whole",
            file=name,
            remedy="Write one JSON object a line and name the file .jsonl.",
        )
    if suffix == ".txt":
        return DataError(
            "plain text has no label column",
            file=name,
            remedy="Give labelled rows as .jsonl, .csv, .tsv or .parquet; .txt is for unlabeled= only.",
        )
    problem = f"the suffix {suffix!r} names no known format" if suffix else "the file name has no suffix"
    return DataError(problem, file=name, remedy=f"Convert or rename it to one of {known}.")


def columns_of(file: Path, encoding: str) -> list[str]:
    """The columns of a table file: the header, or the keys of the first row of a JSONL file.

    Nothing where the first row cannot be parsed, which reading it will report.

    Raises:
        DataError: If the file as a whole cannot be read.
    """
    kind = format_of(file)
    if kind == "parquet":
        from evalsets.parquet import parquet_columns

        return parquet_columns(file)
    first = next((x for x in Decoder(file, encoding).lines() if isinstance(x, str) and x.strip()), "")
    if kind == "jsonl":
        try:
            record = json.loads(first)
        except (ValueError, RecursionError):
            return []
        return list(record) if isinstance(record, dict) else []
    try:
        return next(csv.reader([first], delimiter=_delimiter(kind, first)), [])
    except csv.Error:
        return []


def read_rows(file: Path, columns: Sequence[str], encoding: str, fail: Fail = stop) -> Iterator[Row]:
    """Number and values of every row of a table file, columns in the order asked for.

    Args:
        file: A file in one of the formats of :data:`TABLES`.
        columns: Names of the columns wanted; all must be there.
        encoding: Encoding of text formats.
        fail: Called with the error of a row that cannot be parsed.

    Raises:
        DataError: If the file as a whole cannot be read, or whatever ``fail`` raises.
    """
    kind = format_of(file)
    if kind == "parquet":
        from evalsets.parquet import read_parquet

        return read_parquet(file, columns, fail)
    if kind == "jsonl":
        return _read_jsonl(file, columns, encoding, fail)
    return _read_delimited(file, columns, encoding, kind)


def _delimiter(kind: str, header: str) -> str:
    """What separates the columns: spreadsheets of many countries write semicolons into .csv files."""
    if kind == "tsv":
        return "\t"
    return ";" if ";" in header and "," not in header else ","


def _read_jsonl(file: Path, columns: Sequence[str], encoding: str, fail: Fail) -> Iterator[Row]:
    decoder = Decoder(file, encoding)
    first = True
    for row, line in enumerate(decoder.lines(), start=1):
        if isinstance(line, UnicodeDecodeError):
            fail(decoder.error(line, row))
            continue
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            fail(_broken_json(error, line, file, row))
            continue
        if not isinstance(record, dict):
            fail(
                DataError(
                    f"the line holds {type(record).__name__}, not an object",
                    file=str(file),
                    row=row,
                    remedy='Write one object a line, such as {"text": "…", "label": "…"}.',
                )
            )
            continue
        lacking = next((c for c in columns if c not in record), None)
        if lacking is not None:
            error_here = missing_column(lacking, list(record), file=str(file), row=row)
            if first:
                raise error_here
            fail(error_here)
            continue
        first = False
        yield row, tuple(record[c] for c in columns)


def _broken_json(error: Exception, line: str, file: Path, row: int) -> DataError:
    where = (
        f"{error.msg} at character {error.colno}" if isinstance(error, json.JSONDecodeError) else str(error)
    )
    whole = row == 1 and line.lstrip().startswith(("[", "{")) and line.strip() in ("[", "{")
    remedy = (
        "The file seems to hold one indented JSON value: write one object a line."
        if whole
        else "Write the row again as one JSON object on one line."
    )
    return DataError(f"the line is not valid JSON ({where})", file=str(file), row=row, remedy=remedy)


def _read_delimited(file: Path, columns: Sequence[str], encoding: str, kind: str) -> Iterator[Row]:
    decoder = Decoder(file, encoding)
    row: int | None = None

    def lines() -> Iterator[str]:
        for line in decoder.lines():
            if isinstance(line, UnicodeDecodeError):
                # Rows may span lines, so where the next one starts is no longer known.
                raise decoder.error(line, None if row is None else row + 1)
            yield line

    csv.field_size_limit(MAX_LINE_BYTES)  # the default of 128 KiB refuses long documents
    rest = lines()
    first = next(rest, "")
    reader = csv.reader(chain([first], rest), delimiter=_delimiter(kind, first), strict=True)
    try:
        header = next(reader, [])
        places = []
        for column in columns:
            if column not in header:
                raise missing_column(column, header, file=str(file))
            if header.count(column) > 1:
                raise DataError(
                    f"the column {column!r} occurs twice",
                    file=str(file),
                    field=column,
                    remedy="Rename one of them.",
                )
            places.append(header.index(column))
        row = 0
        for values in reader:
            if not values:
                continue
            row += 1
            if len(values) != len(header):
                raise DataError(
                    f"the row has {len(values)} fields, the header has {len(header)}",
                    file=str(file),
                    row=row,
                    remedy='Put "…" around texts that contain the separator or a line break.',
                )
            yield row, tuple(values[i] for i in places)
    except csv.Error as error:
        raise DataError(
            f"the row cannot be parsed ({error})",
            file=str(file),
            row=None if row is None else row + 1,
            remedy="Write a quote inside a quoted field twice, or save the rows as JSONL.",
        ) from error
