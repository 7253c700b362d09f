"""Everything that is wrong with a set of files, listed instead of raised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path
from typing import Any, TypeVar

from evalsets.assemble import make_task, prepare
from evalsets.checks import check_splits, drop_empty
from evalsets.corpus import Corpus
from evalsets.dropping import check_drop
from evalsets.errors import DataError, DecideError
from evalsets.evalset import Split
from evalsets.findings import Finding, check_allow
from evalsets.loaders import Files, read_split, stream_texts
from evalsets.options import Options
from evalsets.overlap import check_corpus
from evalsets.splits import split_dev
from evalsets.tasks import Reader, reader_of, task_class

T = TypeVar("T")
ROWS_LISTED = 20
"""How many unusable rows of a file are listed one by one; the rest are counted."""


def check_files(
    *,
    train: str | PathLike[str],
    test: str | PathLike[str] | None = None,
    dev: str | PathLike[str] | None = None,
    unlabeled: Files = None,
    reference: Files = None,
    **options: Any,
) -> list[Finding]:
    """All findings on files that ``EvalSet.from_files`` would be given, errors first.

    Takes the same arguments and never raises ``DataError``. What ``allow`` lets pass is listed as
    a warning, so ``from_files`` succeeds exactly when no finding has level ``error``.
    """
    chosen = Options.of(options)
    found: list[Finding] = []
    attempt = _Attempts(found)
    attempt("arguments", lambda: check_allow(chosen.allow))
    attempt("arguments", lambda: check_drop(chosen.drop))
    reader = attempt("arguments", lambda: reader_of(chosen))
    if reader is None:
        return found
    splits: dict[str, Split] = {}
    for part, file in (("train", train), ("dev", dev), ("test", test)):
        if file is not None:
            split, errors = _read(part, Path(file), reader)
            found += errors
            if split is not None:
                splits[part] = split
    given = [part for part, file in (("train", train), ("dev", dev), ("test", test)) if file is not None]
    if splits.keys() == set(given):
        parts = splits["train"], splits.get("dev"), splits.get("test")
        whole = attempt("arguments", lambda: prepare(*parts, chosen))
        if whole is not None:
            splits["test"] = whole[2]
            found += _check_whole(*whole[:3], reader, attempt)
    for part, corpus, test_split in (
        ("unlabeled", unlabeled, splits.get("test")),
        ("reference", reference, None),
    ):
        files = [corpus] if isinstance(corpus, (str, PathLike)) else list(corpus or ())
        for one in files:
            found += _read_corpus(part, Path(fspath(one)), chosen.text, chosen.encoding, test_split)
    permitted = set(chosen.allow)
    found = [_let_pass(f) if f.code in permitted else f for f in found]
    return sorted(found, key=lambda finding: finding.level != "error")


def _let_pass(finding: Finding) -> Finding:
    """An error that is allowed: a warning, which no longer asks for what was done."""
    fate = "The row is dropped" if finding.count == 1 else "The rows are dropped"
    remedy = f"{fate}, as allowed." if finding.code == "empty" else finding.remedy
    return replace(finding, level="warning", remedy=remedy)


class _Attempts:
    """Runs steps whose errors become findings."""

    def __init__(self, found: list[Finding]) -> None:
        self.found = found

    def __call__(self, code: str, step: Callable[[], T], split: str | None = None) -> T | None:
        try:
            return step()
        except DecideError as error:
            self.found.append(_from_error(error, code, split))
            return None


def _check_whole(
    train: Split, dev: Split | None, test: Split, reader: Reader, attempt: _Attempts
) -> list[Finding]:
    """The checks of ``assemble`` on splits that could be read."""
    options, task = reader.options, task_class(reader.options.task)
    found = check_splits(train, dev, test, text=options.text, label=reader.gold_column, task=task)
    full = [drop_empty(split) for split in (train, dev, test) if split is not None]
    attempt("arguments", lambda: make_task(reader, *full))
    if dev is None:
        attempt("dev_split", lambda: split_dev(full[0], options.dev_fraction, options.seed, task), "train")
    return found


class _Collector:
    """The errors of single rows of one file, the first few in full."""

    def __init__(self, split: str) -> None:
        self.split, self.total, self.findings = split, 0, list[Finding]()

    def __call__(self, error: DataError) -> None:
        self.total += 1
        if self.total <= ROWS_LISTED:
            self.findings.append(_from_error(error, "bad_row", self.split))

    def close(self, file: str) -> list[Finding]:
        more = self.total - ROWS_LISTED
        if more > 0:
            self.findings.append(
                Finding(
                    "bad_row",
                    "error",
                    f"{more:,} more rows cannot be used",
                    file,
                    remedy="Mend the rows above and check again.",
                    count=more,
                    split=self.split,
                )
            )
        return self.findings


def _read(part: str, file: Path, reader: Reader) -> tuple[Split | None, list[Finding]]:
    collect = _Collector(part)
    split, fatal = None, list[Finding]()
    try:
        split = read_split(file, reader, collect)
    except DataError as error:
        # Without a usable row the rows' own errors say more than "there are no rows".
        if not collect.total or error.row is not None:
            fatal.append(_from_error(error, "unreadable", part))
    return split, collect.close(str(file)) + fatal


def _read_corpus(part: str, file: Path, text: str, encoding: str, test: Split | None) -> list[Finding]:
    collect = _Collector(part)
    found: list[Finding] = []
    corpus = Corpus(files=(file,), text=text, encoding=encoding)
    documents = stream_texts(file, text=text, encoding=encoding, fail=collect)
    try:
        found += check_corpus(corpus, test if test is not None else Split((), ()), documents, part)
    except DataError as error:
        found.append(_from_error(error, "unreadable", part))
    return collect.close(str(file)) + found


def _from_error(error: DecideError, code: str, split: str | None) -> Finding:
    if isinstance(error, DataError):
        return Finding(
            code, "error", error.problem, error.file, error.row, error.field, error.remedy, split=split
        )
    return Finding(code, "error", str(error).rstrip("."), split=split)
