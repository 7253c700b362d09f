"""Evaluation sets and unlabelled text from JSONL, CSV, TSV, Parquet and plain text files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import TypeVar

from evalsets.assemble import assemble
from evalsets.corpus import Corpus
from evalsets.errors import DataError
from evalsets.evalset import EvalSet, Split
from evalsets.formats import format_of, read_rows
from evalsets.lines import Decoder
from evalsets.options import Options
from evalsets.rows import Fail, stop
from evalsets.tasks import Item, Reader, reader_of
from evalsets.values import as_text

T = TypeVar("T")
Files = str | PathLike[str] | Sequence[str | PathLike[str]] | None


def load_files(
    *,
    train: Path,
    test: Path | None,
    dev: Path | None,
    unlabeled: Files,
    reference: Files,
    options: Options,
) -> EvalSet:
    """What :meth:`EvalSet.from_files` does; see there.

    Raises:
        DataError: With file, row, field and remedy.
    """
    reader = reader_of(options)
    # Every file is looked at before any is read: a mistyped test path should not cost reading train.
    for file in (train, test, dev):
        if file is not None:
            reader.check(file)
    corpus = corpus_of(unlabeled, text=options.text, encoding=options.encoding)
    general = corpus_of(reference, text=options.text, encoding=options.encoding)
    return assemble(
        train=read_split(train, reader),
        dev=None if dev is None else read_split(dev, reader),
        test=None if test is None else read_split(test, reader),
        unlabeled=corpus,
        reference=general,
        reader=reader,
        name=options.name or train.resolve().parent.name or "data",
    )


def path_of(value: object, option: str) -> Path:
    """The path that an option names.

    Raises:
        DataError: If it is something else, such as a DataFrame.
    """
    if isinstance(value, (str, PathLike)):
        return Path(value)
    raise DataError(
        f"{option}= is a {type(value).__name__}, not the path of a file",
        remedy='Give one file, or data in memory by EvalSet.from_datasets({"train": …, "test": …}).',
    )


def corpus_of(unlabeled: Files, *, text: str, encoding: str) -> Corpus | None:
    """The corpus of one file, several or none; the files must exist, their content is not read.

    Raises:
        DataError: If a file is missing, empty or of an unknown format.
    """
    if unlabeled is None:
        return None
    files = [unlabeled] if isinstance(unlabeled, (str, PathLike)) else list(unlabeled)
    for file in files:
        format_of(Path(file), plain_text=True)
    return Corpus(files=tuple(Path(f) for f in files), text=text, encoding=encoding) if files else None


def read_split(file: Path, reader: Reader | None = None, fail: Fail = stop) -> Split:
    """Read one labelled file.

    Args:
        file: JSONL, CSV, TSV, Parquet or a format that the task brings; the suffix names it.
        reader: The reader of the task; by default of text classification in columns text and label.
        fail: Called with the error of each row that cannot be used; raises by default.

    Raises:
        DataError: If the file cannot be read or has no rows.
    """
    reader = reader or reader_of(Options())
    return collect_split(reader.read(file, fail), str(file), grouped=reader.options.group is not None)


def collect_split(items: Iterable[Item], source: str, *, grouped: bool = False) -> Split:
    """A split of items.

    Raises:
        DataError: If there are none.
    """
    kept = list(items)
    if not kept:
        raise DataError("there are no rows", file=source, remedy="Export it again with its rows.")
    return Split(
        texts=tuple(item.text for item in kept),
        labels=tuple(item.gold for item in kept),
        groups=tuple(item.group or "" for item in kept) if grouped else None,
        source=source,
        rows=tuple(item.row for item in kept),
        tokens=_column_of([item.tokens for item in kept]),
        evidence=_column_of([item.evidence for item in kept]),
    )


def _column_of(values: list[T | None]) -> tuple[T | None, ...] | None:
    return None if all(value is None for value in values) else tuple(values)


def stream_texts(
    file: str | PathLike[str], text: str = "text", encoding: str = "utf-8", fail: Fail = stop
) -> Iterator[str]:
    """Every non-empty document of a file, stripped, in order, in bounded memory.

    Args:
        file: ``.txt`` with one document a line, or a table format with a ``text`` column.
        text: Name of the text column.
        encoding: Encoding of text formats.
        fail: Called with the error of each row that cannot be used; raises by default.

    Raises:
        DataError: If the file cannot be read, or whatever ``fail`` raises.
    """
    path = Path(file)
    if format_of(path, plain_text=True) == "txt":
        documents = _plain_lines(path, encoding, fail)
    else:
        documents = _column(path, text, encoding, fail)
    for document in documents:
        if stripped := document.strip():
            yield stripped


def _plain_lines(file: Path, encoding: str, fail: Fail) -> Iterator[str]:
    decoder = Decoder(file, encoding)
    for row, line in enumerate(decoder.lines(), start=1):
        if isinstance(line, UnicodeDecodeError):
            fail(decoder.error(line, row))
        else:
            yield line


def _column(file: Path, text: str, encoding: str, fail: Fail) -> Iterator[str]:
    for row, values in read_rows(file, (text,), encoding, fail):
        try:
            yield as_text(values[0], file=str(file), row=row, field=text)
        except DataError as error:
            fail(error)
