"""Adaptation goes on from what is whole and does again what is not."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest

from arms import artifacts
from arms.encoder.launch import train_in
from arms.encoder.pretraining import Job, _Loop, train
from evalsets import DecideError, EvalSet
from tests.arms.encoder.test_pretraining import assert_same, job


@pytest.fixture
def tokenizer(tiny_encoder: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_encoder)


@pytest.fixture
def stopped(
    toy: EvalSet, tiny_encoder: Path, tokenizer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Job:
    """A job that was stopped right after its first checkpoint."""
    made = job(tmp_path / "cut", tiny_encoder, tokenizer, toy, checkpoint_seconds=1e-6)
    stop_at_a_checkpoint(made, monkeypatch)
    assert len(list(made.folder.glob("checkpoint-*"))) == 1
    return made


def stop_at_a_checkpoint(made: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """Train until the next checkpoint is written, and no further."""
    write = _Loop.checkpoint

    def stop(loop: Any, step: int, seconds: float) -> None:
        write(loop, step, seconds)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(_Loop, "checkpoint", stop)
        with pytest.raises(KeyboardInterrupt):
            train(made, lambda text: None)


@pytest.mark.parametrize("name", ["model*.safetensors", "optimizer.bin", "progress.json", artifacts.SEAL])
def test_a_damaged_checkpoint_is_not_gone_on_from(stopped: Job, name: str) -> None:
    file = next(next(stopped.folder.glob("checkpoint-*")).glob(name))
    file.write_bytes(file.read_bytes()[:-20])
    trained = train(stopped, lambda text: None)
    assert not trained.resumed
    assert artifacts.whole(stopped.trained)


def test_a_new_checkpoint_takes_the_place_of_a_damaged_one(
    stopped: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = next(stopped.folder.glob("checkpoint-*"))
    (before / "progress.json").write_text("{")
    stop_at_a_checkpoint(stopped, monkeypatch)
    found = list(stopped.folder.glob("checkpoint-*"))
    assert len(found) == 1
    assert artifacts.whole(found[0])


def test_what_is_trained_is_not_trained_again_but_checked(
    stopped: Job, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = train_in(1, stopped)
    assert first.resumed
    with monkeypatch.context() as patch:
        patch.setattr("arms.encoder.launch.train", lambda job: pytest.fail("trained again"))
        assert train_in(1, stopped) == first
    weights = stopped.trained / "model.safetensors"
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "model.safetensors").write_bytes(weights.read_bytes())
    weights.write_bytes(weights.read_bytes()[:-1])
    train_in(1, stopped)
    assert_same(kept, stopped.trained, 1e-5)


def test_no_room_for_a_checkpoint_is_told_and_leaves_the_one_before(
    stopped: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = list(stopped.folder.glob("checkpoint-*"))

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(artifacts, "seal", full)
    with pytest.raises(DecideError, match=r"there is no room for it .* Free some space"):
        train(stopped, lambda text: None)
    assert list(stopped.folder.glob("checkpoint*")) == before
    assert artifacts.whole(before[0])
