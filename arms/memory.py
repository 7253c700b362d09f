"""Memory that runs out, on whatever device: knowing that it did, and putting less through a model at once."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from arms.base import ArmError

R = TypeVar("R")
_WORDS = (
    "out of memory",
    "can't allocate memory",
    "not enough memory",
    "cublas_status_alloc_failed",
    "cudnn_status_alloc_failed",
)


def ran_out(error: BaseException) -> bool:
    """Whether ``error`` says that a device or this machine has no memory left for a tensor."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(words in text for words in _WORDS)


def release() -> None:
    """Give back what failed work left behind."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def random_state() -> Callable[[], None]:
    """Remember where torch's random numbers are; calling what is returned puts them back there."""
    import torch

    state = torch.get_rng_state()
    cuda = torch.cuda.get_rng_state() if torch.cuda.is_available() else None

    def restore() -> None:
        torch.set_rng_state(state)
        if cuda is not None:
            torch.cuda.set_rng_state(cuda)

    return restore


@dataclass
class Room:
    """How much is put through a model at once, halved whenever memory runs out and then kept so.

    What is counted are tokens after padding, so that batches of short texts are not divided because one of
    long texts had to be.

    Args:
        what: What it is for, in a word for the report.
        tokens: Most tokens of a part, rows × longest row; ``None`` for no limit yet.
    """

    what: str
    tokens: int | None = None
    batch: int = 0
    """Rows of the largest batch that had to be divided."""
    part: int = 0
    """Rows of its parts."""

    def put(
        self,
        rows: Sequence[Any] | Any,
        longest: int,
        do: Callable[[Any], R],
        undo: Callable[[], None] = lambda: None,
    ) -> list[R]:
        """What ``do`` gives for all rows, or for each of as many parts as memory asks for.

        Args:
            rows: What can be cut by slices, not empty.
            longest: Tokens of the longest row.
            do: Called with rows; what it adds up (gradients) must not depend on how they are divided.
            undo: Takes back what was added up, before all rows are put through again in smaller parts.

        Raises:
            ArmError: If there is no memory for a single row.
        """
        while True:
            size = self.size(len(rows), longest)
            try:
                done = [do(rows[i : i + size]) for i in range(0, len(rows), size)]
            except (RuntimeError, MemoryError) as error:
                self.shrink(error, size, longest)
            else:
                self.divided(len(rows), size)
                return done
            undo()
            release()

    def size(self, rows: int, longest: int) -> int:
        """Rows of a part."""
        return rows if self.tokens is None else max(1, min(rows, self.tokens // max(1, longest)))

    def shrink(self, error: BaseException, rows: int, longest: int) -> None:
        """Allow half of what was too much; call :func:`release` once the error is let go of.

        Raises:
            ArmError: If a single row was too much.
            BaseException: ``error``, if it is not about memory.
        """
        if not ran_out(error):
            raise error
        if rows <= 1:
            raise ArmError(
                f"There is not enough memory for {self.what} with a single text of {longest} tokens. Use a "
                "smaller model, shorter inputs (max_length), or a machine with more memory."
            ) from error
        self.tokens = rows // 2 * longest

    def divided(self, rows: int, size: int) -> None:
        """Remember that a batch was put through in parts, if it was."""
        if size < rows and (rows > self.batch or (rows == self.batch and size < self.part)):
            self.batch, self.part = rows, size

    def facts(self) -> dict[str, list[int]]:
        """Rows of the largest batch that was divided and of its parts; empty if none was."""
        return {self.what: [self.batch, self.part]} if self.batch else {}


def told(divided: dict[str, list[int]]) -> list[str]:
    """Sentences for the report about batches that were divided, from :meth:`Room.facts`."""
    return [
        f"For lack of memory a batch of {batch} was put through in parts of {part} ({what}). The same "
        "texts count with the same weight as in one piece."
        for what, (batch, part) in divided.items()
    ]
