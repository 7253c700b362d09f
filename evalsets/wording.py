"""Phrases that the messages of several checks share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evalsets.evalset import Split


_LISTED = 10
_LONGEST = 60


def row_of(split: Split, index: int) -> int:
    """Row of an item in the file it was read from."""
    return split.rows[index] if split.rows else index + 1


def source_of(split: Split, index: int) -> str:
    """The file that an item was read from."""
    return split.sources[index] if split.sources else split.source


def counted(n: int, noun: str) -> str:
    """``1 row``, ``1,688 rows``.

    >>> counted(1688, "row")
    '1,688 rows'
    """
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def an(noun: str) -> str:
    """The noun with its article.

    >>> an("entity type")
    'an entity type'
    """
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def share(n: int, split: Split, one: str, many: str) -> str:
    """``1 of 20 rows has``, ``2 of 20 rows have``."""
    return f"{n:,} of {counted(len(split), 'row')} {one if n == 1 else many}"


def listed(values: Sequence[str]) -> str:
    """The first few values, quoted, long ones cut.

    >>> listed(["a", "b"])
    "'a', 'b'"
    """
    cut = [v if len(v) <= _LONGEST else f"{v[:_LONGEST]}…" for v in values[:_LISTED]]
    return ", ".join(f"'{v}'" for v in cut) + (", …" if len(values) > _LISTED else "")
