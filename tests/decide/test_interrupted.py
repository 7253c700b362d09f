"""An interrupt leaves a comparison that can be gone on with, and no process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from evalsets import EvalSet
from tests.decide.test_cli import write_split

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and process groups are POSIX")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def engagement(tmp_path: Path, small: EvalSet) -> Path:
    for name in ("train", "dev", "test"):
        write_split(tmp_path / f"{name}.jsonl", getattr(small, name))
    file = tmp_path / "engagement.yaml"
    file.write_text(
        f"""
title: Interrupted
data: {{train: train.jsonl, dev: dev.jsonl, test: test.jsonl, group: site}}
arms:
  - kind: majority
  - {{kind: test_serving, folder: "{tmp_path}"}}
seeds: 1
report: report.md
"""
    )
    return file


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """What a shell starts in the background ignores interrupts, and so does all that it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@contextmanager
def start(engagement: Path) -> Iterator[subprocess.Popen[str]]:
    path = os.pathsep.join([str(ROOT), *(p for p in sys.path if p)])
    with subprocess.Popen(
        [sys.executable, "-m", "tests.decide.serving", "compare", str(engagement)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:  # a test that failed waits for nothing
                os.killpg(process.pid, signal.SIGKILL)


def until(condition: Callable[[], bool], seconds: float = 300.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("number", "to_group", "code"),
    [
        (signal.SIGINT, True, 130),
        (signal.SIGINT, False, 130),
        (signal.SIGTERM, False, 143),
        (signal.SIGKILL, False, -signal.SIGKILL),
    ],
    ids=["Ctrl-C", "interrupt", "terminate", "kill"],
)
def test_whatever_ends_a_comparison_no_process_is_left(
    engagement: Path, number: signal.Signals, to_group: bool, code: int
) -> None:
    pids = engagement.parent / "server.pid"
    with start(engagement) as process:
        until(lambda: pids.exists() or process.poll() is not None)
        assert process.poll() is None, process.communicate()
        family = psutil.Process(process.pid).children(recursive=True)
        family += [psutil.Process(int(pid)) for pid in pids.read_text().split()]
        assert len({member.pid for member in family}) >= 4  # worker, keeper, server and its child
        os.killpg(process.pid, number) if to_group else process.send_signal(number)
        _, alive = psutil.wait_procs(family, timeout=120)
        assert not alive
        said = process.communicate(timeout=120)[1]
    assert process.returncode == code, said
    assert "Traceback" not in said
    if code > 0:
        assert "interrupted; finished runs are kept" in said
    if to_group:
        (engagement.parent / "go").touch()
        with start(engagement) as again:
            printed, said = again.communicate(timeout=400)
        assert again.returncode == 0, said
        assert said.count("already in the run directory") == 1
        assert "Report:" in printed
