"""Dropout drawn quickly: the library's distribution, reproducible, and nothing else changed."""

from __future__ import annotations

import pytest
import torch
from scipy import stats
from torch.nn import functional

from arms.dropout import dropped, quick_dropout


@pytest.fixture(autouse=True)
def on_a_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arms.dropout.device", lambda: torch.device("cpu"))


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("shape", [(100_003,), (41, 7, 353)])
def test_the_share_dropped_is_the_one_asked_for_and_the_rest_is_scaled(
    p: float, shape: tuple[int, ...]
) -> None:
    torch.manual_seed(0)
    out = dropped(torch.ones(shape), p)
    zero = out == 0
    assert stats.binomtest(int(zero.sum()), zero.numel(), p).pvalue > 0.001
    assert torch.allclose(out[~zero], torch.tensor(1 / (1 - p)), rtol=1e-3)


def test_each_value_is_dropped_by_itself() -> None:
    """Four values share a random number; neighbours at every distance up to eight must not know of it."""
    torch.manual_seed(1)
    zero = (dropped(torch.ones(400_000), 0.3) == 0).numpy()
    for distance in range(1, 9):
        both = int((zero[:-distance] & zero[distance:]).sum())
        assert stats.binomtest(both, len(zero) - distance, 0.09).pvalue > 0.001
    quarters = [int(zero[i::4].sum()) for i in range(4)]
    assert stats.chisquare(quarters).pvalue > 0.001


def test_a_seed_gives_the_same_masks_and_gradients_pass_what_was_kept() -> None:
    values = torch.randn(64, 33, requires_grad=True)
    found = []
    for _ in range(2):
        torch.manual_seed(5)
        found.append(dropped(values, 0.2))
    assert torch.equal(*found)
    found[0].sum().backward()
    assert values.grad is not None
    assert torch.equal(values.grad == 0, found[0] == 0)


def test_modules_functions_and_attention_use_it_only_while_training() -> None:
    module = torch.nn.Dropout(0.25)
    values = torch.ones(1000)
    with quick_dropout():
        torch.manual_seed(2)
        ours = module(values)
        torch.manual_seed(2)
        assert torch.equal(ours, dropped(values, 0.25))
        module.eval()
        assert torch.equal(module(values), values)
        assert torch.equal(functional.dropout(values, 0.0), values)
        assert torch.equal(functional.dropout(values, 1.0), torch.zeros(1000))
    torch.manual_seed(2)
    assert not torch.equal(module.train()(values), ours)


@pytest.mark.parametrize("mask", ["none", "boolean", "added"])
def test_attention_is_the_librarys_where_next_to_nothing_is_dropped(mask: str) -> None:
    torch.manual_seed(3)
    query, key, value = (torch.randn(2, 3, 5, 8) for _ in range(3))
    masks = {"none": None, "boolean": torch.ones(2, 1, 1, 5, dtype=torch.bool)}
    masks["boolean"][1, ..., 3:] = False  # type: ignore[index]
    masks["added"] = torch.zeros(2, 1, 1, 5).masked_fill(~masks["boolean"], -1e9)  # type: ignore[operator]
    expected = functional.scaled_dot_product_attention(query, key, value, attn_mask=masks[mask])
    with quick_dropout():
        # 2^-16, the smallest probability there is: nothing is dropped of 150 values under this seed.
        found = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=masks[mask], dropout_p=2**-16
        )
        half = functional.scaled_dot_product_attention(query, key, value, dropout_p=0.5)
    assert torch.allclose(expected, found, atol=1e-4)
    assert not torch.allclose(expected, half, atol=1e-2)


def test_an_accelerator_keeps_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arms.dropout.device", lambda: torch.device("cuda"))
    values = torch.ones(1000)
    torch.manual_seed(4)
    with quick_dropout():
        found = functional.dropout(values, 0.3)
    torch.manual_seed(4)
    assert torch.equal(found, functional.dropout(values, 0.3))
