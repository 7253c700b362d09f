"""The table of approaches as CSV, safe to open in a spreadsheet."""

from __future__ import annotations

from csv import QUOTE_NONNUMERIC
from typing import Any

from reports.exports import Job, register_export

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet read a cell as a formula (OWASP, CSV injection)."""


@register_export("csv", title="CSV table")
def write_csv(job: Job) -> bytes:
    """One row an arm with the columns of :meth:`decide.Comparison.table`, UTF-8."""
    table = job.comparison.table().rename(columns=harmless)
    for column in table.columns:
        table[column] = table[column].map(harmless)
    # Texts are quoted, so that a line break in a name stays in its cell.
    return bytes(table.to_csv(index=False, lineterminator="\n", quoting=QUOTE_NONNUMERIC).encode())


def harmless(cell: Any) -> Any:
    """A text that would be a formula gets an apostrophe before it; numbers stay as they are."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
