"""Runs of one arm, and other jobs, in a process of their own.

A process for each keeps its memory figure clean, and its crash from taking the others along.
Started as ``python -P -m decide.worker``; the job arrives pickled on standard input.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NoReturn, Protocol

from arms.base import Arm, ArmError, FitContext
from arms.process import search_path
from decide.privacy import network
from decide.run import DEFAULT, Measure, execute
from decide.store import RunStore
from decide.terms import PLAIN, Terms
from decide.units import Unit
from evalsets import DecideError, plugins

OOM_HINT = "The process was killed, most likely for lack of memory. Use a smaller model or batch_size."


Tell = Callable[[dict[str, Any]], None]
"""Called in the parent with what a job says while it is at work, as JSON-able data."""


class Work(Protocol):
    """Something to do whose results go to the run directory; it can be pickled."""

    def work(self, tell: Tell) -> None:
        """Do it, here, and say how it goes on."""


@dataclass
class Job:
    """An arm with the units that are still missing from the run directory."""

    arm: Arm
    units: tuple[Unit, ...]
    run_dir: Path
    measure: Measure = DEFAULT
    hour_usd: float = 0.0
    terms: Terms = PLAIN
    since: float = 0.0

    def work(self, tell: Tell = lambda said: None) -> None:
        """Execute the units that are missing, each stored as soon as it is finished.

        Where another process makes one of them, it is waited for.

        Args:
            tell: Told of each unit as it starts, finishes or fails: ``kind``, ``key`` and, when it has
                finished, ``seconds`` and ``score``.

        Raises:
            ArmError: If the arm fails for a reason the user can mend.
        """
        store = RunStore(self.run_dir, self.since)
        for unit in self.units:
            with store.computing(unit.key, f"{self.arm.label} · {unit.part.name} · seed {unit.part.seed}"):
                if store.get(unit.key) is None:
                    self._make(unit, store, tell)

    def _make(self, unit: Unit, store: RunStore, tell: Tell) -> None:
        tell({"kind": "unit_started", "key": unit.key})
        started = time.perf_counter()
        part = unit.part
        try:
            with self.terms.asking(self.run_dir, unit.key, self.arm, self.since) as asking:
                context = FitContext(
                    self._artifacts(store), hour_usd=self.hour_usd, asking=asking, since=self.since
                )
                run = execute(self.arm, part.evalset, part.seed, context, self.measure, unit.key)
                store.put(run)
                asking.finish()
        except Exception as error:
            seconds = time.perf_counter() - started
            tell({"kind": "unit_failed", "key": unit.key, "seconds": seconds, "message": str(error)})
            raise
        seconds = time.perf_counter() - started
        tell({"kind": "unit_finished", "key": unit.key, "seconds": seconds, "score": run.score})

    def _artifacts(self, store: RunStore) -> Path:
        """Where the arm keeps files; a repetition must not find what the run itself has trained."""
        if not self.measure.repeat:
            return store.artifacts
        folder = store.artifacts / f"repeat-{self.measure.repeat}"
        folder.mkdir(exist_ok=True)
        return folder


def work_isolated(
    job: Work,
    access: network.Access = network.NOWHERE,
    tell: Tell = lambda said: None,
    environ: Mapping[str, str] | None = None,
) -> None:
    """Do a job in a new process, which is stopped with everything it started if we are interrupted.

    Args:
        job: The job.
        access: Which other machines the process may reach.
        tell: Told what the job says, as it says it.
        environ: Environment of the process, but for what guards it; by default ours.

    Raises:
        ArmError: With what the process said, if the job failed.
    """
    import cloudpickle

    folder = tempfile.TemporaryDirectory(prefix="decide-network-")
    environment = dict(environ or os.environ, PYTHONPATH=search_path())
    with (
        folder,
        subprocess.Popen(
            network.command(access, [sys.executable, "-P", "-m", "decide.worker"]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=network.environment(access, environment, Path(folder.name) / "refused"),
            start_new_session=True,
        ) as process,
    ):
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(cloudpickle.dumps(job))
                process.stdin.flush()  # and left open: that it closes is how the worker knows we are gone
            message = _listen(process.stdout, tell)
            code = process.wait()
        except BaseException:
            _stop(process)
            raise
    if code == -signal.SIGKILL:
        raise ArmError(OOM_HINT)
    if code:
        raise ArmError(message or f"The process ended with code {code} and said nothing.")


def _listen(pipe: IO[bytes], tell: Tell) -> str:
    """Pass on what the process says until it ends; its last word is why it failed, if it did."""
    message = ""
    for line in pipe:
        try:
            said = json.loads(line)
        except ValueError:  # cut off where the process was killed
            continue
        if "failed" in said:
            message = str(said["failed"])
        else:
            tell(said)
    return message


def _stop(process: subprocess.Popen[bytes], patience_s: float = 15.0) -> None:
    """Interrupt the worker so that it can stop its servers, then make sure of it.

    A second interrupt while it is waited for ends the wait, not the care that nothing is left.
    """
    try:
        process.send_signal(signal.SIGTERM)
        process.wait(patience_s)
    except BaseException as error:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if not isinstance(error, subprocess.TimeoutExpired | ProcessLookupError):
            raise


def _follow(lifeline: int, patience_s: float = 15.0) -> None:
    """End this process when its parent is gone, even if the parent was killed outright.

    Args:
        lifeline: A pipe that the parent holds open as long as it lives.
        patience_s: Seconds to stop servers in, before the process is ended for certain.
    """
    while os.read(lifeline, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(patience_s)
    os.kill(os.getpid(), signal.SIGKILL)


def _main() -> int:
    import pickle

    # SIGTERM must unwind the stack, so that context managers stop the servers they started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # What arms print must not mix with what goes to the parent.
    answer = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)

    def tell(said: dict[str, Any]) -> None:
        answer.write(json.dumps(said) + "\n")

    network.guard_process()  # before the job is read, for reading it imports the arm's code
    plugins.load()
    job = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our own parent process
    # What arms start must not read from the pipe that holds us to our parent.
    lifeline, nothing = os.dup(0), os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    threading.Thread(target=_follow, args=(lifeline,), daemon=True).start()
    try:
        with network.explained():
            job.work(tell)
    except DecideError as error:
        tell({"failed": str(error)})
        return 1
    except Exception as error:
        traceback.print_exc()
        tell({"failed": f"{type(error).__name__}: {error}"})
        return 2
    return 0


def _leave(code: int) -> NoReturn:
    """End the process without taking it apart: freeing what torch holds, piece by piece, takes a second.

    What asked to be called at the end is called, such as servers and temporary folders that are left.
    """
    try:
        atexit._run_exitfuncs()
        sys.stderr.flush()
    finally:
        os._exit(code)


if __name__ == "__main__":
    _leave(_main())
