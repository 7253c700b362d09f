"""Errors that a user can mend, each saying where, what and how."""

from __future__ import annotations


class DecideError(Exception):
    """Base of every error that the user can mend; the message is meant to be read."""


class DataError(DecideError, ValueError):
    """Data that cannot be used as it stands.

    Args:
        problem: What is wrong, in one sentence without a final full stop.
        file: The file (or split) it is in.
        row: 1-based number of the row in that file (for CSV the header is not counted).
        field: The column it is in.
        remedy: What to do about it, as an imperative sentence.
    """

    def __init__(
        self,
        problem: str,
        *,
        file: str | None = None,
        row: int | None = None,
        field: str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.problem, self.file, self.row, self.field, self.remedy = problem, file, row, field, remedy
        super().__init__(str(self))

    def __str__(self) -> str:
        place = ", ".join(
            part
            for part in (
                self.file,
                f"row {self.row}" if self.row is not None else None,
                f"field {self.field!r}" if self.field is not None else None,
            )
            if part
        )
        text = f"{place}: {self.problem}" if place else self.problem
        return f"{text}. {self.remedy}" if self.remedy else text

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions pickle by their args; ours are keyword-only and cross process boundaries.
        return (_rebuild, (type(self), self.problem, self.file, self.row, self.field, self.remedy))


def _rebuild(
    cls: type[DataError],
    problem: str,
    file: str | None,
    row: int | None,
    field: str | None,
    remedy: str | None,
) -> DataError:
    return cls(problem, file=file, row=row, field=field, remedy=remedy)
