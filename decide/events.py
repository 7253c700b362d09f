"""What happens in a comparison, as it happens: for progress displays, logs and hooks."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, get_args

Kind = Literal[
    "arm_started",
    "arm_cached",
    "arm_finished",
    "arm_failed",
    "arm_refused",
    "gap_started",
    "gap_cached",
    "gap_finished",
    "gap_failed",
    "unit_started",
    "unit_finished",
    "unit_failed",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""Every kind of event. A unit is one run: an arm with one seed on one set of data."""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True)
class Event:
    """Something that happened in a comparison.

    Args:
        kind: What happened, one of :data:`KINDS`.
        arm: Name of the arm; in an event on the domain gap that of the encoder.
        message: More in words, such as how many runs are to do, or why something failed.
        seconds: How long it took, where it is over.
        seed: Seed of the unit.
        unit: What the unit is for: ``main``, ``20 labels``, ``without north``, ``repetition 1``.
        score: Test score of a finished unit, in [0, 1].
        key: Key of the unit's run in the run directory.
        time: When, in UTC (ISO 8601). Events that differ in nothing else are equal.
    """

    kind: Kind
    arm: str
    message: str = ""
    seconds: float = 0.0
    seed: int | None = None
    unit: str = ""
    score: float | None = None
    key: str = ""
    time: str = field(default_factory=_now, compare=False)

    def __str__(self) -> str:
        """One line for people, as ``on_event=print`` shows it."""
        unit = f"seed {self.seed}{f', {self.unit}' if self.unit else ''}" if self.seed is not None else ""
        score = "" if self.score is None else f"score {self.score:.3f}"
        seconds = f"{self.seconds:.1f} s" if self.seconds else ""
        more = ", ".join(part for part in (unit, score, seconds, self.message) if part)
        return f"{self.arm}: {self.kind.replace('_', ' ')}{f' ({more})' if more else ''}"

    def to_dict(self) -> dict[str, Any]:
        """The event as plain data; what it does not have is left out."""
        return {k: v for k, v in asdict(self).items() if v not in (None, "") and (k, v) != ("seconds", 0.0)}

    def to_json(self) -> str:
        """The event as a JSON object on one line."""
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False)


Hook = Callable[[Event], None]
"""What is called with each event, in the process that compares, one event after another."""


def ignore(event: Event) -> None:
    """The hook that does nothing."""


class Guarded:
    """A hook whose failure does not stop the comparison.

    An exception of the hook is reported once, as a warning; the hook is called again with the next event.
    ``KeyboardInterrupt`` and ``SystemExit`` pass.

    Args:
        hook: The hook.
    """

    def __init__(self, hook: Hook) -> None:
        self.hook: Hook = hook.hook if isinstance(hook, Guarded) else hook
        self._told = False

    def __call__(self, event: Event) -> None:
        """Pass the event on."""
        try:
            self.hook(event)
        except Exception as error:
            if self._told:
                return
            self._told = True
            with warnings.catch_warnings():
                warnings.simplefilter("always")  # a filter that makes warnings errors must not lose the runs
                warnings.warn(
                    f"on_event raised {type(error).__name__}: {error} (at {event.kind} of {event.arm}). The "
                    "comparison goes on; further errors of the hook are not reported.",
                    RuntimeWarning,
                    stacklevel=2,
                )
