"""When memory runs out, batches are divided and the result stays the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import arms.encoder.fine_tuning as fine_tuning
from arms import FitContext
from arms.base import ArmError
from arms.encoder.heads import head_class
from arms.encoder.windows import WindowReader
from arms.fine_tuned import FineTuned
from arms.memory import Room, ran_out, told
from evalsets import EvalSet

CPU = "[enforce fail at alloc_cpu.cpp:117] . DefaultCPUAllocator: can't allocate memory: you tried"


def out_of_memory() -> BaseException:
    import torch

    return torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")


@pytest.mark.parametrize(
    ("error", "known"),
    [
        (out_of_memory(), True),
        (RuntimeError(CPU), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling"), True),
        (MemoryError(), True),
        (RuntimeError("shape '[2]' is invalid"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_lack_of_memory_is_known_by_its_many_names(error: BaseException, known: bool) -> None:
    assert ran_out(error) is known


def limited(most: int, log: list[int]) -> Callable[[Any], list[int]]:
    def do(part: Any) -> list[int]:
        log.append(len(part))
        if len(part) > most:
            raise RuntimeError(CPU)
        return list(part)

    return do


def test_a_batch_is_halved_until_it_fits_and_stays_so() -> None:
    room, log, undone = Room("training"), [], []
    rows = np.arange(16)
    parts = room.put(rows, 10, limited(5, log), lambda: undone.append(1))
    assert [i for part in parts for i in part] == list(rows)
    assert log == [16, 8, 4, 4, 4, 4]
    assert len(undone) == 2
    log.clear()
    room.put(rows, 10, limited(5, log))
    assert log == [4, 4, 4, 4]
    assert room.facts() == {"training": [16, 4]}
    assert "a batch of 16 was put through in parts of 4 (training)" in told(room.facts())[0]


def test_short_texts_are_not_divided_because_long_ones_were() -> None:
    room, log = Room("prediction"), []
    room.put(np.arange(8), 100, limited(4, log))
    log.clear()
    room.put(np.arange(40), 10, limited(40, log))
    assert log == [40]


def test_a_single_text_that_does_not_fit_is_told_with_the_remedy() -> None:
    with pytest.raises(ArmError, match="a single text of 512 tokens"):
        Room("training").put(np.arange(4), 512, limited(0, []))


def test_other_errors_are_not_taken_for_lack_of_memory() -> None:
    def do(part: Any) -> None:
        raise RuntimeError("shapes do not fit")

    with pytest.raises(RuntimeError, match="shapes do not fit"):
        Room("training").put(np.arange(4), 8, do)


@pytest.mark.parametrize("kind", ["text_classification", "multi_label", "token_classification", "extraction"])
def test_losses_of_parts_add_up_to_the_loss_of_the_step(
    kind: str, tiny_encoder: Path, by_task: Callable[[str], EvalSet]
) -> None:
    import torch
    from transformers import AutoTokenizer

    data = by_task(kind)
    windows = WindowReader.of(AutoTokenizer.from_pretrained(tiny_encoder), 8, 2, "windows").read(
        data.train.texts
    )
    head = head_class(data.task).learn(data.task, data.train, windows)
    targets = head.targets(data.train, windows).of_rows(windows)
    torch.manual_seed(0)
    model = head.model(tiny_encoder).eval()
    evalset: Any = data
    job: Any = fine_tuning._Job(tiny_encoder, None, evalset, head, 0, windows, targets, windows, 0, "")  # type: ignore[arg-type]
    whole = np.arange(min(13, len(windows.rows)))
    assert len(windows.rows) > len(data.train.texts)
    parts = [whole[:6], whole[6:12], whole[12:]]
    want = fine_tuning._loss(job, model, whole, whole)
    got = sum(fine_tuning._loss(job, model, part, whole) for part in parts)
    torch.testing.assert_close(got, want, rtol=1e-5, atol=1e-6)


@pytest.fixture
def by_task(toy: EvalSet) -> Callable[[str], EvalSet]:
    from evalsets.demo import clinical_entities, clinical_fields

    def data(kind: str) -> EvalSet:
        if kind == "text_classification":
            return toy
        if kind == "multi_label":
            from evalsets import MultiLabel

            parts = {
                name: replace(split, labels=tuple((label,) for label in split.labels))
                for name, split in (("train", toy.train), ("dev", toy.dev), ("test", toy.test))
            }
            return replace(toy, task=MultiLabel(toy.task.labels), **parts)
        made = clinical_entities() if kind == "token_classification" else clinical_fields()
        return replace(made, train=made.train.take(range(40)))

    return data


@pytest.fixture
def steady_encoder(tiny_encoder: Path, tmp_path: Path) -> Path:
    """The tiny encoder without dropout, whose draws would differ with the size of a batch."""
    import shutil

    folder = tmp_path / "steady"
    shutil.copytree(tiny_encoder, folder)
    config = json.loads((folder / "config.json").read_text())
    config |= {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.fixture
def little_memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], list[int]]]:
    """Makes every forward pass of a BERT with more than so many rows fail."""
    from transformers import BertModel

    forward = BertModel.forward
    failed: list[int] = []

    def limit(rows: int) -> list[int]:
        def limited_forward(self: Any, input_ids: Any = None, *args: Any, **kwargs: Any) -> Any:
            if len(input_ids) > rows:
                failed.append(len(input_ids))
                raise out_of_memory()
            return forward(self, input_ids, *args, **kwargs)

        monkeypatch.setattr(BertModel, "forward", limited_forward)
        return failed

    yield limit
    assert failed


def test_fine_tuning_with_little_memory_ends_in_the_same_predictions(
    toy: EvalSet, steady_encoder: Path, tmp_path: Path, little_memory: Callable[[int], list[int]]
) -> None:
    arm = FineTuned(str(steady_encoder), epochs=2, learning_rate=1e-3)
    plain = arm.fit(toy, 0, FitContext(tmp_path))
    want = plain.predict(toy.test.texts).probabilities
    assert not [note for note in plain.record.notes if "memory" in note]
    failed = little_memory(5)
    fitted = arm.fit(toy, 0, FitContext(tmp_path))
    got = fitted.predict(toy.test.texts).probabilities
    assert got is not None
    assert want is not None
    np.testing.assert_allclose(got, want, atol=1e-3)
    assert fitted.record.facts["dev_score_by_epoch"] == plain.record.facts["dev_score_by_epoch"]
    assert fitted.record.facts["batches_divided"]["training"][1] <= 5
    assert len([note for note in fitted.record.notes if "For lack of memory" in note]) == 2
    assert len(failed) < 10  # learnt once, not at every step


def test_adaptation_with_little_memory_ends_in_the_same_model(
    toy: EvalSet, steady_encoder: Path, tmp_path: Path, little_memory: Callable[[int], list[int]]
) -> None:
    from transformers import AutoTokenizer

    from arms.encoder.packing import pack
    from arms.encoder.pretraining import Job, MaskedLM, train
    from tests.arms.encoder.test_pretraining import assert_same

    settings = MaskedLM(epochs=1, max_steps=6, learning_rate=5e-3, block_size=16, batch_size=8)

    def job(name: str) -> Job:
        import shutil

        folder = tmp_path / name
        shutil.copytree(steady_encoder, folder / "model")
        pack(AutoTokenizer.from_pretrained(folder / "model"), toy.train.texts, 16, folder / "blocks.bin")
        return Job(folder, settings, 16, 7, name)

    plain, tight = job("plain"), job("tight")
    assert train(plain, lambda text: None).divided == {}
    little_memory(3)
    assert train(tight, lambda text: None).divided == {"adaptation": [8, 2]}
    assert_same(plain.trained, tight.trained, 1e-3)


def test_lora_with_little_memory_has_the_same_gradients(
    tiny_llama: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from arms import lora

    model, tokenizer = tiny_llama
    rng = np.random.default_rng(0)
    rows = [(rng.integers(5, 20, n).tolist(), rng.integers(5, 20, 2).tolist()) for n in (4, 9, 6, 7, 5, 8)]

    def gradients(room: Room) -> list[Any]:
        model.zero_grad(set_to_none=True)
        lora.gradients(model, rows, tokenizer, room)
        return [p.grad.clone() for p in model.parameters() if p.grad is not None]

    want = gradients(Room("training", lora.MICRO_TOKENS))
    losses = lora.dev_loss(model, rows, tokenizer, Room("training", lora.MICRO_TOKENS))
    model.train()
    whole = lora.answer_loss

    def limited_loss(model: Any, some: Any, tokenizer: Any) -> Any:
        if len(some) > 2:
            raise RuntimeError(CPU)
        return whole(model, some, tokenizer)

    monkeypatch.setattr(lora, "answer_loss", limited_loss)
    room = Room("training", lora.MICRO_TOKENS)
    for a, b in zip(gradients(room), want, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)
    assert room.facts()["training"][0] == 6
    assert room.facts()["training"][1] <= 2
    assert lora.dev_loss(model, rows, tokenizer, room) == pytest.approx(losses, rel=1e-5)
    monkeypatch.setattr(lora, "answer_loss", lambda *_: (_ for _ in ()).throw(MemoryError()))
    with pytest.raises(ArmError, match="single text"):
        gradients(room)


@pytest.fixture
def tiny_llama(tiny_encoder: Path) -> tuple[Any, Any]:
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=64,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
    )
    return LlamaForCausalLM(config).train(), AutoTokenizer.from_pretrained(tiny_encoder)
