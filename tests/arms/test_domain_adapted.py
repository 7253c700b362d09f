import os
import pickle
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from arms import ArmError, DomainAdapted, FitContext
from arms.domain_adapted import RUNGS, VOCABULARY
from arms.encoder.pretraining import Job, Trained, train
from evalsets import Corpus, EvalSet
from tests.conftest import toy_texts

JARGON = ["nephrolithiasis", "pyelonephritis", "hydronephrosis"]


@pytest.fixture
def clinical(toy: EvalSet) -> EvalSet:
    """The toy set with jargon in its unlabelled text and a reference text."""
    unlabeled = tuple(f"{JARGON[i % 3]} {t}" for i, t in enumerate(toy_texts(300, 9)[0]))
    return replace(toy, unlabeled=Corpus(documents=unlabeled), reference=Corpus(documents=toy.dev.texts))


def adapted(model: Path, **changes: Any) -> DomainAdapted:
    settings = {
        "epochs": 1,
        "learning_rate": 5e-3,
        "adaptation_steps": 40,
        "adaptation_learning_rate": 5e-3,
        "block_size": 16,
        **changes,
    }
    return DomainAdapted(str(model), **settings)


@pytest.fixture(scope="module")
def headless(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny encoder with its pooler and without a masked-LM head."""
    from transformers import AutoModel, AutoTokenizer

    folder = tmp_path_factory.mktemp("headless")
    AutoModel.from_pretrained(tiny_encoder).save_pretrained(folder)
    AutoTokenizer.from_pretrained(tiny_encoder).save_pretrained(folder)
    return folder


def test_adaptation_lowers_held_out_loss_and_is_shared_by_seeds(
    clinical: EvalSet, tiny_encoder: Path, tmp_path: Path
) -> None:
    arm, context = adapted(tiny_encoder), FitContext(tmp_path)
    first = arm.fit(clinical, 0, context).record
    folders = sorted(tmp_path.iterdir())
    second = arm.fit(clinical, 1, context).record
    assert sorted(tmp_path.iterdir()) == folders
    assert [f.name[:8] for f in folders if f.is_dir()] == ["adapted-"]
    facts = first.facts
    value, low, high = facts["adaptation_domain_change"]
    difference = facts["adaptation_domain_loss_after"] - facts["adaptation_domain_loss_before"]
    assert value == pytest.approx(difference)
    assert low < value < high < 0
    assert facts["adaptation_general_loss_after"] > 0
    assert not facts["adaptation_fresh_head"]
    assert facts["adaptation_rung"] == "small_corpus"
    assert facts["adaptation_new_tokens"] == 0
    assert facts["adaptation_planned_seconds"] > 0
    assert first.seconds["adaptation"] == second.seconds["adaptation"] > 0
    assert any("Held-out masked-LM loss" in note for note in first.notes)
    assert any("Loss on general text" in note for note in first.notes)


def test_cost_is_stated_before_training(
    clinical: EvalSet, tiny_encoder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arm = adapted(tiny_encoder, adaptation_max_hours=1e-9)
    with pytest.raises(ArmError, match="more than the 1e-09 hours allowed by adaptation_max_hours"):
        arm.fit(clinical, 0, FitContext(tmp_path, hour_usd=0.5))
    said = capsys.readouterr().err
    assert "steps of 16 × 16 tokens in 1 process" in said
    assert "US$0.00 at US$0.5 an hour" in said


def test_vocabulary_alone_trains_nothing(clinical: EvalSet, tiny_encoder: Path, tmp_path: Path) -> None:
    import torch
    from transformers import AutoModel, AutoTokenizer

    arm = adapted(tiny_encoder, rung="vocabulary", new_tokens=2)
    record = arm.fit(clinical, 0, FitContext(tmp_path)).record
    facts = record.facts
    assert facts["adaptation_new_tokens"] == 2
    assert facts["adaptation_steps"] == 0
    assert facts["adaptation_fertility_after"] <= facts["adaptation_fertility_before"]
    assert any("2 domain words got a token" in note for note in record.notes)
    folder = next(tmp_path.glob("adapted-*"))
    old, new = AutoModel.from_pretrained(tiny_encoder), AutoModel.from_pretrained(folder)
    n = old.get_input_embeddings().num_embeddings
    assert torch.equal(new.get_input_embeddings().weight[:n], old.get_input_embeddings().weight)
    assert torch.equal(new.encoder.layer[0].output.dense.weight, old.encoder.layer[0].output.dense.weight)
    assert len(AutoTokenizer.from_pretrained(folder)) == n + 2


def test_vocabulary_and_training_together(clinical: EvalSet, tiny_encoder: Path, tmp_path: Path) -> None:
    arm = adapted(tiny_encoder, rung="vocabulary+small_corpus")
    facts = arm.fit(clinical, 0, FitContext(tmp_path)).record.facts
    assert facts["adaptation_new_tokens"] == 3
    assert facts["adaptation_steps"] > 0
    assert facts["adaptation_domain_change"][0] < 0


def test_every_rung_can_be_named_and_described(tiny_encoder: Path) -> None:
    arms = [DomainAdapted(str(tiny_encoder), rung=rung) for rung in RUNGS]
    assert len({arm.label for arm in arms}) == len({arm.summary() for arm in arms}) == 7
    for arm in arms:
        plan = arm.plan()
        assert (plan.new_tokens > 0) == arm.rung.startswith(VOCABULARY)
        assert (plan.settings is None) == (arm.rung == VOCABULARY)
    with pytest.raises(ValueError, match="rung"):
        DomainAdapted(str(tiny_encoder), rung="giant_corpus")  # type: ignore[arg-type]


def test_a_checkpoint_without_head_gets_a_tied_one_and_says_so(
    clinical: EvalSet, headless: Path, tmp_path: Path
) -> None:
    arm = adapted(headless, adaptation_steps=4)
    record = arm.fit(replace(clinical, reference=None), 0, FitContext(tmp_path)).record
    assert record.facts["adaptation_fresh_head"] is True
    assert any("no trained masked-LM head" in note for note in record.notes)
    assert any("Forgetting was not watched" in note for note in record.notes)


def test_vocabulary_of_a_checkpoint_without_head_measures_no_loss(
    clinical: EvalSet, headless: Path, tmp_path: Path
) -> None:
    record = adapted(headless, rung="vocabulary").fit(clinical, 0, FitContext(tmp_path)).record
    assert "adaptation_domain_loss_before" not in record.facts
    assert any("is not measured" in note for note in record.notes)


def test_adaptation_keeps_the_pooler_so_that_fine_tuning_starts_alike(
    clinical: EvalSet, headless: Path, tmp_path: Path
) -> None:
    import torch
    from transformers import AutoModel

    adapted(headless, adaptation_steps=4).fit(clinical, 0, FitContext(tmp_path))
    new = AutoModel.from_pretrained(next(tmp_path.glob("adapted-*")))
    original = AutoModel.from_pretrained(headless)
    assert torch.equal(new.pooler.dense.weight, original.pooler.dense.weight)
    assert not torch.equal(new.embeddings.word_embeddings.weight, original.embeddings.word_embeddings.weight)


def test_test_texts_are_kept_out_of_adaptation(toy: EvalSet, tiny_encoder: Path) -> None:
    leaky = replace(toy, unlabeled=Corpus(documents=("fresh text", toy.test.texts[0].upper())))
    assert list(DomainAdapted(str(tiny_encoder))._texts(leaky)) == ["fresh text", *toy.train.texts]
    assert list(DomainAdapted(str(tiny_encoder), rung="task_text")._texts(leaky)) == [*toy.train.texts]


def test_a_rung_without_its_text_is_refused_before_running(toy: EvalSet, tiny_encoder: Path) -> None:
    bare = replace(toy, unlabeled=None)
    with pytest.raises(ArmError, match=r"unlabeled=.*rung='vocabulary\+task_text'"):
        DomainAdapted(str(tiny_encoder), rung="vocabulary+large_corpus").check(bare)
    for rung in ("task_text", "vocabulary", "vocabulary+task_text"):
        DomainAdapted(str(tiny_encoder), rung=rung).check(bare)  # type: ignore[arg-type]


def test_too_little_text_is_said(toy: EvalSet, tiny_encoder: Path, tmp_path: Path) -> None:
    tiny = replace(toy, train=toy.train.take([0, 1]), unlabeled=None)
    with pytest.raises(ArmError, match="too little text to adapt to"):
        adapted(tiny_encoder, rung="task_text", block_size=64).fit(tiny, 0, FitContext(tmp_path))


def test_large_corpus_streams_and_asks_for_two_processes(
    clinical: EvalSet, tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def train_in(processes: int, job: Job) -> Trained:  # what two do is tested with the training itself
        asked.append(processes)
        return replace(train(job), processes=processes)

    monkeypatch.setattr("arms.encoder.adaptation.train_in", train_in)
    file = tmp_path / "corpus.txt"
    assert clinical.unlabeled is not None
    file.write_text("\n".join(clinical.unlabeled))
    streamed = replace(clinical, unlabeled=Corpus(files=(file,)))
    arm = adapted(tiny_encoder, rung="large_corpus", processes=2, adaptation_steps=None, adaptation_epochs=3)
    record = arm.fit(streamed, 0, FitContext(tmp_path / "artifacts")).record
    assert asked[0] == record.facts["adaptation_processes"] == 2
    assert record.facts["adaptation_documents"] + record.facts["adaptation_held_out_documents"] == 360
    assert record.facts["adaptation_domain_change"][2] < 0


KILLED = """
import functools, pickle, sys
from pathlib import Path
import arms.domain_adapted as module
from arms import FitContext
module.Plan = functools.partial(module.Plan, checkpoint_seconds=1e-6)
arm, data, folder = pickle.load(open(sys.argv[1], "rb"))
arm.fit(data, 0, FitContext(Path(folder)))
"""


def test_an_adaptation_killed_midway_goes_on_from_its_checkpoint(
    clinical: EvalSet, tiny_encoder: Path, tmp_path: Path
) -> None:
    arm = adapted(tiny_encoder, adaptation_steps=60, epochs=1)
    order = tmp_path / "order.pickle"
    order.write_bytes(pickle.dumps((arm, clinical, str(tmp_path / "artifacts"))))
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(p for p in sys.path if p))
    with subprocess.Popen([sys.executable, "-c", KILLED, str(order)], env=environment) as process:
        while process.poll() is None and not list(tmp_path.glob("artifacts/*.work/checkpoint-*")):
            time.sleep(0.005)
        process.kill()
    assert not list(tmp_path.glob("artifacts/adapted-*/adaptation.json"))
    record = arm.fit(clinical, 0, FitContext(tmp_path / "artifacts")).record
    assert record.facts["adaptation_resumed"] is True
    assert sorted(f.suffix for f in (tmp_path / "artifacts").iterdir()) == ["", ".lock"]
    whole = arm.fit(clinical, 0, FitContext(tmp_path / "whole")).record
    assert whole.facts["adaptation_resumed"] is False
    assert record.facts["adaptation_domain_loss_after"] == pytest.approx(
        whole.facts["adaptation_domain_loss_after"], rel=1e-4
    )
