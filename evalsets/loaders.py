"""Evaluation sets and unlabelled text from JSONL, CSV, TSV, Parquet and plain text files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path

from evalsets.assemble import assemble
from evalsets.corpus import Corpus
from evalsets.errors import DataError
from evalsets.evalset import EvalSet, Split
from evalsets.formats import Fail, Row, format_of, read_rows, stop
from evalsets.lines import Decoder
from evalsets.values import as_group, as_label, as_text

Files = str | PathLike[str] | Sequence[str | PathLike[str]] | None


def load_files(
    *,
    train: Path,
    test: Path,
    dev: Path | None = None,
    unlabeled: Files = None,
    reference: Files = None,
    text: str = "text",
    label: str = "label",
    group: str | None = None,
    task: str = "text_classification",
    metric: str = "macro_f1",
    label_descriptions: Mapping[str, str] | None = None,
    name: str | None = None,
    allow: Sequence[str] = (),
    drop: Sequence[str] = (),
    dev_fraction: float = 0.1,
    seed: int = 0,
    encoding: str = "utf-8",
    synthetic: bool = False,
) -> EvalSet:
    """What :meth:`EvalSet.from_files` does; see there.

    Raises:
        DataError: With file, row, field and remedy.
    """
    # Every file is looked at before any is read: a mistyped test path should not cost reading train.
    for file in (train, test, *(() if dev is None else (dev,))):
        format_of(file)
    corpus = corpus_of(unlabeled, text=text, encoding=encoding)
    general = corpus_of(reference, text=text, encoding=encoding)
    return assemble(
        train=read_split(train, text=text, label=label, group=group, encoding=encoding),
        dev=None if dev is None else read_split(dev, text=text, label=label, group=group, encoding=encoding),
        test=read_split(test, text=text, label=label, group=group, encoding=encoding),
        unlabeled=corpus,
        reference=general,
        text=text,
        label=label,
        task=task,
        metric=metric,
        label_descriptions=label_descriptions or {},
        name=name or train.resolve().parent.name or "data",
        allow=allow,
        drop=drop,
        dev_fraction=dev_fraction,
        seed=seed,
        synthetic=synthetic,
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


def read_split(
    file: Path,
    *,
    text: str = "text",
    label: str = "label",
    group: str | None = None,
    encoding: str = "utf-8",
    fail: Fail = stop,
) -> Split:
    """Read one labelled file.

    Args:
        file: JSONL, CSV, TSV or Parquet; the suffix names the format.
        text: Name of the text column.
        label: Name of the label column.
        group: Name of the group column, if any.
        encoding: Encoding of text formats.
        fail: Called with the error of each row that cannot be used; raises by default.

    Raises:
        DataError: If the file cannot be read or has no rows.
    """
    columns = (text, label) if group is None else (text, label, group)
    rows = read_rows(file, columns, encoding, fail)
    return collect_split(rows, source=str(file), text=text, label=label, group=group, fail=fail)


def collect_split(
    rows: Iterable[Row], *, source: str, text: str, label: str, group: str | None, fail: Fail = stop
) -> Split:
    """A split from numbered rows of text, label and, if ``group`` is named, group.

    Raises:
        DataError: If there are no rows, or whatever ``fail`` raises.
    """
    texts: list[str] = []
    labels: list[str] = []
    groups: list[str] = []
    numbers: list[int] = []
    seen = 0
    for row, values in rows:
        seen += 1
        try:
            document = as_text(values[0], file=source, row=row, field=text)
            gold = as_label(values[1], file=source, row=row, field=label)
            if group is not None:
                groups.append(as_group(values[2], file=source, row=row, field=group))
        except DataError as error:
            fail(error)
            continue
        texts.append(document)
        labels.append(gold)
        numbers.append(row)
    if not seen:
        raise DataError("there are no rows", file=source, remedy="Export it again with its rows.")
    return Split(
        texts=tuple(texts),
        labels=tuple(labels),
        groups=None if group is None else tuple(groups),
        source=source,
        rows=tuple(numbers),
    )


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
