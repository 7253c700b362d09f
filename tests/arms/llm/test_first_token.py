from __future__ import annotations

import pytest

from arms.llm import FakeServer, InProcess
from arms.llm.base import Location
from arms.llm.dialect import Dialect
from arms.llm.first_token import first_token, first_tokens_of
from arms.llm.openai_client import OpenAIClient
from arms.llm.openai_server import open_api
from arms.llm.templates import answer_ids

from .conftest import LABELS, PROMPTS, make_tokenizer, prompt

DISTINCT = ("account", "billing question", "network outage")


@pytest.fixture(scope="module")
def tokenizer(tiny_llama):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_llama)


def test_one_token_is_enough_where_first_tokens_differ(tokenizer):
    question = first_token(tokenizer, DISTINCT)
    assert question.room == 1
    assert question.tokens == tuple(answer_ids(tokenizer, label)[0] for label in DISTINCT)
    assert question.vllm("") == {"allowed_token_ids": list(question.tokens)}
    for place, piece in enumerate(question.pieces):
        assert question.read(piece) == question.read(f" {piece}") == (place, None)
        assert question.shown(piece, place) == DISTINCT[place]


def test_what_begins_no_label_is_no_answer(tokenizer):
    question = first_token(tokenizer, DISTINCT)
    assert question.read("router") == (None, "'router' begins none of the labels")
    assert question.read(None) == (None, "the model wrote nothing")
    assert question.shown("router", None) == "router"


@pytest.mark.parametrize("labels", [LABELS, ("account", "accounts"), ("é", "è"), ("日", "本")])
def test_labels_that_begin_alike_are_asked_for_whole(tokenizer, labels):
    assert first_token(tokenizer, labels) is None


def test_without_chat_template_the_space_before_an_answer_counts():
    plain = make_tokenizer(None)
    question = first_token(plain, ("account", "billing"))
    if question is not None:
        assert question.tokens == tuple(answer_ids(plain, label)[0] for label in ("account", "billing"))


def test_the_answer_is_that_of_greedy_decoding_held_to_the_labels(tiny_llama, tokenizer):
    """By the model itself: its most likely first token among those of the labels."""
    question = first_token(tokenizer, DISTINCT)
    with InProcess(dtype="float32", device="cpu").connect(str(tiny_llama)) as here:
        whole = here.choose(PROMPTS, DISTINCT, "constrained")
        first = here.choose(PROMPTS, question.pieces, "constrained")
        assert [answer.choice for answer in whole] == [answer.choice for answer in first]


def test_a_client_asks_for_one_token_and_tells_the_label(tiny_llama, tokenizer):
    with FakeServer(owned_by="vllm", decode=tokenizer.decode) as fake:
        api = open_api(fake.base_url, None, 30.0, 2)
        client = OpenAIClient(
            api,
            "fake",
            Location(),
            Dialect("vllm", fallback=False),
            concurrency=4,
            first_token=first_tokens_of(tiny_llama),
        )
        answers = client.choose([prompt("billing"), prompt("account")], DISTINCT, "constrained")
        assert [answer.text for answer in answers] == ["billing question", "account"]
        assert [(answer.error, answer.cut) for answer in answers] == [(None, None)] * 2
        assert {body["max_tokens"] for body in fake.chats()} == {1}
        assert client.facts()["answers_in_one_token"] is True
        client.choose([prompt("network outage")], LABELS, "constrained")
        last = fake.chats()[-1]
        assert last["structured_outputs"] == {"choice": list(LABELS)}
        assert last["max_tokens"] > 1
        assert client.facts()["answers_in_one_token"] == [True, False]
        client.choose([prompt("account")], DISTINCT, "free")
        assert "allowed_token_ids" not in fake.chats()[-1]
        api.close()
