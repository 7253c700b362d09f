"""A real Ray cluster of two nodes on this machine; what goes wrong before a task is in test_cluster.py."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import decide
from arms.device import cores
from decide.runner import Event
from evalsets import EvalSet

ray = pytest.importorskip("ray", reason="Ray is not installed (extra ray)")
pytestmark = pytest.mark.e2e
NODE = {"num_cpus": cores(), "object_store_memory": 80 * 2**20, "include_dashboard": False}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two nodes, each with the cores of this machine, so that keys are those of a local run."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args=NODE)
    made.add_node(**{k: v for k, v in NODE.items() if k != "include_dashboard"})
    try:
        yield made
    finally:
        ray.shutdown()
        made.shutdown()


def comparable(result: decide.Comparison) -> dict[str, Any]:
    """Everything that does not tell the time."""
    arms = {
        a.name: (a.status, a.score, a.seed_scores, a.groups, a.labels, a.confusion, a.examples, a.run_keys)
        for a in result.arms
    }
    curve = result.learning_curve
    points = [(c.arm, [p.score for p in c.points]) for c in curve.curves] if curve else []
    return {"arms": arms, "pairs": result.pairs, "points": points}


def arms_of(tiny_encoder: Path) -> list[Any]:
    tuned = decide.FineTuned(str(tiny_encoder), epochs=2, name="Tuned")
    return [decide.Majority(), tuned]


def test_same_results_as_here(toy: EvalSet, tiny_encoder: Path, tmp_path: Path, cluster: Any) -> None:
    arms, wanted = arms_of(tiny_encoder), {"seeds": 2, "label_budgets": (24,)}
    here = decide.compare(toy, arms, run_dir=tmp_path / "here", **wanted)
    events: list[Event] = []
    executor = decide.Ray(address=cluster.address)
    there = decide.compare(
        toy, arms, run_dir=tmp_path / "there", executor=executor, on_event=events.append, **wanted
    )
    assert comparable(there) == comparable(here)
    assert "2 nodes" in there.method["executor"]
    runs = {file.stem for file in (tmp_path / "there" / "runs").iterdir()}
    assert {e.key for e in events if e.kind == "unit_finished"} == runs
    assert not list((tmp_path / "there").glob(".ray-*"))
    # What was made there need not be made here.
    again: list[Event] = []
    decide.compare(toy, arms, run_dir=tmp_path / "there", on_event=again.append, **wanted)
    assert {e.kind for e in again} == {"arm_cached"}


# Last, for it takes a node away.
def test_a_dead_worker_and_a_dead_node_are_survived(
    toy: EvalSet, tiny_encoder: Path, tmp_path: Path, cluster: Any
) -> None:
    import psutil

    arms = [decide.FineTuned(str(tiny_encoder), epochs=40, patience=40, name="Tuned"), decide.Majority()]
    second = next(iter(cluster.worker_nodes))
    killed: list[int] = []

    def strike() -> None:
        until = time.monotonic() + 120
        while time.monotonic() < until:
            found = [p for p in psutil.process_iter(["cmdline"]) if _is_unit(p)]
            if len(found) == 2:
                os.kill(found[0].ppid(), signal.SIGKILL)  # the Ray worker above the unit
                killed.append(found[0].pid)
                time.sleep(2.0)
                cluster.remove_node(second, allow_graceful=False)
                killed.append(0)
                return
            time.sleep(0.05)

    thread = threading.Thread(target=strike)
    thread.start()
    result = decide.compare(
        toy, arms, seeds=3, run_dir=tmp_path / "there", executor=decide.Ray(address=cluster.address)
    )
    thread.join()
    assert len(killed) == 2
    here = decide.compare(toy, arms, seeds=3, run_dir=tmp_path / "here")
    assert comparable(result) == comparable(here)


def _is_unit(process: Any) -> bool:
    """Whether this is a unit under a Ray worker, and not one of a test that runs at the same time."""
    import psutil

    line = process.info["cmdline"] or []
    if "decide.worker" not in line or "seal.py" in " ".join(line):
        return False
    try:
        return any("ray::" in " ".join(above.cmdline()) for above in process.parents())
    except psutil.Error:
        return False
