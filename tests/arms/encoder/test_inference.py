"""Models that predict in fewer steps say the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForTokenClassification

from arms import ArmError, FineTuned, FitContext
from arms.encoder.first_token import read_first_token
from arms.encoder.fused import Fused, FusedLayer, _exact, fused, same_answers
from arms.encoder.packed_linear import PlainLinear, linear
from evalsets import EvalSet

IDS = torch.tensor([[2, 7, 8, 9, 3], [2, 8, 11, 3, 0]])
MASK = (IDS != 0).long()


def says(model: Any, ids: Any = IDS, mask: Any = MASK) -> Any:
    with torch.inference_mode():
        return model(input_ids=ids, attention_mask=mask).logits


@pytest.mark.parametrize("first", [True, False])
def test_fused_layers_say_the_same(model: Any, first: bool) -> None:
    quick = fused(model, first)
    assert isinstance(quick, Fused)
    assert torch.allclose(says(model), says(quick), atol=1e-5)
    assert torch.allclose(says(model, IDS[:1], MASK[:1]), says(quick, IDS[:1], MASK[:1]), atol=1e-5)


def test_only_the_first_token_is_computed_where_no_other_is_read(model: Any) -> None:
    widths = []
    quick = fused(model, True)
    for layer in quick.model.bert.encoder.layer:
        layer.outer_norm.register_forward_hook(lambda m, i, out: widths.append(out.shape[1]))
    says(quick)
    assert widths == [5, 1]


def test_a_model_that_reads_the_first_token_already_is_fused_too(model: Any) -> None:
    before = says(model)
    assert read_first_token(model)
    quick = fused(model, True)
    assert isinstance(quick, Fused)
    assert torch.allclose(before, says(quick), atol=1e-5)


def test_tokens_that_are_read_say_the_same(tiny_encoder: Path) -> None:
    torch.manual_seed(0)
    tagger = AutoModelForTokenClassification.from_pretrained(tiny_encoder, num_labels=3).eval()
    quick = fused(tagger, False)
    assert isinstance(quick, Fused)
    read = MASK.bool()
    assert torch.allclose(says(tagger)[read], says(quick)[read], atol=1e-5)


def test_the_trained_model_is_left_as_it_is(model: Any) -> None:
    layers, weights = list(model.bert.encoder.layer), {k: v.clone() for k, v in model.state_dict().items()}
    quick = fused(model, True)
    assert list(model.bert.encoder.layer) == layers
    assert all(torch.equal(v, weights[k]) for k, v in model.state_dict().items())
    shared = model.get_input_embeddings().weight
    assert quick.model.get_input_embeddings().weight is shared


def test_a_model_whose_answers_would_change_is_not_fused(model: Any) -> None:
    class MeanPooler(torch.nn.Module):
        def forward(self, hidden: Any) -> Any:
            return hidden.mean(1)

    model.bert.pooler = MeanPooler()
    assert fused(model, True) is model
    assert isinstance(fused(model, False), Fused)
    model.bert.encoder.layer[0].attention.self.query.bias = None
    assert fused(model, False) is model
    assert fused(model, True) is model
    with pytest.raises(ArmError, match="Use runtime='torch'"):
        fused(model, True, torch.bfloat16)


def test_what_is_only_compared_shares_the_weights(model: Any) -> None:
    exact = _exact(model, True)
    own, old = exact.model.bert.encoder.layer[0], model.bert.encoder.layer[0]
    assert own.inner.weight.data_ptr() == old.intermediate.dense.weight.data_ptr()
    assert torch.allclose(says(model), says(exact), atol=1e-5)


def test_another_function_than_gelu_is_kept(model: Any) -> None:
    for layer in model.bert.encoder.layer:
        layer.intermediate.intermediate_act_fn = torch.nn.ReLU()
    quick = fused(model, True)
    assert isinstance(quick, Fused)
    assert isinstance(quick.model.bert.encoder.layer[0], FusedLayer)
    assert torch.allclose(says(model), says(quick), atol=1e-5)


@pytest.mark.parametrize("gelu", [True, False])
def test_packed_products_are_the_plain_ones(gelu: bool) -> None:
    torch.manual_seed(0)
    weight, bias, given = torch.randn(24, 16), torch.randn(24), torch.randn(2, 5, 16)
    plain, made = PlainLinear(weight, bias, gelu), linear(weight, bias, torch.float32, gelu)
    with torch.inference_mode():
        assert torch.allclose(plain(given), made(given), atol=1e-4)
        if not gelu:
            added = torch.randn(2, 5, 24)
            assert torch.allclose(plain(given, added), made(given, added), atol=1e-4)


def test_bfloat16_is_a_variant_that_is_compared(toy: EvalSet, tiny_encoder: Path, tmp_path: Path) -> None:
    arm = FineTuned(str(tiny_encoder), epochs=4, learning_rate=5e-3, batch_size=8, runtime="torch_bf16")
    assert arm.label.endswith("· bfloat16")
    with arm.fit(toy, 0, FitContext(tmp_path)) as fitted:
        facts = fitted.record.facts
        assert facts["runtime"] == "torch_bf16"
        assert facts["dev_answers_like_torch"] > 0.8
        assert any("bfloat16" in note for note in fitted.record.notes)
        quick = fitted.deployed.model  # type: ignore[attr-defined]
        assert not same_answers(fitted.model, quick, 1e-9)  # type: ignore[attr-defined]
        assert same_answers(fitted.model, quick, 0.1)  # type: ignore[attr-defined]
        assert fitted.predict(toy.test.texts).probabilities is not None
