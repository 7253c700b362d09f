"""Runs one command and makes sure that nothing of it outlives whoever asked for it.

A program of its own, of the standard library alone, run as ``python keeper.py COMMAND…``. It starts the
command in a process group of its own, writes that group's number to standard output, and ends the whole
group when standard input closes, when its parent is gone (however it died) or when the command ends.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import sys
import time

GRACE = 15.0
"""Seconds between asking the group to end and ending it."""
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def main() -> int:
    """Keep the command until it ends or is no longer wanted."""
    parent = os.getppid()
    # Processes orphaned by a crash of the command become ours, so that they can be waited for.
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    command = subprocess.Popen(
        sys.argv[1:], stdin=subprocess.DEVNULL, stdout=2, start_new_session=True, preexec_fn=_die_with_keeper
    )
    try:
        print(command.pid, flush=True)
        while command.poll() is None and os.getppid() == parent and not _closed(0.25):
            pass
    finally:
        end_group(command.pid, GRACE)
    return command.returncode or 0


def end_group(group: int, grace: float) -> None:
    """End every process of a group: politely, then for certain."""
    for number, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, 10.0)):
        until = time.monotonic() + patience
        try:
            os.killpg(group, number)
            while time.monotonic() < until:
                _reap()
                os.killpg(group, 0)
                time.sleep(0.05)
        except ProcessLookupError:
            return
        except PermissionError:
            pass  # some systems say so of a group of zombies


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _closed(wait: float) -> bool:
    return bool(select.select([0], [], [], wait)[0]) and not os.read(0, 1024)


def _leave(number: int, frame: object) -> None:
    raise SystemExit(128 + number)


def _die_with_keeper() -> None:
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _prctl(option: int, value: int) -> None:
    """Linux only; elsewhere the watch on standard input has to do."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    sys.exit(main())
