"""Prompted and LoRA on tasks whose answers are JSON, through the fake server and a tiny model."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

import decide
from arms import ArmError, FitContext, LoRA, Prompted
from arms.llm import FakeServer, InProcess, OpenAIServer, holding
from arms.llm.fake_answers import by_gazetteer
from arms.llm.fake_server import Fault, hallucinated, malformed, mislabelled, too_long, truncated
from evalsets import EvalSet, Extraction, MultiLabel, Span, Split, TokenClassification

PHRASES = {"breast cancer": "disease", "ataxia": "disease", "gout": "disease", "tamoxifen": "drug"}
TEXTS = (
    "tamoxifen for breast cancer",
    "nothing to report here",
    "ataxia, later gout and ataxia again",
    "gout under tamoxifen",
)
SCHEMA = {
    "type": "object",
    "properties": {
        "age": {"type": "integer", "minimum": 1},
        "sex": {"type": "string", "enum": ["female", "male"]},
        "drug": {"type": "string"},
    },
}


def spans(text):
    found = []
    for phrase, label in PHRASES.items():
        start = text.find(phrase)
        while start >= 0:
            found.append(Span(start, start + len(phrase), label))
            start = text.find(phrase, start + 1)
    return tuple(sorted(found))


def evalset(task, gold, texts=TEXTS):
    def part(name):
        own = tuple(f"{text} ({name} {i})" for i, text in enumerate(texts * 3))
        return Split(own, tuple(map(gold, own)), source=name)

    return EvalSet("Toy", task, part("train"), part("dev"), part("test"), synthetic=True)


ENTITIES = evalset(TokenClassification(("disease", "drug"), {"drug": "what is given"}), spans)
TOPICS = evalset(
    MultiLabel(("disease", "drug")), lambda text: tuple(sorted({span.label for span in spans(text)}))
)
FIELDS = evalset(
    Extraction(SCHEMA),
    lambda text: (
        {"age": 40, "sex": text.split()[2].strip(",")}
        | ({"drug": "tamoxifen"} if "tamoxifen" in text else {})
    ),
    tuple(f"Aged 40, {'female' if i % 2 else 'male'}, {text}" for i, text in enumerate(TEXTS)),
)
SETS = {"token_classification": ENTITIES, "multi_label": TOPICS, "extraction": FIELDS}


def arm(fake, **settings):
    return Prompted("fake", server=OpenAIServer(fake.base_url, api_key_env=None, concurrency=1), **settings)


@pytest.fixture
def gazetteer():
    with FakeServer(compose=by_gazetteer({**PHRASES, "tamoxifen": "drug"})) as server:
        yield server


def predict(fake, tmp_path, data=ENTITIES, faults=(), **settings):
    with arm(fake, **settings).fit(data, 0, FitContext(tmp_path)) as fitted:
        fake.faults.extend(faults)
        predictions = fitted.predict(data.test.texts)
    return predictions, fitted.record


@pytest.mark.parametrize("kind", SETS)
@pytest.mark.parametrize("owner", ["fake", "vllm"])
def test_an_obedient_model_is_right_everywhere(kind, owner, tmp_path):
    data = SETS[kind]
    with FakeServer(compose=by_gazetteer(PHRASES), owned_by=owner) as fake:
        predictions, record = predict(fake, tmp_path, data, shots=1)
        body = fake.chats()[-1]
    assert data.task.score(data.test.labels, predictions.values) == 1
    assert predictions.errors == [None] * len(data.test)
    assert predictions.probabilities is None
    assert record.facts["method"] == "constrained"
    assert record.notes == []
    if owner == "vllm":
        assert "response_format" not in body
        assert body["structured_outputs"]["json"]["additionalProperties"] is False
    else:
        assert "structured_outputs" not in body
        assert body["response_format"]["json_schema"]["strict"] is True
        schema = str(body["response_format"])
        assert not any(word in schema for word in ("maxItems", "maxLength", "minimum"))
    answers = [json.loads(m["content"]) for m in body["messages"] if m["role"] == "assistant"]
    assert answers
    assert body["max_tokens"] == record.facts["max_answer_tokens"]
    assert "[assistant]\n{" in record.facts["prompt"]


def test_a_comparison_keeps_what_was_counted(gazetteer, tmp_path):
    result = decide.compare(FIELDS, [arm(gazetteer, shots=(0, 1))], run_dir=tmp_path, seeds=1)
    compared = result.arms[0]
    assert compared.status == "ok", compared.failure
    assert compared.score.value == 1
    assert set(compared.facts["dev_score_by_shots"]) == {"0", "1"}
    assert compared.facts["shots"] == 0
    assert compared.facts["answered_fields"] == 30
    assert compared.facts["invalid_fields"] == 0


def test_faults_of_answers_are_counted_dropped_and_said(gazetteer, tmp_path):
    faults = [
        hallucinated("leukaemia", "disease"),
        malformed(),
        truncated(),
        mislabelled("drug"),
        Fault(text='{"entities": [{"text": "tamoxifenn", "label": "drug"}]}'),
        Fault(text="There are no entities."),
        too_long(),
    ]
    predictions, record = predict(gazetteer, tmp_path, faults=faults)
    gold = list(ENTITIES.test.labels)
    text = ENTITIES.test.texts[4]
    assert predictions.values == [
        gold[0],
        None,
        None,
        tuple(s for s in gold[3] if s.label != "drug"),
        (Span(0, 9, "drug"),),
        None,
        None,
        *gold[7:],
    ]
    assert text[:9] == "tamoxifen"
    reasons = [e for e in predictions.errors if e]
    assert len(reasons) == 4
    assert "cut (length)" in predictions.errors[2]
    assert "no JSON" in predictions.errors[5]
    assert "maximum context length" in predictions.errors[6]
    facts = record.facts
    assert facts["hallucinated_spans"] == 1
    assert facts["fuzzily_aligned_spans"] == 1
    assert facts["mislabelled_spans"] == 1
    assert facts["cut_answers"] == 1
    assert facts["unreadable_answers"] == 2
    assert facts["too_long_texts"] == 1
    said = " ".join(record.notes)
    for words in ("quote words the text does not have, dropped: 1 of", "does not exist", "too long", "cut"):
        assert words in said


def test_counts_are_those_of_the_last_prediction(gazetteer, tmp_path):
    with arm(gazetteer).fit(ENTITIES, 0, FitContext(tmp_path)) as fitted:
        gazetteer.faults.append(hallucinated("leukaemia", "disease"))
        gazetteer.faults.append(malformed())
        fitted.predict(ENTITIES.test.texts[:2])
        assert fitted.record.facts["hallucinated_spans"] == 1
        assert fitted.record.facts["unreadable_answers"] == 1
        assert len(fitted.record.notes) == 2
        fitted.predict(ENTITIES.test.texts[:2])
        assert fitted.record.facts["hallucinated_spans"] == 0
        assert "unreadable_answers" not in fitted.record.facts
        assert fitted.record.notes == []


def test_a_record_that_is_partly_wrong_keeps_the_rest(gazetteer, tmp_path):
    fault = Fault(edit=lambda text: json.dumps({**json.loads(text), "age": -1, "room": 3}))
    predictions, record = predict(gazetteer, tmp_path, FIELDS, [fault])
    wanted = dict(FIELDS.test.labels[0])
    del wanted["age"]
    assert predictions.values == [wanted, *FIELDS.test.labels[1:]]
    assert record.facts["invalid_fields"] == 1
    assert record.facts["unknown_fields"] == 1


def test_a_server_without_structured_outputs_is_read_tolerantly(tmp_path):
    compose = by_gazetteer(PHRASES)
    schema = {"items": {"properties": {"text": {}, "label": {"enum": ["disease", "drug"]}}}, "type": "array"}

    def chatty(messages, choices):
        items = compose(messages, schema)
        return f"Here they are:\n```json\n{json.dumps({'entities': items})[:-1]},}}\n```"

    with FakeServer(chatty, refuses=["response_format"]) as fake:
        predictions, record = predict(fake, tmp_path)
    assert predictions.values == list(ENTITIES.test.labels)
    assert record.facts["constraint"] == "none"
    assert record.facts["repaired_answers"] == len(ENTITIES.test)
    assert "mended: 12" in " ".join(record.notes)


def test_the_method_must_suit_task_and_server(gazetteer):
    with pytest.raises(ArmError, match="cannot answer token_classification by 'likelihood'"):
        Prompted("fake", method="likelihood").check(ENTITIES)
    arm(gazetteer, method="free").check(ENTITIES)


def test_the_users_limit_is_sent(gazetteer, tmp_path):
    predict(gazetteer, tmp_path, max_answer_tokens=33)
    assert gazetteer.chats()[-1]["max_tokens"] == 33


TINY = InProcess("float32", device="cpu")


@pytest.mark.parametrize("kind", SETS)
def test_a_model_in_process_is_held_to_the_schema(kind, tiny_llama, tmp_path):
    import jsonschema

    data = SETS[kind]
    with Prompted(str(tiny_llama), server=TINY, max_answer_tokens=200).fit(
        data, 0, FitContext(tmp_path)
    ) as fitted:
        form = fitted._form
        answers = form.ask(
            fitted._client, [fitted._template.prompt(t) for t in data.test.texts[:4]], "constrained"
        )
        predictions = fitted.predict(data.test.texts[:4])
        alone = [fitted.predict([text]).values[0] for text in data.test.texts[:4]]
    assert fitted.record.facts["method"] == "constrained"
    assert fitted.record.facts["held_to_schema_by"].startswith("llguidance ")
    # A model of random weights fills strings to their limit; what it ended itself must fit the schema.
    for answer in answers:
        assert answer.error is None
        if not answer.cut:
            jsonschema.validate(json.loads(answer.text), form.schema)
    assert [v is None for v in predictions.values] == [a.cut is not None for a in answers]
    assert predictions.values == alone


def test_schema_holding_writes_json_as_targets_are_written(tiny_llama):
    """Whatever a target is, each of its tokens is allowed where it stands."""
    import torch
    from transformers import AutoTokenizer

    from arms.llm.formats import format_of
    from arms.llm.templates import answer_ids, end_of_turn

    tokenizer = AutoTokenizer.from_pretrained(tiny_llama)
    holder = holding.SchemaHolder(tokenizer, len(tokenizer) + 7, {end_of_turn(tokenizer)})
    for data in SETS.values():
        form = format_of(data.task, data.train)
        for text, gold in list(zip(data.train.texts, data.train.labels, strict=True))[:4]:
            ids = answer_ids(tokenizer, form.target(text, gold), spaced=form.spaced)
            processor = holder.processor(form.schema, 1)
            for i, token in enumerate(ids):
                scores = processor(torch.tensor([[0, *ids[:i]]]), torch.zeros(1, len(tokenizer) + 7))
                assert scores[0, token] == 0
                assert torch.isinf(scores).any()


def test_a_schema_that_cannot_be_enforced_is_an_error(tiny_llama):
    schema = {"type": "object", "properties": {"a": {"$ref": "#/$defs/nowhere"}}, "required": ["a"]}
    prompts = [Prompted("x").prompt_template(ENTITIES).prompt("gout")]
    with TINY.connect(str(tiny_llama)) as client:
        with pytest.raises(ArmError, match="method='free'"):
            client.compose(prompts, schema, "constrained", 8)
        with pytest.raises(ArmError, match="use constrained or free"):
            client.compose(prompts, schema, "likelihood", 8)
        assert client.compose(prompts, schema, "free", 8)[0].error is None


def test_without_llguidance_free_text_is_read_and_that_is_said(tiny_llama, tmp_path, monkeypatch):
    monkeypatch.setattr(holding, "LIBRARY", "no_such_library")
    assert TINY.structured_methods() == ("free",)
    with Prompted(str(tiny_llama), server=TINY, max_answer_tokens=16).fit(
        ENTITIES, 0, FitContext(tmp_path)
    ) as fitted:
        predictions = fitted.predict(ENTITIES.test.texts[:3])
    record = fitted.record
    assert record.facts["method"] == "free"
    assert "pip install 'decide-nlp[constrained]'" in record.notes[0]
    lost = record.facts.get("cut_answers", 0) + record.facts.get("unreadable_answers", 0)
    assert lost == sum(value is None for value in predictions.values)
    with pytest.raises(ArmError, match="no_such_library is not installed"):
        Prompted(str(tiny_llama), server=TINY, method="constrained").check(ENTITIES)


def test_texts_beyond_the_context_are_refused_not_cut(tiny_llama, tmp_path):
    with Prompted(str(tiny_llama), server=TINY, max_answer_tokens=8).fit(
        TOPICS, 0, FitContext(tmp_path)
    ) as fitted:
        predictions = fitted.predict(["gout " * 600, "gout"])
    assert predictions.values[0] is None
    assert "more than the model's context of 512" in predictions.errors[0]
    assert fitted.record.facts["too_long_texts"] == 1
    assert "left without an answer rather than cut: 1." in fitted.record.notes[-1]


@pytest.mark.parametrize("kind", SETS)
def test_lora_learns_the_format_and_is_held_to_it(kind, tiny_llama, tmp_path):
    data = SETS[kind]
    lora = LoRA(
        str(tiny_llama),
        epochs=2,
        learning_rate=1e-2,
        batch_size=4,
        max_length=512,
        server=TINY,
        max_answer_tokens=200,
    )
    lora.check(data)
    with lora.fit(data, 0, FitContext(tmp_path)) as fitted:
        predictions = fitted.predict(data.test.texts[:4])
    facts = fitted.record.facts
    assert facts["dev_loss_by_epoch"][-1] < facts["dev_loss_by_epoch"][0]
    assert facts["method"] == "constrained"
    assert "held_to_schema_by" in facts
    pairs = zip(predictions.values, predictions.errors, strict=True)
    assert all((value is None) == ("cut" in (error or "")) for value, error in pairs)
    changed = replace(lora, max_answer_tokens=64, method="free")
    with changed.fit(data, 0, FitContext(tmp_path)) as again:
        assert again.record.seconds["training"] == fitted.record.seconds["training"]
