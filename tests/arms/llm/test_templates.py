from __future__ import annotations

import jinja2
import pytest

from arms.llm import Message
from arms.llm.templates import (
    answer_ids,
    common_prefix,
    end_of_turn,
    merge_system,
    plain_chat_template,
    prompt_ids,
    render,
)

from .conftest import CHAT, NO_SYSTEM, make_tokenizer, prompt

SHOTS = (
    Message("system", "Be brief."),
    Message("user", "Text: a\nLabel:"),
    Message("assistant", "x"),
    Message("user", "Text: b\nLabel:"),
)


def test_chat_template_is_used_and_ids_are_those_of_the_text():
    tokenizer = make_tokenizer(CHAT)
    text = render(tokenizer, SHOTS)
    assert text.endswith("<|end|>\n<|start|>assistant\n")
    assert "<|start|>system\nBe brief.<|end|>" in text
    assert prompt_ids(tokenizer, [SHOTS]) == [tokenizer(text, add_special_tokens=False)["input_ids"]]


def test_template_that_refuses_system_gets_it_in_the_user_turn():
    text = render(make_tokenizer(NO_SYSTEM), SHOTS)
    assert "<|start|>user\nBe brief.\n\nText: a\nLabel:<|end|>" in text
    assert "system" not in text


def test_template_that_drops_system_gets_it_in_the_user_turn():
    dropping = CHAT.replace("{% for m in messages %}", "{% for m in messages if m['role'] != 'system' %}")
    assert "Be brief." in render(make_tokenizer(dropping), SHOTS)


def test_other_template_errors_are_not_hidden():
    broken = "{{ raise_exception('never') }}"
    with pytest.raises(jinja2.TemplateError, match="never"):
        render(make_tokenizer(broken), SHOTS[1:])


def test_chat_template_kwargs_reach_the_template_and_thinking_is_off_unless_asked_for():
    tokenizer = make_tokenizer("{{ enable_thinking }}|{{ extra }}|" + CHAT)
    assert render(tokenizer, SHOTS, {"extra": 1}).startswith("False|1|")
    assert render(tokenizer, SHOTS, {"enable_thinking": True}).startswith("True||")


def test_without_template_contents_are_joined():
    tokenizer = make_tokenizer(None)
    assert render(tokenizer, SHOTS) == "Be brief.\n\nText: a\nLabel: x\n\nText: b\nLabel:"
    assert tokenizer.decode(answer_ids(tokenizer, "billing")) == " billing<|eos|>"


def test_plain_template_for_servers_does_the_same():
    tokenizer = make_tokenizer(None)
    wanted = render(tokenizer, SHOTS)
    tokenizer.chat_template = plain_chat_template(tokenizer)
    assert render(tokenizer, SHOTS) == wanted


def test_end_of_turn_is_what_the_template_writes_not_what_ends_texts():
    tokenizer = make_tokenizer(CHAT)
    assert tokenizer.convert_ids_to_tokens(end_of_turn(tokenizer)) == "<|end|>"
    assert tokenizer.decode(answer_ids(tokenizer, "billing")) == "billing<|end|>"
    assert end_of_turn(make_tokenizer(None)) == 1


def test_merge_system():
    assert merge_system(SHOTS[1:]) == SHOTS[1:]
    assert merge_system((SHOTS[0],)) == (Message("user", "Be brief."),)
    assert merge_system(prompt("t", "s"))[0].content == "s\n\nText: t\nLabel:"


@pytest.mark.parametrize(
    ("rows", "shared"),
    [([], 0), ([[1, 2]], 2), ([[1, 2, 3], [1, 2], [1, 2, 4]], 2), ([[1], [2]], 0), ([[5, 6], [5, 6]], 2)],
)
def test_common_prefix(rows, shared):
    assert common_prefix(rows) == shared
