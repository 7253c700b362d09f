"""What trained models remember, and what is in what is shipped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

import decide
from arms import ARMS, FitContext
from decide.privacy import memorisation
from decide.privacy.memorisation import auc, confidence, kept_of, memorisation_of
from decide.run import QUICK, Measure, Run, execute, run_key
from evalsets import EvalSet


def tuned(model: Path, **settings: object) -> decide.FineTuned:
    return decide.FineTuned(str(model), epochs=1, learning_rate=5e-3, batch_size=8, **settings)  # type: ignore[arg-type]


def test_a_tuned_arm_is_asked_about_its_training_texts(
    toy: EvalSet, tiny_encoder: Path, tmp_path: Path
) -> None:
    arm = tuned(tiny_encoder)
    run = execute(arm, toy, 0, FitContext(tmp_path), Measure(calls=20, seconds=1, trained=40))
    assert run.trained is not None
    assert len(run.trained.items) == len(run.trained.values) == len(run.trained.probabilities or ()) == 40
    assert "trained" not in run.phase_seconds
    found, why = memorisation_of(arm, [run], toy)
    assert found is not None, why
    assert found.signal == "probability of the right label"
    assert (found.trained, found.seeds) == (40, 1)
    assert found.others == sum(g in ("north", "south") for g in toy.test.groups or ())
    assert found.auc.low is not None
    assert found.auc.high is not None
    assert 0 <= found.auc.low < found.auc.value < found.auc.high <= 1
    assert run_key(arm, toy, 0) != run_key(arm, toy, 0, QUICK)


def test_other_arms_are_not_asked(toy: EvalSet, tmp_path: Path) -> None:
    run = execute(decide.TfidfLogistic(), toy, 0, FitContext(tmp_path), QUICK)
    assert run.trained is None
    assert memorisation_of(decide.TfidfLogistic(), [run], toy) == (None, "")


def test_runs_without_a_sample_say_so(toy: EvalSet, tiny_encoder: Path, tmp_path: Path) -> None:
    run = execute(decide.Majority(), toy, 0, FitContext(tmp_path), QUICK)
    assert memorisation_of(tuned(tiny_encoder), [run], toy) == (None, "its runs were recorded without it")


def as_if_learnt_by_heart(run: Run, data: EvalSet) -> Run:
    """The run with certainty about every training text and none about test."""
    from decide.privacy.records import TrainedSample

    items = list(range(len(data.train)))
    sure = [[float(label == gold) for label in data.task.labels] for gold in data.train.labels]
    values = [data.task.to_plain(v) for v in data.train.labels]
    sample = TrainedSample(items=items, values=values, probabilities=[list(row) for row in sure])
    return run.model_copy(update={"trained": sample, "probabilities": [[1 / 3] * 3] * len(data.test)})


def test_a_model_that_knows_its_texts_by_heart_is_found_out(
    toy: EvalSet, tiny_encoder: Path, tmp_path: Path
) -> None:
    run = execute(decide.Majority(), toy, 0, FitContext(tmp_path), QUICK)
    found, _ = memorisation_of(tuned(tiny_encoder), [as_if_learnt_by_heart(run, toy)], toy)
    assert found is not None
    assert found.auc.value == 1


def test_few_texts_are_not_compared(toy: EvalSet, tiny_encoder: Path, tmp_path: Path) -> None:
    few = replace(toy, test=toy.test.take(range(10)))
    run = execute(decide.Majority(), few, 0, FitContext(tmp_path), QUICK)
    found, why = memorisation_of(tuned(tiny_encoder), [as_if_learnt_by_heart(run, few)], few)
    assert found is None
    assert "fewer than 20 texts" in why


def test_of_many_texts_a_sample_is_compared(
    toy: EvalSet, tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = as_if_learnt_by_heart(execute(decide.Majority(), toy, 0, FitContext(tmp_path), QUICK), toy)
    monkeypatch.setattr(memorisation, "OTHERS", 25)
    found, _ = memorisation_of(tuned(tiny_encoder), [run], toy)
    assert found is not None
    assert (found.others, found.auc.value) == (25, 1)
    assert found.other_texts.endswith("a random sample")


def test_the_area_is_that_of_scikit_learn_with_an_interval_that_covers() -> None:
    rng = np.random.default_rng(1)
    covered = 0
    truth = 0.7602  # of two normals a standard deviation apart: Phi(1 / sqrt 2)
    for _ in range(60):
        mine, theirs = rng.normal(1, 1, 80).round(1), rng.normal(0, 1, 60).round(1)
        difference = mine[:, None] - theirs[None, :]
        found = auc((difference > 0) + 0.5 * (difference == 0))
        gold = [1] * 80 + [0] * 60
        assert found.value == pytest.approx(roc_auc_score(gold, [*mine, *theirs]))
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= truth <= found.high
    assert covered >= 51


def test_confidence_of_several_labels_and_of_answers_without_probabilities() -> None:
    task = decide.MultiLabel(("a", "b"), {})
    signal, name = confidence(task, [("a",), ()], [("a",), ()], [[0.9, 0.2], [0.5, 0.5]])
    assert name == "probability of the right label"
    assert signal == pytest.approx([np.log(0.9 * 0.8), np.log(0.25)])
    _, name = confidence(task, [("a",)], [("a",)], None)
    assert name == "score of the answer"


def test_every_shipped_arm_says_what_it_keeps() -> None:
    for kind, arm in ARMS.items():
        if not kind.startswith("test_"):
            assert arm.keeps, kind


def test_what_is_kept_depends_on_settings(tiny_encoder: Path) -> None:
    words = decide.DomainAdapted(str(tiny_encoder), rung="vocabulary+small_corpus")
    assert kept_of(words).verbatim
    assert "the unlabelled text" in kept_of(words).statement
    assert not kept_of(decide.DomainAdapted(str(tiny_encoder), rung="task_text")).verbatim
    assert not kept_of(decide.Prompted("m")).verbatim
    assert kept_of(decide.Prompted("m", shots=(0, 4))).verbatim
    assert kept_of(decide.TfidfLogistic()).verbatim
