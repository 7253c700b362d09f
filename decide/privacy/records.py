"""What is saved about privacy: where texts go, what they hold, what models keep. Never a text or a value."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from decide.records import Record


class NetworkGuard(Record):
    """What kept an arm from reaching other machines than it declared while it ran.

    ``namespace``: a network namespace of the kernel and checks on Python's sockets. ``process``: those checks
    alone, for the life of the arm's process. ``scoped``: the same in a shared process, while the arm ran.
    """

    layer: Literal["namespace", "process", "scoped"]
    hosts: list[str] = Field(default=[], description="other machines that could be reached")
    why_no_namespace: str = ""
    refused: dict[str, int] = Field(default={}, description="attempts that were stopped, by host")
