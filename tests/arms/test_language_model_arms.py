from pathlib import Path

import pytest

import decide
from arms import ArmError, FitContext, LoRA, Prompted, arm_from_config
from arms.llm import FakeServer, InProcess, OpenAIServer
from arms.llm.formats import format_of
from arms.prompts import PromptTemplate
from evalsets import EvalSet, TextClassification


def test_the_shipped_template_shows_labels_descriptions_and_text(toy: EvalSet) -> None:
    assert isinstance(toy.task, TextClassification)
    prompt = PromptTemplate(toy.task, instructions="Sort tickets.").prompt("my card", [("wifi", "network")])
    assert [m.role for m in prompt] == ["system", "user", "assistant", "user"]
    assert "- billing: money matters" in prompt[0].content
    assert "- network" in prompt[0].content
    assert "Sort tickets." in prompt[0].content
    assert "my card" in prompt[-1].content
    assert prompt[2].content == "network"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{% block system %}x{% endblock %}", "lacks the block 'user'"),
        ("{% block system %}{% endblock %}{% block user %}no document{% endblock %}", "does not show"),
        ("{% block system %}{{ secret }}{% endblock %}{% block user %}{{ text }}{% endblock %}", "secret"),
        ("{% block", "not valid Jinja"),
        (
            "{% block system %}{{ ''.__class__.__mro__ }}{% endblock %}"
            "{% block user %}{{ text }}{% endblock %}",
            "unsafe",
        ),
    ],
)
def test_bad_templates_are_refused_before_the_run(toy: EvalSet, source: str, message: str) -> None:
    assert isinstance(toy.task, TextClassification)
    with pytest.raises(ArmError, match=message):
        PromptTemplate(toy.task, source).check()


def test_text_is_never_taken_for_a_template(toy: EvalSet) -> None:
    assert isinstance(toy.task, TextClassification)
    prompt = PromptTemplate(toy.task).prompt("{{ 7 * 7 }} {% raw %}")
    assert "{{ 7 * 7 }} {% raw %}" in prompt[-1].content


def test_examples_are_balanced_and_follow_the_seed(toy: EvalSet) -> None:
    form = format_of(toy.task)
    first, again, other = (form.pick(toy.train, 2, seed) for seed in (0, 0, 1))
    assert first == again != other
    assert sorted(label for _, label in first) == ["account"] * 2 + ["billing"] * 2 + ["network"] * 2
    assert form.pick(toy.train, 0, 0) == ()


def keyword_answer(request: object) -> str:
    """What an obedient model would say, from the last message of a chat request."""
    from tests.conftest import WORDS

    text = str(request).rsplit("Text:", 1)[-1]
    return max(WORDS, key=lambda label: sum(word in text for word in WORDS[label]))


def test_prompted_through_a_server_end_to_end(toy: EvalSet, tmp_path: Path) -> None:
    with FakeServer(model="fake-model") as server:
        arm = Prompted("fake-model", server=OpenAIServer(server.base_url, api_key_env=None), shots=(0, 1))
        result = decide.compare(toy, [arm, decide.Majority()], run_dir=tmp_path, seeds=1)
    prompted = result.arm(arm.label)
    assert prompted.status == "ok", prompted.failure
    assert prompted.data_flow is not None
    assert not prompted.data_flow.leaves
    assert prompted.input_tokens_per_document
    assert set(prompted.facts["dev_score_by_shots"]) == {"0", "1"}
    assert prompted.unanswered == 0


def test_lora_needs_a_server_that_loads_adapters(toy: EvalSet) -> None:
    with pytest.raises(ArmError, match="cannot load the adapter"):
        LoRA("some/model", server=OpenAIServer("http://localhost:1/v1", api_key_env=None)).check(toy)


def test_arms_from_plain_data_with_precise_errors() -> None:
    arm = arm_from_config({"kind": "prompted", "model": "m/x", "server": {"kind": "in_process"}, "shots": 2})
    assert isinstance(arm, Prompted)
    assert isinstance(arm.server, InProcess)
    assert arm_from_config(arm.config()).config() == arm.config()
    with pytest.raises(ArmError, match="Unknown server kind 'magic'"):
        arm_from_config({"kind": "prompted", "model": "m/x", "server": {"kind": "magic"}})
    with pytest.raises(ArmError, match="shots"):
        arm_from_config({"kind": "prompted", "model": "m/x", "shots": -1})


@pytest.fixture(scope="module")
def tiny_llm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.arms.llm.conftest import save_tiny_llama

    return save_tiny_llama(tmp_path_factory.mktemp("tiny-llama"))


def test_lora_trains_keeps_its_adapter_and_is_served(toy: EvalSet, tiny_llm: Path, tmp_path: Path) -> None:
    arm = LoRA(
        str(tiny_llm), epochs=3, learning_rate=5e-3, batch_size=4, max_train=24, server=InProcess("float32")
    )
    context = FitContext(tmp_path)
    with arm.fit(toy, 0, context) as fitted:
        predictions = fitted.predict(toy.test.texts[:6])
    facts = fitted.record.facts
    assert facts["dev_loss_by_epoch"][-1] < facts["dev_loss_by_epoch"][0]
    assert facts["best_epoch"] == 3
    assert fitted.record.notes == ["Trained on 24 of 60 training texts."]
    assert set(predictions.values) <= set(toy.task.labels)  # type: ignore[attr-defined]
    adapters = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.safetensors")}
    assert len(adapters) == 1
    with arm.fit(toy, 0, context) as again:
        assert again.predict(toy.test.texts[:6]).values == predictions.values
    assert {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.safetensors")} == adapters
    assert again.record.seconds["training"] == fitted.record.seconds["training"]


def test_long_training_texts_are_left_out_and_counted(toy: EvalSet, tiny_llm: Path, tmp_path: Path) -> None:
    from dataclasses import replace

    long = replace(toy.train, texts=("router " * 400, *toy.train.texts[1:]))
    arm = LoRA(str(tiny_llm), epochs=1, max_train=4, max_length=600)
    from transformers import AutoTokenizer

    rows, dropped = arm._rows(AutoTokenizer.from_pretrained(tiny_llm), long, toy)
    assert (len(rows), dropped) == (59, 1)
    with pytest.raises(ArmError, match="no text fits"):
        LoRA(str(tiny_llm), max_length=16)._rows(AutoTokenizer.from_pretrained(tiny_llm), long, toy)


def test_answer_loss_equals_the_models_own_loss(toy: EvalSet, tiny_llm: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from arms.lora import answer_loss

    tokenizer = AutoTokenizer.from_pretrained(tiny_llm)
    model = AutoModelForCausalLM.from_pretrained(tiny_llm).eval()
    rows = [([5, 6, 7, 8, 9, 10], [11, 12]), ([7, 8], [9, 10, 13]), ([20], [21])]
    with torch.no_grad():
        ours, count = answer_loss(model, rows, tokenizer)
        total = 0.0
        for prompt, answer in rows:
            labels = torch.tensor([[-100] * len(prompt) + answer])
            own = model(input_ids=torch.tensor([prompt + answer]), labels=labels).loss
            total += float(own) * len(answer)
    assert count == 6
    assert float(ours) == pytest.approx(total / 6, rel=1e-4)


def test_prompted_in_process_gives_probabilities(toy: EvalSet, tiny_llm: Path, tmp_path: Path) -> None:
    with Prompted(str(tiny_llm)).fit(toy, 0, FitContext(tmp_path)) as fitted:
        predictions = fitted.predict(toy.test.texts[:5])
    assert predictions.probabilities is not None
    assert predictions.probabilities.shape == (5, 3)
    assert predictions.probabilities.sum(axis=1) == pytest.approx(1)
    assert "Classify the text" in fitted.record.facts["prompt"]
