"""From the rows of a file to texts and gold annotations of one task."""

from __future__ import annotations

import difflib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from evalsets.errors import DataError
from evalsets.formats import columns_of, format_of, read_rows
from evalsets.options import Options
from evalsets.rows import Fail, Row
from evalsets.spans import Span
from evalsets.values import as_group, as_text

if TYPE_CHECKING:
    from evalsets.tasks.base import Task

FILES = ("train", "dev", "test", "unlabeled", "reference")
"""The options that name files."""


class Item(NamedTuple):
    """One labelled item: its row, text, gold annotation, and what else the file says of it."""

    row: int
    text: str
    gold: Any
    group: str | None = None
    tokens: tuple[tuple[int, int], ...] | None = None
    evidence: tuple[Span, ...] | None = None


class Place(NamedTuple):
    """Where a value stands, for messages."""

    file: str
    row: int
    field: str

    def error(self, problem: str, remedy: str, field: str | None = None) -> DataError:
        """The error for a value here, or for ``field`` of it."""
        where = ".".join(part for part in (self.field, field) if part) or None
        return DataError(problem, file=self.file, row=self.row, field=where, remedy=remedy)


class Reader(ABC):
    """Reads the items of one task.

    Args:
        options: How to read. Settings that the task does not know are refused.

    Raises:
        DataError: If a setting is unknown or wrong.
    """

    settings: ClassVar[tuple[str, ...]] = ()
    """Keywords of ``EvalSet.from_files`` that only this task knows."""
    suffixes: ClassVar[Mapping[str, str]] = {}
    """Suffixes of files that only this task reads, each with the name of its format."""
    gold_columns: ClassVar[tuple[str, ...]] = ("label",)
    """Where the gold annotation is looked for when ``label`` names no column."""

    def __init__(self, options: Options) -> None:
        self.check_settings(options)
        self.options = options

    @classmethod
    def check_settings(cls, options: Options) -> None:
        """Refuse settings that the task does not know.

        Raises:
            DataError: Naming the first, and the nearest option there is.
        """
        for name in options.settings:
            if name not in cls.settings:
                raise _unknown_setting(name, options, cls.settings)

    @property
    def gold_column(self) -> str:
        """The gold column, for messages."""
        return self.options.label or self.gold_columns[0]

    def columns(self, there: Callable[[], Sequence[str]]) -> tuple[str, ...]:
        """The columns that make an item, the text first.

        Args:
            there: Gives the columns that the table has.
        """
        if self.options.label is not None or len(self.gold_columns) == 1:
            return self.options.text, self.gold_column
        present = there()
        gold = next((c for c in self.gold_columns if c in present), self.gold_columns[0])
        return self.options.text, gold

    @abstractmethod
    def gold(self, values: tuple[Any, ...], text: str, columns: tuple[str, ...], place: Place) -> Any:
        """The gold annotation that ``values`` of ``columns`` (without the text) hold.

        Raises:
            DataError: If they hold none.
        """

    def item(self, values: tuple[Any, ...], columns: tuple[str, ...], file: str, row: int) -> Item:
        """The item of one row, without its group.

        Raises:
            DataError: Naming the field that cannot be used.
        """
        text = as_text(values[0], file=file, row=row, field=columns[0])
        return Item(row, text, self.gold(values[1:], text, columns[1:], Place(file, row, columns[-1])))

    @abstractmethod
    def task(self, golds: Iterable[Any]) -> Task:
        """The task over everything that occurs in the gold annotations.

        Raises:
            DecideError: If the metric is unknown, or a description names no label.
        """

    def check(self, file: Path) -> str:
        """Name of the format of a file that exists and can be read.

        Raises:
            DataError: If it cannot.
        """
        return format_of(file, more=self.suffixes)

    def read(self, file: Path, fail: Fail) -> Iterator[Item]:
        """The items of a file.

        Raises:
            DataError: If the file cannot be read, or whatever ``fail`` raises.
        """
        self.check(file)
        encoding = self.options.encoding
        columns = self.columns(lambda: columns_of(file, encoding))
        rows = read_rows(file, self.with_group(columns), encoding, fail)
        return self.items(rows, columns, str(file), fail)

    def with_group(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        """The columns, and the group's where there is one."""
        return columns if self.options.group is None else (*columns, self.options.group)

    def items(self, rows: Iterable[Row], columns: tuple[str, ...], source: str, fail: Fail) -> Iterator[Item]:
        """The items of numbered rows, whose values are those of ``columns`` and the group's."""
        for row, values in rows:
            try:
                item = self.item(values[: len(columns)], columns, source, row)
                if self.options.group is not None:
                    group = as_group(values[-1], file=source, row=row, field=self.options.group)
                    item = item._replace(group=group)
            except DataError as error:
                fail(error)
            else:
                yield item


def _unknown_setting(name: str, options: Options, settings: Sequence[str]) -> DataError:
    known = [*settings, *options.names(), *FILES]
    # Such as text_column, which is too long to be near.
    near = difflib.get_close_matches(name, known, 1) or [k for k in known if name.startswith(f"{k}_")]
    own = f"Settings of {options.task}: {', '.join(settings)}." if settings else ""
    return DataError(
        f"{name!r} is no option of reading {options.task}",
        remedy=((f"Did you mean {near[0]!r}? " if near else "") + own).strip() or "Leave it out.",
    )
