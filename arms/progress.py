"""One way to show progress: a tqdm bar that leaves no trace when done, and lines that stay."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def track(items: Iterable[T], description: str, total: int | None = None) -> Iterator[T]:
    """Iterate over ``items`` under a progress bar on stderr (silenced by ``TQDM_DISABLE=1``)."""
    from tqdm.auto import tqdm

    yield from tqdm(items, desc=description, total=total, leave=False, dynamic_ncols=True, mininterval=0.5)


def say(text: str) -> None:
    """A line on stderr that does not break a progress bar."""
    from tqdm.auto import tqdm

    tqdm.write(text, file=sys.stderr)
