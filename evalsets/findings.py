"""Findings: what checks report, what may be allowed, and what the report says of it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from evalsets.errors import DataError

ALLOWABLE = ("leakage", "duplicates", "conflicting_labels", "empty", "unseen_labels")
"""Codes of the errors that ``allow`` may let pass."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or worth knowing, about an evaluation set.

    Args:
        code: Name of the check; ``allow`` takes these names.
        level: ``error`` stops the reading unless allowed, ``warning`` does not.
        problem: What is wrong, in one sentence without a final full stop.
        file: The file or data set it is in.
        row: 1-based row of the first case.
        field: The column it is in.
        remedy: What to do about it.
        count: How many rows are concerned.
        split: ``train``, ``dev``, ``test`` or ``unlabeled``.
    """

    code: str
    level: Literal["error", "warning"]
    problem: str
    file: str | None = None
    row: int | None = None
    field: str | None = None
    remedy: str | None = None
    count: int = 1
    split: str | None = None

    def __str__(self) -> str:
        return str(self.to_error())

    def to_error(self, more: Sequence[Finding] = ()) -> DataError:
        """The same as an exception, naming ``more`` errors after it."""
        remedy = self.remedy or ""
        if more:
            count = "is 1 more error" if len(more) == 1 else f"are {len(more)} more errors"
            names = ", ".join(f"{f.code} in {f.split}" for f in more)
            remedy += f" There {count} after this one ({names}); `decide check` lists them all."
        return DataError(
            self.problem, file=self.file, row=self.row, field=self.field, remedy=remedy.strip() or None
        )


def check_allow(allow: Iterable[str]) -> None:
    """Refuse names that ``allow`` does not know.

    Raises:
        DataError: For the first such name.
    """
    for name in allow:
        if name not in ALLOWABLE:
            near = difflib.get_close_matches(name, ALLOWABLE, 1)
            raise DataError(
                f"allow names {name!r}, which cannot be allowed",
                remedy=(f"Did you mean {near[0]!r}? " if near else "") + f"Known: {', '.join(ALLOWABLE)}.",
            )


def raise_first(findings: Sequence[Finding], allow: Iterable[str] = ()) -> None:
    """Raise the first error that is not allowed by name.

    Raises:
        DataError: With the names of further errors.
    """
    permitted = set(allow)
    errors = [f for f in findings if f.level == "error" and f.code not in permitted]
    if errors:
        raise errors[0].to_error(more=errors[1:])


def notes_on(findings: Sequence[Finding]) -> list[str]:
    """What the report should say of findings that were let pass: one sentence each."""
    notes = []
    for finding in findings:
        fate = ""
        if finding.level == "error":
            fate = f"; {'dropped' if finding.code == 'empty' else 'kept'} ({finding.code} allowed)"
        notes.append(f"{finding.split}: {finding.problem}{fate}.")
    return notes
