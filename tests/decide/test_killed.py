"""A comparison that is killed, again and again, ends as one that was not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="forks processes and kills groups of them"),
    pytest.mark.slow,
]


def test_a_comparison_killed_over_fifty_times_ends_in_the_same_result(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    path = os.pathsep.join([str(root), *(p for p in sys.path if p)])
    # One thread, so that a process that is forked while others run cannot wait for them.
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.decide.killing", str(tmp_path)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path, **threads},
        cwd=root,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    kills = told["writes"] + told["times"] + told["isolated"]
    print(f"{kills} kills survived ({told['writes']} before each change to the run directory)")
    assert kills >= 50
    assert all(told["same"])
    assert told["left_over"] == []
    # Of what killed processes had begun, only what was not finished was begun again.
    assert told["fits"].count("fit 1") == 1
