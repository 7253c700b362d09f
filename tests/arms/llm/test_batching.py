from __future__ import annotations

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from arms.llm.batching import cut, pass_cost
from arms.llm.prefix_cache import PrefixCache
from arms.llm.scoring import score_alone, score_batch, steps_of
from arms.llm.templates import answer_ids, prompt_ids
from arms.llm.trie import build

from .conftest import LABELS, PROMPTS


def cost(batches, widths, fixed):
    return sum(len(batch) * max(widths[i] for i in batch) + fixed for batch in batches)


def ways(items):
    """Every way to cut a list into runs."""
    for borders in itertools.product((False, True), repeat=max(0, len(items) - 1)):
        runs = [[items[0]]]
        for item, border in zip(items[1:], borders, strict=True):
            if border:
                runs.append([item])
            else:
                runs[-1].append(item)
        yield runs


@settings(deadline=None, max_examples=60)
@given(
    widths=st.lists(st.integers(1, 40), min_size=1, max_size=9),
    budget=st.integers(1, 120),
    most_rows=st.integers(1, 5),
    fixed=st.integers(0, 50),
)
def test_no_cut_within_the_budget_costs_less(widths, budget, most_rows, fixed):
    def allowed(batch):
        return len(batch) <= most_rows and len(batch) * max(widths[i] for i in batch) <= budget

    batches = cut(widths, budget, most_rows, fixed)
    assert sorted(place for batch in batches for place in batch) == list(range(len(widths)))
    assert all(allowed(batch) or len(batch) == 1 for batch in batches)
    longest = [max(widths[i] for i in batch) for batch in batches]
    assert longest == sorted(longest, reverse=True)
    order = sorted(range(len(widths)), key=lambda i: widths[i])
    possible = [way for way in ways(order) if all(allowed(batch) or len(batch) == 1 for batch in way)]
    assert cost(batches, widths, fixed) == min(cost(way, widths, fixed) for way in possible)


def test_like_lengths_share_a_batch_unless_passes_are_dear():
    widths = [10, 100, 11, 99]
    assert cut(widths, 1000, 10, fixed=20) == [[1, 3], [2, 0]]
    assert cut(widths, 1000, 10, fixed=10_000) == [[1, 3, 2, 0]]
    assert cut([], 10, 10, 1) == []


def test_passes_are_dearer_on_faster_devices():
    assert 0 < pass_cost("cpu") < pass_cost("cuda")


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("skip", [0, 20])
def test_a_batch_scores_as_each_prompt_alone(tiny_llama, attention, skip):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_llama)
    model = AutoModelForCausalLM.from_pretrained(
        tiny_llama, dtype=torch.float32, attn_implementation=attention
    ).eval()
    rows = prompt_ids(tokenizer, PROMPTS)
    labels = [answer_ids(tokenizer, label) for label in LABELS]
    trie, prefix = build(labels), PrefixCache(model)
    with torch.inference_mode():
        held = prefix.prepare(rows)[0]
    assert held >= skip
    head, shapes = model.get_output_embeddings(), []
    handle = head.register_forward_hook(
        lambda module, given, out: shapes.append((given[0].is_contiguous(), tuple(given[0].shape[:2])))
    )
    logits = score_batch(model, rows, trie, prefix, skip)
    handle.remove()
    # Only places whose next token is read are projected, those of all prompts together.
    assert shapes == [(True, (len(rows), 1 + len(trie.tokens)))]
    assert not head._forward_pre_hooks
    for row, steps in zip(rows, steps_of(logits, trie), strict=True):
        assert steps == pytest.approx(score_alone(model, row, labels, trie), abs=1e-4)
