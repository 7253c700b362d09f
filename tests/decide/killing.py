"""Starts comparisons in processes of their own and kills them; run as a program by ``test_killed.py``.

Processes are forked from one that has imported everything and runs nothing beside, so that a kill is cheap.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

import decide
from arms import Arm, FitContext, FittedArm, Predictions, artifacts, register_arm
from arms.base import FitRecord
from decide.store import RunStore
from evalsets import EvalSet
from tests.conftest import WORDS, toy_split

LOG = "DECIDE_TEST_LOG"
WRITES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "os.utime", "shutil.rmtree"}


class Guess(FittedArm):
    def __init__(self, seed: int, labels: tuple[str, ...]) -> None:
        self.record, self.seed, self.labels = FitRecord(), seed, labels

    def predict(self, texts: Any) -> Predictions:
        return Predictions(values=[self.labels[(len(t) + self.seed) % len(self.labels)] for t in texts])


@register_arm
@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Slow(Arm):
    """Takes its time, and keeps an artifact that all of its runs share."""

    kind: ClassVar[str] = "test_slow"
    seconds: float = 0.03
    name: str | None = None

    def default_name(self) -> str:
        return "Slow"

    def summary(self) -> str:
        return "Guesses slowly."

    def fit(self, evalset: EvalSet, seed: int, context: FitContext) -> FittedArm:
        self._note(f"fit {seed}")
        folder = context.artifacts / "slow-shared"
        if not artifacts.ready(folder, context.since):
            self._note("artifact")
            with artifacts.making(folder) as partial:
                (partial / "weights.bin").write_bytes(b"w" * 10_000)
                (partial / "deeper").mkdir()
                (partial / "deeper" / "more.json").write_text("{}")
        assert (folder / "weights.bin").read_bytes() == b"w" * 10_000
        time.sleep(self.seconds)
        return Guess(seed, evalset.task.labels)

    def _note(self, what: str) -> None:
        with Path(os.environ[LOG]).open("a") as stream:
            stream.write(f"{what}\n")


def data() -> EvalSet:
    from evalsets import TextClassification

    return EvalSet(
        name="Toy tickets",
        task=TextClassification(tuple(sorted(WORDS))),
        train=toy_split(30, 1),
        dev=toy_split(12, 2),
        test=toy_split(20, 3),
        synthetic=True,
    )


def compare(run_dir: Path, isolate: bool = False, **more: Any) -> decide.Comparison:
    os.environ[LOG] = str(run_dir.parent / "log")
    arms = [Slow(), decide.Majority(), decide.TfidfLogistic(c=(1.0,))]
    result = decide.compare(data(), arms, run_dir=run_dir, seeds=2, isolate=isolate, **more)
    result.to_json(run_dir / "comparison.json")
    return result


def outcome(run_dir: Path) -> dict[str, Any]:
    """What must not depend on interruptions: all but times, speeds, costs and memory."""
    result = decide.load(run_dir / "comparison.json")
    store = RunStore(run_dir)
    keys = [key for arm in result.arms for key in arm.run_keys]
    runs = [run for run in map(store.get, keys) if run is not None]
    assert len(runs) == len(keys) == len(list((run_dir / "runs").iterdir())) == 4
    return {
        "runs": [[r.key, r.values, r.probabilities, r.dev_values, r.score, r.errors, r.facts] for r in runs],
        "scores": [[a.name, a.status, a.score.model_dump() if a.score else None] for a in result.arms],
        "pairs": [pair.model_dump() for pair in result.pairs],
        "recommended": [result.recommendation.arm, result.recommendation.probability_best],
    }


def finished(run_dir: Path) -> dict[str, int]:
    """Every whole run and its time of writing."""
    store = RunStore(run_dir)
    files = list((run_dir / "runs").glob("[!.]*.json"))
    return {f.name: f.stat().st_mtime_ns for f in files if store.get(f.stem) is not None}


def start(work: Callable[[], Any]) -> int:
    """Fork a process that does ``work`` in a session of its own."""
    pid = os.fork()
    if pid:
        return pid
    os.setsid()
    try:
        work()
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(1)
    os._exit(0)


def kill_at_write(run_dir: Path, number: int) -> None:
    """Have this process kill itself before its ``number``-th change to the run directory."""
    count, inside, fsync = 0, str(run_dir), os.fsync

    def step() -> None:
        nonlocal count
        count += 1
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if (writes or event in WRITES) and str(arguments[0]).startswith(inside):
            step()

    def counted_fsync(handle: int) -> None:
        step()
        fsync(handle)

    os.fsync = counted_fsync
    sys.addaudithook(hook)


def ended(pid: int) -> bool:
    """Wait for a process; whether it ended by itself rather than by a kill."""
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return False
    assert os.WEXITSTATUS(status) == 0, "the comparison failed"
    return True


def by_writes(run_dir: Path) -> int:
    """Kill at the first change to the run directory, then at the second, and so on until it is through."""
    kills, kept = 0, finished(run_dir)
    while True:
        number = kills + 1

        def work(number: int = number) -> None:
            kill_at_write(run_dir, number)
            compare(run_dir)

        if ended(start(work)):
            check_kept(run_dir, kept)
            return kills
        kills += 1
        kept = check_kept(run_dir, kept)


def by_time(run_dir: Path, kills: int, seconds: float, rng: random.Random) -> int:
    """Kill at random moments of a comparison; a new run directory where one is through."""
    done = directory = 0
    while done < kills:
        place = run_dir / f"{directory}" / "runs"
        place.mkdir(parents=True, exist_ok=True)
        kept = finished(place)
        pid = start(lambda place=place: compare(place))
        time.sleep(rng.uniform(0, 0.95 * seconds))
        os.killpg(os.getpgid(pid), signal.SIGKILL) if os.getpgid(pid) == pid else os.kill(pid, signal.SIGKILL)
        if ended(pid):
            directory += 1
        else:
            done += 1
        check_kept(place, kept)
    for number in range(directory + 1):
        assert ended(start(lambda n=number: compare(run_dir / f"{n}" / "runs")))
    return done


def isolated(run_dir: Path, kills: int, rng: random.Random) -> int:
    """The same with workers: in turn the parent alone is killed, and all of them."""
    import psutil

    done = 0
    for turn in range(kills):
        kept = finished(run_dir)
        pid = start(lambda: compare(run_dir, isolate=True))
        time.sleep(rng.uniform(0.5, 2.5))
        family = psutil.Process(pid).children(recursive=True)
        os.kill(pid, signal.SIGKILL)
        if turn % 2:
            for member in family:
                member.kill()
        done += not ended(pid)
        _, alive = psutil.wait_procs(family, timeout=120)
        assert not alive, "a worker outlived the comparison"
        check_kept(run_dir, kept)
    assert ended(start(lambda: compare(run_dir, isolate=True)))
    return done


def check_kept(run_dir: Path, before: dict[str, int]) -> dict[str, int]:
    """What was finished then is what it was; returns what is finished now."""
    now = finished(run_dir)
    assert before.items() <= now.items(), "a finished run was made again"
    return now


def main(folder: Path) -> dict[str, Any]:
    rng = random.Random(20)
    for name in ("warm", "whole", "writes", "isolated"):
        (folder / name / "runs").mkdir(parents=True)
    compare(folder / "warm" / "runs")  # imports everything, once
    began = time.perf_counter()
    assert ended(start(lambda: compare(folder / "whole" / "runs")))
    seconds = time.perf_counter() - began
    told: dict[str, Any] = {"seconds": seconds}
    told["writes"] = by_writes(folder / "writes" / "runs")
    told["times"] = by_time(folder / "times", 28, seconds, rng)
    told["isolated"] = isolated(folder / "isolated" / "runs", 4, rng)
    want = outcome(folder / "whole" / "runs")
    places = [folder / "writes", *(folder / "times").iterdir(), folder / "isolated"]
    told["same"] = [outcome(place / "runs") == want for place in places if (place / "runs").is_dir()]
    told["left_over"] = [
        str(f) for f in folder.rglob("*") if f.suffix in (".part", ".partial", ".old", ".damaged")
    ]
    told["fits"] = (folder / "writes" / "log").read_text().split("\n")
    told["took"] = time.perf_counter() - began
    return told


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
