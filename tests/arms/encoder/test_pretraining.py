from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arms import artifacts
from arms.base import ArmError
from arms.encoder import launch
from arms.encoder.launch import train_in
from arms.encoder.masking import load_masked_lm, mask_tokens, masked_loss
from arms.encoder.packing import Blocks, distinct, pack, survey, take_held_out
from arms.encoder.pretraining import Job, MaskedLM, train
from evalsets import EvalSet

SETTINGS = MaskedLM(epochs=4, max_steps=None, learning_rate=5e-3, block_size=16, batch_size=8)


@pytest.fixture
def tokenizer(tiny_encoder: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_encoder)


def job(
    folder: Path, tiny_encoder: Path, tokenizer: Any, toy: EvalSet, steady: bool = False, **changes: Any
) -> Job:
    """A training job on the toy texts."""
    folder.mkdir(parents=True, exist_ok=True)
    model, _ = load_masked_lm(tiny_encoder)
    # Dropout is drawn in each process; without it one process and several do the same.
    model.config.hidden_dropout_prob = model.config.attention_probs_dropout_prob = 0.0 if steady else 0.1
    model.save_pretrained(folder / "model")
    tokenizer.save_pretrained(folder / "model")
    pack(tokenizer, toy.train.texts, 16, folder / "blocks.bin")
    return Job(folder, SETTINGS, 16, 7, "toy", **changes)


def weights(trained: Path) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    return load_file(trained / "model.safetensors")


def assert_same(a: Path, b: Path, tolerance: float) -> None:
    first, second = weights(a), weights(b)
    assert first.keys() == second.keys()
    for name in first:
        np.testing.assert_allclose(first[name], second[name], atol=tolerance, err_msg=name)


def test_training_changes_the_model_and_reports(
    toy: EvalSet, tiny_encoder: Path, tokenizer: Any, tmp_path: Path
) -> None:
    made = job(tmp_path, tiny_encoder, tokenizer, toy)
    said: list[str] = []
    trained = train(made, said.append)
    assert trained.steps == SETTINGS.steps(len(Blocks(tmp_path / "blocks.bin", tokenizer, 16)))
    assert trained.seconds > 0
    assert not trained.resumed
    assert "about" in said[0]
    before, after = weights(tmp_path / "model"), weights(made.trained)
    assert any(np.abs(before[k] - after[k]).max() > 1e-3 for k in before)


def test_interrupted_training_goes_on_and_ends_in_the_same_model(
    toy: EvalSet, tiny_encoder: Path, tokenizer: Any, tmp_path: Path
) -> None:
    """Interrupted here; killed outright in the test of the arm."""
    whole = job(tmp_path / "whole", tiny_encoder, tokenizer, toy)
    train(whole)
    cut = job(tmp_path / "cut", tiny_encoder, tokenizer, toy, checkpoint_seconds=1e-6)
    publish = artifacts.publish

    def interrupt(partial: Path, folder: Path) -> None:
        publish(partial, folder)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(artifacts, "publish", interrupt)
        with pytest.raises(KeyboardInterrupt):
            train(cut)
    assert len(list(cut.folder.glob("checkpoint-*"))) == 1
    assert not cut.trained.exists()
    assert train(cut).resumed
    assert_same(whole.trained, cut.trained, 1e-5)


@pytest.mark.slow
def test_two_processes_under_accelerate_train_the_same_model(
    toy: EvalSet, tiny_encoder: Path, tokenizer: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alone, together = (job(tmp_path / n, tiny_encoder, tokenizer, toy, steady=True) for n in ("one", "two"))
    train(alone)
    trained = train_in(2, together)
    assert trained.processes == 2
    assert "in 2 processes" in capsys.readouterr().err
    # Rounding differs with the size of a batch, so the direction of what was learnt is compared.
    start, one, two = weights(tmp_path / "one" / "model"), weights(alone.trained), weights(together.trained)
    moved_one = np.concatenate([(one[k] - start[k]).ravel() for k in start])
    moved_two = np.concatenate([(two[k] - start[k]).ravel() for k in start])
    cosine = moved_one @ moved_two / np.linalg.norm(moved_one) / np.linalg.norm(moved_two)
    assert cosine > 0.93


class Here:
    """Stands for processes of their own: takes part in the job here."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        assert command[command.index("--num_processes") + 1] == "2"
        assert launch.main(Path(command[-1])) == 1

    def running(self) -> bool:
        return False

    def log_tail(self) -> str:
        return "the last lines of the log"

    def stop(self) -> None:
        pass


def test_a_refusal_in_other_processes_is_told_in_full(
    toy: EvalSet, tiny_encoder: Path, tokenizer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "Process", Here)
    with pytest.raises(ArmError, match="hours allowed by adaptation_max_hours"):
        train_in(2, job(tmp_path, tiny_encoder, tokenizer, toy, max_hours=1e-9))
    (tmp_path / "blocks.bin").unlink()
    monkeypatch.setattr(launch, "main", lambda order: 1)  # they died before they could say why
    with pytest.raises(ArmError, match=r"in 2 processes failed\. They said last: the last lines of the log"):
        train_in(2, job(tmp_path, tiny_encoder, tokenizer, toy))


def test_blocks_hold_every_token_in_order(tokenizer: Any, toy: EvalSet, tmp_path: Path) -> None:
    count, documents = pack(tokenizer, toy.train.texts, 16, tmp_path / "b.bin")
    blocks = Blocks(tmp_path / "b.bin", tokenizer, 16)
    assert documents == len(toy.train)
    assert len(blocks) == count > 10
    everything = blocks[np.arange(count)]
    assert everything.shape == (count, 16)
    assert (everything[:, 0] == tokenizer.cls_token_id).all()
    assert (everything[:, -1] == tokenizer.sep_token_id).all()
    stream = [
        i
        for t in toy.train.texts
        for i in [*tokenizer(t, add_special_tokens=False)["input_ids"], tokenizer.sep_token_id]
    ]
    assert everything[:, 1:-1].ravel().tolist() == stream[: count * 14]


def test_held_out_documents_are_drawn_by_content_and_never_trained_on() -> None:
    texts = [f"document {i}" for i in range(2000)]
    kept: list[str] = []
    trained = list(take_held_out([*texts, *texts[:100]], 0.1, 3, kept))
    assert sorted([*trained, *kept]) == sorted(texts)
    assert 140 < len(kept) < 260
    again: list[str] = []
    list(take_held_out(reversed(texts), 0.1, 3, again))
    assert sorted(again) == sorted(kept)
    lonely: list[str] = []
    assert list(take_held_out(texts[:3], 0.0, 3, lonely)) == texts[1:3]
    assert lonely == texts[:1]


def test_survey_counts_distinct_documents_and_words() -> None:
    found = survey(lambda: ["a b", "a b", "b c"], "test", count_words=True)
    assert (found.documents, found.occurrences) == (2, {"a": 1, "b": 2, "c": 1})
    assert list(distinct(["x", "y", "x"])) == ["x", "y"]


def test_masked_loss_equals_the_models_own(
    tiny_encoder: Path, tokenizer: Any, toy: EvalSet, tmp_path: Path
) -> None:
    import torch

    model, fresh = load_masked_lm(tiny_encoder)
    assert not fresh
    model.eval()
    pack(tokenizer, toy.train.texts, 32, tmp_path / "b.bin")
    blocks = Blocks(tmp_path / "b.bin", tokenizer, 32)[np.arange(8)]
    loss = masked_loss(model, tokenizer)
    assert type(loss).__name__ == "Selected"
    masked, places = mask_tokens(tokenizer, blocks, 0.15, np.random.default_rng(0))
    labels = np.where(places, blocks, -100)
    with torch.no_grad():
        own = model(input_ids=torch.from_numpy(masked), labels=torch.from_numpy(labels)).loss
        ours = loss(
            torch.from_numpy(masked), None, torch.from_numpy(places), torch.from_numpy(blocks[places])
        ).mean()
    assert float(ours) == pytest.approx(float(own), rel=1e-4)


def test_masking_leaves_special_tokens_and_about_fifteen_percent(
    tokenizer: Any, toy: EvalSet, tmp_path: Path
) -> None:
    count, _ = pack(tokenizer, toy.train.texts, 32, tmp_path / "b.bin")
    blocks = np.tile(Blocks(tmp_path / "b.bin", tokenizer, 32)[np.arange(count)], (20, 1))
    masked, places = mask_tokens(tokenizer, blocks, 0.15, np.random.default_rng(0))
    special = np.isin(blocks, tokenizer.all_special_ids)
    assert not (places & special).any()
    assert places[~special].mean() == pytest.approx(0.15, abs=0.01)
    assert (masked[places] == tokenizer.mask_token_id).mean() == pytest.approx(0.8, abs=0.02)
    assert (masked[~places] == blocks[~places]).all()
