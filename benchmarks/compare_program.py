"""The program of whoever uses this library: six arms on the files of ``whole_comparison``, to the end.

Run by ``whole_comparison`` in a process of its own, so that nothing else is in its time and memory.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import decide
from arms import Arm, DomainAdapted, FineTuned, LoRA, Majority, Prompted, TfidfLogistic
from benchmarks.peers.settings import Settings
from decide.events import Event
from decide.run import PeakMemory


def read_files(folder: Path) -> decide.EvalSet:
    """The same as an evaluation set."""
    splits: Any = {name: folder / f"{name}.jsonl" for name in ("train", "dev", "test")}
    return decide.EvalSet.from_files(**splits, unlabeled=folder / "unlabeled.txt")


def six_arms(settings: Settings) -> list[Arm]:
    """The arms of the comparison."""
    tuning: dict[str, Any] = {
        "epochs": settings.epochs,
        "patience": settings.epochs,
        "learning_rate": settings.rate,
    }
    adaptation: dict[str, Any] = {
        "adaptation_epochs": 1,
        "adaptation_learning_rate": settings.adaptation_rate,
    }
    asked: dict[str, Any] = {"template": settings.template}
    tuned: dict[str, Any] = {
        "epochs": 1,
        "learning_rate": settings.tuning_rate,
        "max_train": settings.tuned,
    }
    return [
        Majority(),
        TfidfLogistic(),
        FineTuned(str(settings.encoder), **tuning),
        DomainAdapted(str(settings.pretrained), **tuning, **adaptation),
        Prompted(str(settings.llm), **asked),
        LoRA(str(settings.llm), **asked, **tuned),
    ]


def main() -> None:
    """Compare, and write what was found as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--settings", "--data", "--runs", "--out"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--changed", action="store_true", help="with another setting of one arm")
    options = parser.parse_args()
    arms = six_arms(Settings.read(options.settings))
    if options.changed:
        arms[1] = TfidfLogistic(ngrams=1)
    events: list[Event] = []
    with PeakMemory() as memory:
        result = decide.compare(
            read_files(options.data), arms, seeds=1, run_dir=options.runs, gap=False, on_event=events.append
        )
        result.to_html(options.out.with_suffix(".html"))
    made = [event for event in events if event.kind == "unit_finished"]
    found = {
        "failed": [f"{arm.name}: {arm.failure}" for arm in result.arms if arm.status != "ok"],
        "units": sum(event.seconds for event in made),
        "made": [event.arm for event in made],
        "peak_mb": memory.peak_bytes / 1e6,
        "largest_arm_mb": max(arm.peak_memory_mb or 0.0 for arm in result.arms),
        "macro_f1": {arm.name: round(arm.score.value, 3) for arm in result.arms if arm.score},
    }
    options.out.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
