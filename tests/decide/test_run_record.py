from pathlib import Path

import pytest

import decide
from arms import FitContext
from decide.latency import summarise_latency
from decide.run import QUICK, execute, run_key
from decide.store import RunStore
from evalsets import EvalSet


def test_a_run_keeps_dev_and_test_predictions_apart(toy: EvalSet, tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    run = execute(decide.TfidfLogistic(), toy, 0, FitContext(store.artifacts))
    store.put(run)
    read = store.get(run.key)
    assert read == run
    assert (len(run.values), len(run.dev_values)) == (len(toy.test), len(toy.dev))
    assert run.dev_probabilities is not None
    assert [toy.task.labels[max(range(3), key=lambda i: row[i] or 0)] for row in run.dev_probabilities] == (
        run.dev_values
    )
    assert toy.task.score(toy.dev.labels, run.dev_answers(toy.task)) == run.facts["dev_score"]


def test_latencies_are_kept_one_by_one_and_summarised(toy: EvalSet, tmp_path: Path) -> None:
    run = execute(decide.Majority(), toy, 0, FitContext(tmp_path), QUICK)
    assert len(run.latency_ms) == run.timing.latency.calls == QUICK.calls
    assert summarise_latency(run.latency_ms).p95_ms == pytest.approx(run.timing.latency.p95_ms, rel=1e-3)


def test_a_run_with_fewer_measurements_is_another_run(toy: EvalSet) -> None:
    arm = decide.Majority()
    assert run_key(arm, toy, 0, QUICK) != run_key(arm, toy, 0)
