"""One way to show progress: a tqdm bar that leaves no trace when done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def track(items: Iterable[T], description: str, total: int | None = None) -> Iterator[T]:
    """Iterate over ``items`` under a progress bar on stderr (silenced by ``TQDM_DISABLE=1``)."""
    from tqdm.auto import tqdm

    yield from tqdm(items, desc=description, total=total, leave=False, dynamic_ncols=True, mininterval=0.5)
