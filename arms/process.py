"""A server process of ours: started with a log, never left behind."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from arms import keeper
from arms.base import ArmError


class Process:
    """A command under a keeper, so that it ends when we do, even if we are killed.

    Args:
        command: Program and arguments.
        env: Its whole environment.
    """

    def __init__(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        log, name = tempfile.mkstemp(prefix="decide-server-", suffix=".log")
        self._log = Path(name)
        keep = [sys.executable, "-I", str(Path(keeper.__file__)), *command]
        with os.fdopen(log, "wb") as stream:
            # A session of its own: an interrupt at the terminal reaches us, and we stop it in order.
            self._keeper = subprocess.Popen(
                keep,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stream,
                env=dict(env),
                start_new_session=True,
            )
        assert self._keeper.stdout is not None
        line = self._keeper.stdout.readline().strip()
        self.group = int(line) if line else 0
        """Process group of the command."""
        atexit.register(self.stop)
        if not self.group:
            tail = self.log_tail()
            self.stop()
            raise ArmError(f"{command[0]} could not be started. {tail}")

    def running(self) -> bool:
        """Whether the command runs."""
        return self._keeper.poll() is None

    def log_tail(self, lines: int = 40) -> str:
        """The last lines it wrote."""
        try:
            text = self._log.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return "(no log)"
        return "\n".join(text.splitlines()[-lines:])

    def stop(self) -> None:
        """End the command and every process it started. Safe to call again."""
        atexit.unregister(self.stop)
        assert self._keeper.stdin is not None
        assert self._keeper.stdout is not None
        self._keeper.stdin.close()
        try:
            self._keeper.wait(keeper.GRACE + 15)
        except subprocess.TimeoutExpired:
            self._keeper.kill()
            self._keeper.wait()
            if self.group:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.group, signal.SIGKILL)
        self._keeper.stdout.close()
        self._log.unlink(missing_ok=True)


def free_port() -> int:
    """A port on this machine that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def search_path() -> str:
    """For ``PYTHONPATH`` of a process that imports from where this one does, in this order, and no more.

    Started by ``python -P -m``, for without ``-P`` it would look in the working folder first.
    """
    return os.pathsep.join(p or str(Path.cwd()) for p in sys.path)
