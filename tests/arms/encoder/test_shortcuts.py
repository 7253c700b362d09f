"""Less is computed in fine-tuning, and what is learned stays the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForSequenceClassification

from arms.encoder.first_token import read_first_token
from arms.encoder.used_rows import UsedRows

IDS = torch.tensor([[2, 7, 8, 9, 3], [2, 8, 11, 3, 0]])
MASK = (IDS != 0).long()


def trained(model: Any, steps: int = 3, decay: float = 0.0) -> None:
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=decay)
    for _ in range(steps):
        logits = model(input_ids=IDS, attention_mask=MASK).logits
        torch.nn.functional.cross_entropy(logits, torch.tensor([0, 2])).backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)


def test_the_first_token_alone_gives_the_same_logits_and_gradients(model: Any) -> None:
    def learn() -> tuple[Any, dict[str, Any]]:
        model.zero_grad(set_to_none=True)
        logits = model(input_ids=IDS, attention_mask=MASK).logits
        logits.logsumexp(-1).sum().backward()
        return logits.detach(), {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}

    logits, gradients = learn()
    widths: list[int] = []
    model.bert.encoder.layer[-1].output.register_forward_hook(lambda m, i, out: widths.append(out.shape[1]))
    assert read_first_token(model)
    widths.clear()
    logits_now, gradients_now = learn()
    assert widths == [1]
    assert torch.allclose(logits, logits_now, atol=1e-5)
    assert gradients.keys() == gradients_now.keys()
    for name, gradient in gradients.items():
        assert torch.allclose(gradient, gradients_now[name], atol=1e-5), name


def test_a_model_that_reads_every_token_is_left_as_it_is(model: Any) -> None:
    class MeanPooler(torch.nn.Module):
        def forward(self, hidden: Any) -> Any:
            return hidden.mean(1)

    model.bert.pooler = MeanPooler()
    before = model(input_ids=IDS, attention_mask=MASK).logits
    assert not read_first_token(model)
    assert not model.bert.encoder.layer[-1].attention._forward_hooks
    assert torch.equal(before, model(input_ids=IDS, attention_mask=MASK).logits)


def test_a_model_of_other_parts_is_left_as_it_is(model: Any) -> None:
    model.bert.encoder.layer = torch.nn.ModuleList()
    assert not read_first_token(model)


def test_training_used_rows_ends_in_the_same_weights_as_training_all(model: Any, tiny_encoder: Path) -> None:
    torch.manual_seed(0)
    other = AutoModelForSequenceClassification.from_pretrained(tiny_encoder, num_labels=3).eval()
    other.load_state_dict(model.state_dict())
    trained(model)
    rows = UsedRows(other, IDS.tolist())
    with rows.training():
        assert other.get_input_embeddings().num_embeddings == len(set(IDS.flatten().tolist()))
        trained(other)
    assert other.get_input_embeddings().num_embeddings == model.get_input_embeddings().num_embeddings
    for name, weight in model.state_dict().items():
        assert torch.allclose(weight, other.state_dict()[name], atol=1e-5), name


def test_weight_decay_leaves_rows_that_are_not_used(model: Any) -> None:
    before = model.get_input_embeddings().weight.detach().clone()
    rows = UsedRows(model, IDS.tolist())
    with rows.training():
        trained(model, decay=0.1)
    changed = (model.get_input_embeddings().weight != before).any(1)
    assert set(torch.nonzero(changed).flatten().tolist()) == set(IDS.flatten().tolist()) - {0}


def test_rows_are_written_back_when_training_fails(model: Any) -> None:
    whole = model.get_input_embeddings()
    rows = UsedRows(model, IDS.tolist())

    def fail() -> None:
        with rows.training():
            trained(model, 1)
            raise RuntimeError("disk")

    with pytest.raises(RuntimeError, match="disk"):
        fail()
    assert model.get_input_embeddings() is whole


def test_an_embedding_of_another_kind_is_trained_whole(model: Any) -> None:
    model.get_input_embeddings().max_norm = 1.0
    whole = model.get_input_embeddings()
    with UsedRows(model, IDS.tolist()).training():
        assert model.get_input_embeddings() is whole
