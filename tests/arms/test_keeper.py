from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from arms import keeper
from arms.base import ArmError
from arms.process import Process, free_port

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="process groups are POSIX")

# Starts a child of its own, as vLLM starts its engine; the child ignores the polite signal.
CHILD = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready'); time.sleep(600)"
FAMILY = f"""
import subprocess, sys, time
subprocess.Popen([sys.executable, "-u", "-c", {CHILD!r}])
time.sleep(600)
"""


def members(group):
    """Live processes of a group."""
    found = subprocess.run(["ps", "-eo", "pgid=,stat=,pid="], capture_output=True, text=True).stdout
    rows = [line.split() for line in found.splitlines()]
    return [pid for pgid, state, pid in rows if int(pgid) == group and not state.startswith("Z")]


def wait(condition, seconds=120.0):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)


@pytest.fixture
def short_grace(monkeypatch, tmp_path):
    """The keeper as a program that loses patience soon."""
    from pathlib import Path

    quick = tmp_path / "keeper.py"
    quick.write_text(Path(keeper.__file__).read_text().replace("GRACE = 15.0", "GRACE = 0.5"))
    monkeypatch.setattr(keeper, "__file__", str(quick))


def start():
    process = Process([sys.executable, "-c", FAMILY], dict(os.environ))
    wait(lambda: "ready" in process.log_tail())
    assert len(members(process.group)) == 2
    return process


@pytest.mark.usefixtures("short_grace")
def test_stop_ends_the_whole_family_and_its_log():
    process = start()
    process.stop()
    assert members(process.group) == []
    assert process.log_tail() == "(no log)"
    process.stop()


@pytest.mark.usefixtures("short_grace")
def test_family_ends_when_its_head_crashes():
    process = start()
    os.kill(process.group, signal.SIGKILL)
    wait(lambda: not process.running())
    assert members(process.group) == []
    process.stop()


PARENT = """
import os, sys, time
from arms import keeper
from arms.process import Process
keeper.__file__ = {quick!r}
process = Process([sys.executable, "-c", {family!r}], dict(os.environ))
while "ready" not in process.log_tail(): time.sleep(0.05)
print(process.group, flush=True)
{then}
"""


@pytest.mark.usefixtures("short_grace")
@pytest.mark.parametrize("then", ["time.sleep(600)", "raise KeyError", "sys.exit(0)"])
def test_family_ends_with_the_parent_however_it_ends(then):
    code = PARENT.format(quick=keeper.__file__, family=FAMILY, then=then)
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    group = int(parent.stdout.readline())
    if "sleep" in then:
        assert len(members(group)) == 2
        parent.kill()
    parent.wait(120)
    parent.stdout.close()
    wait(lambda: members(group) == [])


@pytest.mark.usefixtures("short_grace")
def test_family_is_told_to_end_when_the_keeper_is_killed():
    if sys.platform != "linux":
        pytest.skip("needs the parent-death signal of Linux")
    process = start()
    process._keeper.kill()
    wait(lambda: str(process.group) not in members(process.group))
    keeper.end_group(process.group, 0.2)
    process.stop()


def test_command_that_ends_leaves_its_words():
    process = Process([sys.executable, "-c", "print('no such model'); raise SystemExit(3)"], dict(os.environ))
    wait(lambda: not process.running())
    assert "no such model" in process.log_tail()
    process.stop()


def test_command_that_does_not_exist():
    with pytest.raises(ArmError, match="could not be started"):
        Process(["/nonexistent/python"], dict(os.environ))


def test_free_port_can_be_bound():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", free_port()))
