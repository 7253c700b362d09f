from __future__ import annotations

import json

import jsonschema
import pytest

from arms import ArmError
from arms.llm.base import Answer
from arms.llm.formats import FORMATS, AnswerFormat, format_of, register_format
from arms.llm.holding import lack
from arms.prompts import PromptTemplate
from evalsets import Extraction, MultiLabel, Span, Split, TextClassification, TokenClassification
from evalsets.tasks import TASKS

ENTITIES = TokenClassification(("disease", "drug"), {"drug": "what is given"})
TOPICS = MultiLabel(("billing", "network", "account"), {"billing": "money"})
SCHEMA = {
    "type": "object",
    "properties": {
        "age": {"type": "integer", "minimum": 0, "description": "in years"},
        "sex": {"type": "string", "enum": ["female", "male"]},
        "drugs": {"type": "array", "items": {"type": "string", "maxLength": 10}},
        "vitals": {"type": "object", "properties": {"pulse": {"type": "number"}, "date": {"type": "string"}}},
    },
    "required": ["sex"],
}
RECORDS = Extraction(SCHEMA)
TEXT = "Tamoxifen for breast cancer. The cancer is stable."
GOLD = {
    "text_classification": (TextClassification(("a", "b")), "b"),
    "token_classification": (
        ENTITIES,
        (Span(0, 9, "drug"), Span(14, 27, "disease"), Span(33, 39, "disease")),
    ),
    "multi_label": (TOPICS, ("account", "billing")),
    "extraction": (RECORDS, {"sex": "female", "drugs": ["tamoxifen"], "vitals": {"pulse": 72.5}}),
}


def read(task, said, text=TEXT, **answer):
    text_said = said if isinstance(said, str) else json.dumps(said)
    return format_of(task).read(Answer(text_said, None, **answer), text)


def test_every_task_has_a_format_and_a_template():
    assert set(FORMATS) == set(TASKS) == set(GOLD)
    for task, _ in GOLD.values():
        PromptTemplate(task).check()


@pytest.mark.parametrize("kind", [kind for kind in GOLD if kind != "text_classification"])
def test_what_the_model_should_write_fits_the_schema_and_reads_as_gold(kind):
    task, gold = GOLD[kind]
    form = format_of(task)
    target = form.target(TEXT, gold)
    jsonschema.Draft202012Validator.check_schema(form.schema)
    jsonschema.validate(json.loads(target), form.schema)
    reading = form.read(Answer(target, None), TEXT)
    assert task.key(reading.value) == task.key(gold)
    assert reading.error is None
    assert not any(n for name, n in reading.counts.items() if not name.startswith("answered"))


@pytest.mark.parametrize("kind", [kind for kind in GOLD if kind != "text_classification"])
def test_an_answer_of_nothing_is_an_answer(kind):
    task, _ = GOLD[kind]
    empty = {"token_classification": (), "multi_label": (), "extraction": {}}[kind]
    form = format_of(task)
    reading = form.read(Answer(form.target(TEXT, empty), None), TEXT)
    assert reading.value is not None
    assert not reading.value


@pytest.mark.parametrize("kind", [kind for kind in GOLD if kind != "text_classification"])
@pytest.mark.parametrize(
    ("said", "answer", "says", "count"),
    [
        ("I cannot say.", {}, "no JSON", "unreadable_answers"),
        ('{"entities": [', {}, "breaks off", "unreadable_answers"),
        ('{"entities": [', {"cut": "length", "output_tokens": 9}, "cut (length) after 9", "cut_answers"),
        ("3", {}, "no JSON", "unreadable_answers"),
        ("", {"error": "the server answered 500"}, "500", None),
    ],
)
def test_what_is_no_answer_is_none_with_a_reason_and_counted(kind, said, answer, says, count):
    reading = read(GOLD[kind][0], said, **answer)
    assert reading.value is None
    assert says in reading.error
    assert {name for name, n in reading.counts.items() if n} == ({count} if count else set())


def test_json_of_another_shape_is_no_answer():
    for task in (ENTITIES, TOPICS):
        for said in ({"answer": 3}, {"entities": "none", "labels": {}}):
            reading = read(task, said)
            assert reading.value is None
            assert "no list" in reading.error
    assert read(RECORDS, [{"sex": "female"}]).error == "the JSON is no object"


def test_a_whole_answer_counts_though_words_after_it_were_cut():
    reading = read(TOPICS, '{"labels": []} Because', cut="length")
    assert reading.value == ()
    assert reading.error is None


def test_quotes_become_spans_and_what_is_wrong_with_them_is_counted():
    items = [
        {"text": "tamoxifen", "label": "Drug"},
        {"text": "breast cancr", "label": "disease"},
        {"text": "cancer", "label": "disease"},
        {"text": "cancer", "label": "disease"},
        {"text": "leukaemia", "label": "disease"},
        {"text": "cancer", "label": "gene"},
        {"text": "  ", "label": "drug"},
        {"label": "drug"},
        "cancer",
    ]
    reading = read(ENTITIES, {"entities": items})
    assert reading.value == (Span(0, 9, "drug"), Span(14, 27, "disease"), Span(33, 39, "disease"))
    assert {name: n for name, n in reading.counts.items() if n} == {
        "answered_spans": 9,
        "hallucinated_spans": 1,
        "loosely_aligned_spans": 1,
        "fuzzily_aligned_spans": 1,
        "repeated_spans": 1,
        "mislabelled_spans": 1,
        "invalid_spans": 3,
    }
    notes = format_of(ENTITIES).notes(reading.counts)
    assert "Entities that quote words the text does not have, dropped: 1 of 9 answered." in notes
    assert len(notes) == 4


def test_a_bare_list_of_entities_or_labels_is_read_too():
    assert read(ENTITIES, [{"text": "cancer", "label": "disease"}]).value == (Span(21, 27, "disease"),)
    assert read(TOPICS, ["account"]).value == ("account",)


def test_labels_are_named_once_and_known():
    reading = read(TOPICS, {"labels": ["Network", "billing", "network", "shipping", 3]})
    assert reading.value == ("billing", "network")
    assert reading.counts["unknown_labels"] == 2


def test_of_a_record_the_valid_fields_stay():
    said = {
        "age": -3,
        "sex": "female",
        "drugs": ["tamoxifen", "a name that is too long", 3],
        "vitals": {"pulse": 70, "date": 5},
        "room": 12,
    }
    reading = read(RECORDS, said)
    assert reading.value == {"sex": "female", "drugs": ["tamoxifen"], "vitals": {"pulse": 70}}
    assert reading.counts["answered_fields"] == 6
    assert reading.counts["invalid_fields"] == 3  # age, date, and drugs as one
    assert reading.counts["unknown_fields"] == 1
    assert read(RECORDS, {"drugs": ["a name that is too long"]}).value == {}
    assert read(RECORDS, {"drugs": "tamoxifen"}).value == {}
    assert read(RECORDS, {"vitals": "fine", "sex": "male"}).value == {"sex": "male"}


def test_a_whole_list_that_is_wrong_is_dropped():
    schema = {"type": "object", "properties": {"codes": {"type": "array", "items": {"type": "string"}}}}
    schema["properties"]["codes"]["maxItems"] = 1
    reading = read(Extraction(schema), {"codes": ["a", "b"]})
    assert reading.value == {}
    assert reading.counts["invalid_fields"] == 1


def test_json_mended_is_counted():
    reading = read(TOPICS, "{'labels': ['account',]}")
    assert reading.value == ("account",)
    assert reading.counts["repaired_answers"] == 1
    assert format_of(TOPICS).notes(reading.counts) == [
        "Answers in JSON whose punctuation had to be mended: 1."
    ]


def split(texts, golds):
    return Split(tuple(texts), tuple(golds))


def test_bounds_of_an_answer_follow_train():
    long = "x" * 90 + " and y"
    train = split([long, "y"], [(Span(0, 90, "drug"),), ()])
    form = format_of(ENTITIES, train)
    items = form.schema["properties"]["entities"]
    assert (items["maxItems"], items["items"]["properties"]["text"]["maxLength"]) == (8, 180)
    assert len(form.target(long, train.labels[0])) < form.room < 400
    assert format_of(ENTITIES, train, 7).room == 7
    assert format_of(ENTITIES).room > 500


def test_bounds_of_a_record_follow_train():
    train = split(
        ["a", "b"], [{"sex": "male", "drugs": ["d" * 9] * 6}, {"sex": "male", "vitals": {"date": "e" * 50}}]
    )
    fields = format_of(RECORDS, train).schema["properties"]
    assert fields["drugs"]["maxItems"] == 12
    assert fields["drugs"]["items"]["maxLength"] == 10
    assert fields["vitals"]["properties"]["date"]["maxLength"] == 100


def test_the_score_that_perfect_quotes_have_is_a_fact():
    texts = ["cancer is no cancer", "a drug"]
    train = split(texts, [(Span(13, 19, "disease"),), (Span(2, 6, "drug"),)])
    assert format_of(ENTITIES, train).facts()["score_of_perfect_quotes_on_train"] == 0.5


def test_examples_show_each_label_and_that_there_may_be_none():
    golds = [(), (), (Span(0, 1, "disease"),), (Span(0, 1, "disease"), Span(2, 3, "drug")), ()] * 3
    train = split([f"a b {i}" for i in range(len(golds))], golds)
    form = format_of(ENTITIES)
    for seed in range(5):
        answers = [json.loads(answer)["entities"] for _, answer in form.pick(train, 1, seed)]
        assert {item["label"] for answer in answers for item in answer} == {"disease", "drug"}
        assert answers.count([]) == 1
        assert len(answers) <= 3
    assert form.pick(train, 2, 0) == form.pick(train, 2, 0) != form.pick(train, 2, 1)


def test_prompts_say_what_is_wanted():
    system = PromptTemplate(RECORDS, instructions="From notes.").system()
    assert "- age (integer): in years" in system
    assert '- sex (one of "female", "male")' in system
    assert "- drugs (list of string)" in system
    assert "- vitals.pulse (number)" in system
    assert '{"age": null, "sex": null, "drugs": null, "vitals": {"pulse": null, "date": null}}' in system
    assert "From notes." in system
    system = PromptTemplate(ENTITIES).system()
    assert "- drug: what is given" in system
    assert '{"entities": []}' in system
    assert "- billing: money" in PromptTemplate(TOPICS).system()
    own = "{% block system %}{{ json_schema }}{% endblock %}{% block user %}{{ text }}{% endblock %}"
    assert json.loads(PromptTemplate(RECORDS, own).system())["additionalProperties"] is False


def test_a_task_without_a_format_is_refused(monkeypatch):
    class Other(TextClassification):
        kind = "other"

    assert type(format_of(Other(("a", "b")))) is FORMATS["text_classification"]
    monkeypatch.delitem(FORMATS, "text_classification")
    with pytest.raises(ArmError, match="cannot do other"):
        format_of(Other(("a", "b")))


def test_a_new_format_is_one_class():
    class Other(TextClassification):
        kind = "other"

    @register_format
    class OtherFormat(FORMATS["text_classification"]):
        kind = "other"

    try:
        assert isinstance(format_of(Other(("a", "b"))), AnswerFormat)
    finally:
        del FORMATS["other"]


def test_llguidance_is_installed_for_these_tests():
    assert lack() is None
