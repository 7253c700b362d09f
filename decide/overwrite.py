"""What is done with results that are in the run directory already."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Literal, get_args

from evalsets import DecideError

Overwrite = Literal["only-missing", "all", "never"]
"""``only-missing`` computes what is not there, ``all`` everything anew, ``never`` nothing at all."""
OVERWRITE: tuple[Overwrite, ...] = get_args(Overwrite)


def check_overwrite(value: str) -> None:
    """Refuse another word.

    Raises:
        DecideError: Naming those that are known.
    """
    if value not in OVERWRITE:
        raise DecideError(f"overwrite is {value!r}, which is unknown. Use one of {', '.join(OVERWRITE)}.")


def since_of(value: Overwrite) -> float:
    """Seconds since the epoch before which results do not count."""
    return time.time() if value == "all" else 0.0


def not_there(missing: int, wanted: int, folder: Path) -> str:
    """Why there is no result where nothing may be computed."""
    which = "The result is" if wanted == 1 else f"{missing} of {wanted} runs are"
    return (
        f"{which} not in {folder}, and overwrite='never' computes nothing. "
        "Use overwrite='only-missing' to compute what is missing."
    )
