"""One process at a time: locks that vanish with the process that holds them, however it dies."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from arms.progress import say

POLL_S = 0.2
_told: set[Path] = set()


@contextlib.contextmanager
def alone(lock: Path, what: str) -> Iterator[None]:
    """Hold the lock file ``lock`` while the context is open; wait, and say so, where another holds it.

    On a file system without locks nothing is held, and a line on stderr says so once: files are still
    whole or not there, but two processes may do the same work.

    Args:
        lock: The lock file; it stays when the lock is given back.
        what: What is done under the lock, for the line about waiting.
    """
    from filelock import FileLock, Timeout

    held = FileLock(lock, thread_local=False, fallback_to_soft=False)
    with contextlib.ExitStack() as stack:
        try:
            lock.parent.mkdir(parents=True, exist_ok=True)
            try:
                held.acquire(timeout=0)
            except Timeout:
                say(f"{what}: another process is at it; waiting for it to finish.")
                held.acquire(poll_interval=POLL_S)
            stack.callback(held.release)
        except (OSError, NotImplementedError) as error:
            _tell(lock.parent, error)
        yield


@contextlib.contextmanager
def if_free(lock: Path) -> Iterator[bool]:
    """Hold the lock file while the context is open if nobody else does; says whether it is held."""
    from filelock import FileLock, Timeout

    held = FileLock(lock, thread_local=False, fallback_to_soft=False)
    with contextlib.ExitStack() as stack:
        try:
            held.acquire(timeout=0)
            stack.callback(held.release)
            mine = True
        except (Timeout, OSError, NotImplementedError):
            mine = False
        yield mine


def _tell(folder: Path, error: BaseException) -> None:
    if folder in _told:
        return
    _told.add(folder)
    say(
        f"{folder}: files cannot be locked here ({error}). Two processes that share this folder may do the "
        "same work twice; what they write is still whole."
    )
