from __future__ import annotations

import itertools
import subprocess
import sys

import pytest
import torch

from arms.base import ArmError
from arms.llm import InProcess, Message
from arms.llm import prefix_cache as prefix_module
from arms.llm import scorer as scorer_module
from arms.llm.templates import answer_ids, prompt_ids

from .conftest import LABELS, NO_SYSTEM, PROMPTS, prompt, save_tiny_llama

EXACT = InProcess(dtype="float32", device="cpu")


@pytest.fixture(scope="module")
def client(tiny_llama):
    with EXACT.connect(str(tiny_llama)) as client:
        yield client


def alone(folder, prompts, adapter=None):
    """Probabilities by one full sequence at a time, no padding, mask or cache: the definition."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    if adapter:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, adapter).eval()
    rows = []
    for ids in prompt_ids(tokenizer, prompts):
        scores = []
        for label in LABELS:
            answer = answer_ids(tokenizer, label)
            with torch.inference_mode():
                logprobs = model(torch.tensor([ids + answer])).logits[0].log_softmax(-1)
            scores.append(sum(logprobs[len(ids) - 1 + j, t] for j, t in enumerate(answer)))
        rows.append(torch.stack(scores).softmax(0))
    return torch.stack(rows)


def probabilities(answers):
    assert all(a.error is None for a in answers), [a.error for a in answers]
    return torch.tensor([a.probabilities for a in answers])


def close(a, b):
    return torch.allclose(a, b, atol=1e-5)


def test_likelihood_is_that_of_each_sequence_alone(client, tiny_llama):
    answers = client.choose(PROMPTS, LABELS, "likelihood")
    expected = alone(tiny_llama, PROMPTS)
    assert client.facts()["shared_prefix_reused"] is True
    assert close(probabilities(answers), expected)
    assert [a.choice for a in answers] == expected.argmax(1).tolist()
    assert len({a.choice for a in answers} | {round(p, 3) for a in answers for p in a.probabilities}) > 4


def test_one_at_a_time_and_in_any_batch_are_the_same(tiny_llama):
    expected = alone(tiny_llama, PROMPTS)
    for budget in (1, 150, 100_000):
        with InProcess(dtype="float32", device="cpu", max_batch_tokens=budget).connect(str(tiny_llama)) as c:
            assert close(probabilities(c.choose(PROMPTS, LABELS, "likelihood")), expected)
            single = [c.choose([p], LABELS, "likelihood")[0] for p in PROMPTS]
            assert close(probabilities(single), expected)
            assert single[-1].cached_tokens > 20


def test_prefix_follows_a_change_of_instructions(client, tiny_llama):
    other = [prompt(t, "Labels: positive negative. Answer with one label and nothing else.") for t in "abc"]
    mixed = [PROMPTS[0], other[0], PROMPTS[1], other[1], other[2], PROMPTS[2]]
    singles = [client.choose([p], LABELS, "likelihood")[0] for p in mixed]
    assert close(probabilities(singles), alone(tiny_llama, mixed))
    assert close(probabilities(client.choose(mixed, LABELS, "likelihood")), alone(tiny_llama, mixed))
    same = client.choose([PROMPTS[0]] * 3, LABELS, "likelihood")
    assert close(probabilities(same), alone(tiny_llama, [PROMPTS[0]] * 3))


def test_shared_prefix_is_computed_once_over_calls(client, monkeypatch):
    client.choose(PROMPTS, LABELS, "likelihood")
    monkeypatch.setattr(prefix_module.PrefixCache, "_compute", lambda *a: pytest.fail("computed again"))
    for text in ("network", "account", "refund"):
        client.choose([prompt(text)], LABELS, "likelihood")


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_plain_way_is_taken_where_the_fast_one_is_wrong(tiny_llama, monkeypatch, attention):
    expected = alone(tiny_llama, PROMPTS)
    with EXACT.connect(str(tiny_llama)) as c:
        c._loaded.model.set_attn_implementation(attention)
        assert close(probabilities(c.choose(PROMPTS, LABELS, "likelihood")), expected)
        assert c.facts()["shared_prefix_reused"] is True
    real = scorer_module.score_batch
    monkeypatch.setattr(scorer_module, "score_batch", lambda *a: real(*a).roll(1, -1))
    with EXACT.connect(str(tiny_llama)) as c:
        assert close(probabilities(c.choose(PROMPTS, LABELS, "likelihood")), expected)
        assert c.facts()["shared_prefix_reused"] is False


def test_attention_window_is_respected(tmp_path):
    from transformers import MistralConfig, MistralForCausalLM

    from .conftest import make_tokenizer

    tokenizer = make_tokenizer(None)
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    config = MistralConfig(
        vocab_size=len(tokenizer), num_key_value_heads=2, sliding_window=48, initializer_range=0.3, **sizes
    )
    MistralForCausalLM(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    lengths = [len(row) for row in prompt_ids(tokenizer, PROMPTS)]
    assert min(lengths) < 40
    assert max(lengths) > 60
    with EXACT.connect(str(tmp_path)) as c:
        answers = c.choose(PROMPTS, LABELS, "likelihood")
        assert close(probabilities(answers), alone(tmp_path, PROMPTS))


def test_without_chat_template(tmp_path):
    folder = save_tiny_llama(tmp_path, template=None)
    with EXACT.connect(str(folder)) as c:
        assert close(probabilities(c.choose(PROMPTS, LABELS, "likelihood")), alone(folder, PROMPTS))


def test_template_without_system_role(tmp_path):
    with EXACT.connect(str(save_tiny_llama(tmp_path, template=NO_SYSTEM))) as c:
        assert all(a.error is None for a in c.choose(PROMPTS, LABELS, "likelihood"))


def test_constrained_is_greedy_decoding_held_to_the_labels(client, tiny_llama):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_llama)
    model = AutoModelForCausalLM.from_pretrained(tiny_llama, dtype=torch.float32).eval()
    labels = [answer_ids(tokenizer, label) for label in LABELS]
    answers = client.choose(PROMPTS, LABELS, "constrained")
    for ids, answer in zip(prompt_ids(tokenizer, PROMPTS), answers, strict=True):

        def allowed(batch, so_far, start=ids):
            done = so_far[len(start) :].tolist()
            return [
                lab[len(done)] for lab in labels if lab[: len(done)] == done and len(lab) > len(done)
            ] or [1]

        out = model.generate(
            torch.tensor([ids]),
            prefix_allowed_tokens_fn=allowed,
            do_sample=False,
            max_new_tokens=20,
            eos_token_id=labels[0][-1],
            pad_token_id=1,
        )
        assert out[0, len(ids) :].tolist() == labels[answer.choice]
        assert answer.probabilities is None


def test_free_text_is_parsed_and_never_guessed(client, monkeypatch):
    from arms.llm import writing

    answers = client.choose(PROMPTS, LABELS, "free")
    assert all((a.choice is None) == (a.error is not None) for a in answers)
    assert all(a.output_tokens > 0 for a in answers)
    alone = [client.choose([p], LABELS, "free")[0].text for p in PROMPTS]
    assert [a.text for a in answers] == alone
    monkeypatch.setattr(
        writing, "_generate", lambda m, t, rows, n, h: [writing.Written("Label: Account.", 3)] * len(rows)
    )
    assert [a.choice for a in client.choose(PROMPTS, LABELS, "free")] == [3] * len(PROMPTS)


@pytest.mark.parametrize("method", ["likelihood", "constrained", "free"])
def test_prompt_beyond_the_context_is_an_error_and_the_others_go_on(client, method):
    answers = client.choose([PROMPTS[0], prompt("invoice " * 600), PROMPTS[1]], LABELS, method)
    assert answers[1].choice is None
    assert answers[1].text is None
    assert str(answers[1].input_tokens) in answers[1].error
    assert "context of 512" in answers[1].error
    assert answers[0].text is not None
    assert answers[2].text is not None


@pytest.mark.parametrize(("method", "name"), [("likelihood", "score_batch"), ("free", "_generate")])
def test_out_of_memory_halves_the_batch(tiny_llama, monkeypatch, method, name):
    from arms.llm import writing

    module = scorer_module if method == "likelihood" else writing
    with EXACT.connect(str(tiny_llama)) as c:
        expected = c.choose(PROMPTS, LABELS, method)
        real, sizes = getattr(module, name), []

        def tight(*arguments):
            rows = next(a for a in arguments if isinstance(a, list))
            sizes.append(len(rows))
            if len(rows) > 1 or max(map(len, rows)) > 90:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate")
            return real(*arguments)

        monkeypatch.setattr(module, name, tight)
        answers = c.choose(PROMPTS, LABELS, method)
        assert sizes[0] > 1
        for got, want in zip(answers, expected, strict=True):
            if got.error and "out of memory" in got.error:
                assert want.input_tokens > 60
            else:
                assert got.text == want.text
        assert sum("out of memory" in (a.error or "") for a in answers) == 1


def test_other_runtime_errors_are_raised(tiny_llama, monkeypatch):
    with EXACT.connect(str(tiny_llama)) as c:
        c.choose(PROMPTS, LABELS, "likelihood")

        def broken(*arguments):
            raise RuntimeError("shapes do not match")

        monkeypatch.setattr(scorer_module, "score_batch", broken)
        with pytest.raises(RuntimeError, match="shapes"):
            c.choose(PROMPTS, LABELS, "likelihood")


def test_adapter_changes_answers_as_unmerged_it_would(tiny_llama, tiny_adapter):
    with EXACT.connect(str(tiny_llama), adapter=tiny_adapter) as c:
        got = probabilities(c.choose(PROMPTS, LABELS, "likelihood"))
    assert torch.allclose(got, alone(tiny_llama, PROMPTS, tiny_adapter), atol=1e-4)
    assert not torch.allclose(got, alone(tiny_llama, PROMPTS), atol=1e-2)


def test_adapter_must_be_safetensors(tiny_llama, tmp_path):
    (tmp_path / "adapter_config.json").write_text("{}")
    (tmp_path / "adapter_model.bin").write_bytes(b"")
    with (
        pytest.raises(ArmError, match=r"adapter_model\.safetensors"),
        EXACT.connect(str(tiny_llama), adapter=tmp_path),
    ):
        pass


def test_model_without_safetensors_is_refused(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(ArmError, match="safetensors"), EXACT.connect(str(tmp_path)):
        pass


def test_client_describes_itself_and_closes(tiny_llama):
    with InProcess().connect(str(tiny_llama)) as c:
        assert c.parameters() > 1000
        assert c.model_bytes() > 1000
        assert c.facts()["dtype"] in ("float32", "bfloat16")
        assert c.choose([], LABELS, "likelihood") == []
        with pytest.raises(ArmError, match="unknown"):
            c.choose(PROMPTS, LABELS, "oracle")
    with pytest.raises(ArmError, match="closed"):
        c.choose(PROMPTS, LABELS, "likelihood")


def test_bfloat16_stays_near(tiny_llama):
    with InProcess(dtype="bfloat16", device="cpu").connect(str(tiny_llama)) as c:
        got = probabilities(c.choose(PROMPTS, LABELS, "likelihood"))
    assert (got - alone(tiny_llama, PROMPTS)).abs().mean() < 0.1


def test_dtype_auto_looks_at_the_hardware(monkeypatch):
    from arms.llm import loading

    monkeypatch.setattr(loading, "cpu_features", lambda: frozenset({"avx512f"}))
    assert loading.pick_dtype(torch.device("cpu")) == torch.float32
    monkeypatch.setattr(loading, "cpu_features", lambda: frozenset({"amx_bf16"}))
    assert loading.pick_dtype(torch.device("cpu")) == torch.bfloat16


def test_many_shapes_of_label_sets(client):
    sets = [("a", "b"), ("account",), tuple("abcdefgh"), ("a", "a b", "a b c")]
    for labels, method in itertools.product(sets, ("likelihood", "constrained")):
        answers = client.choose(PROMPTS[:2], labels, method)
        assert all(a.text == labels[a.choice] for a in answers)


def test_empty_prompt_is_an_error(tmp_path):
    with EXACT.connect(str(save_tiny_llama(tmp_path, template=None))) as c:
        assert "empty" in c.choose([(Message("user", ""),)], LABELS, "likelihood")[0].error


def test_cuda_is_refused_where_there_is_none():
    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    with pytest.raises(ArmError, match="auto"):
        InProcess(device="cuda").check()


def test_importing_is_cheap():
    code = (
        "import sys, arms.llm; sys.exit(bool({'torch', 'transformers', 'openai', 'peft'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
