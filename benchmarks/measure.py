"""Two ways to do the same work, timed in turns in one process, and what the ratio of their times is."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from arms.device import hardware


@dataclass(frozen=True)
class Ratio:
    """How many times faster than a peer.

    Args:
        what: The work, with its unit.
        peer: Who else did it.
        ours: Work a second of each repetition.
        theirs: The same of the peer.
        facts: What else was measured, such as scores.
    """

    what: str
    peer: str
    ours: list[float]
    theirs: list[float]
    facts: dict[str, Any]

    def ratios(self) -> list[float]:
        """Ours over theirs, of each repetition."""
        return [a / b for a, b in zip(self.ours, self.theirs, strict=True)]

    def __str__(self) -> str:
        ratios = self.ratios()
        told = "".join(f"\n    {name}: {value}" for name, value in self.facts.items())
        return (
            f"{self.what} against {self.peer}: {np.median(ratios):.2f} times as fast "
            f"({min(ratios):.2f} to {max(ratios):.2f} in {len(ratios)} repetitions); "
            f"{np.median(self.ours):,.1f} against {np.median(self.theirs):,.1f} a second{told}"
        )


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds that ``work`` took, and what it returned."""
    gc.collect()
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def in_turns(
    ways: Mapping[str, Callable[[], Any]], repetitions: int, warm_up: bool = True
) -> dict[str, list[tuple[float, Any]]]:
    """Seconds and result of every repetition of each way.

    The ways take turns, each repetition in the opposite order to the one before, so that a machine that
    slows down does so for all of them.

    Args:
        ways: What to time, by name.
        repetitions: How often.
        warm_up: Whether each is run once before, untimed.
    """
    found: dict[str, list[tuple[float, Any]]] = {name: [] for name in ways}
    if warm_up:
        for work in ways.values():
            work()
    for repetition in range(repetitions):
        names = list(ways)
        for name in names if repetition % 2 == 0 else reversed(names):
            found[name].append(timed(ways[name]))
    return found


def report(ratios: list[Ratio], file: Path | None = None) -> None:
    """Print ratios with the machine's name, and write them as JSON."""
    print(f"Machine: {hardware()}")
    for ratio in ratios:
        print(ratio)
    if file is not None:
        told = [asdict(ratio) | {"ratios": ratio.ratios()} for ratio in ratios]
        file.write_text(json.dumps({"machine": hardware(), "ratios": told}, indent=1), encoding="utf-8")
