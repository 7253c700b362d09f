"""Prompt templates of strangers: no way to Python, files or modules, and no texts of gigabytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from transformers.utils import chat_template_utils

from arms.base import ArmError
from arms.prompts.template import PromptTemplate
from evalsets import TextClassification

TASK = TextClassification(("a", "b"), {"a": "first"})
ESCAPES = [
    "{{ ''.__class__.__mro__ }}",
    "{{ ''['__class__'] }}",
    "{{ ''|attr('__class__') }}",
    "{{ [].__class__.__base__.__subclasses__() }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "{{ range.__self__ }}",
    "{{ labels.append(1) }}",
    "{{ labels.clear() }}",
    "{{ ('{0.__class__}').format(1) }}",
    "{{ labels|map(attribute='__class__')|join }}",
    "{{ text.format_map({}) }}",
]
BOMBS = [
    "{{ 'a' * 10**10 }}",
    "{{ 10**10 * 'a' }}",
    "{{ [0] * 999999999 }}",
    "{{ 10**10**10 }}",
    "{{ 2 ** 9999999 }}",
    "{% for i in range(999999999) %}x{% endfor %}",
    "{{ 'x'.ljust(999999999) }}",
    "{{ '{:>999999999}'.format(1) }}",
    "{{ 'x'|center(999999999) }}",
    "{{ '%999999999d' % 1 }}",
    "{{ '%999999999d'|format(1) }}",
    "{{ [1]|batch(999999999, 'x')|list }}",
    "{% for i in range(1000) %}{% for j in range(1000) %}xxxxxxxxxx{% endfor %}{% endfor %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
]
LOADS = [
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{% from 'os' import system %}",
]


def template(user: str) -> PromptTemplate:
    return PromptTemplate(
        TASK, "{% block system %}S{% endblock %}{% block user %}{{ text }}" + user + "{% endblock %}"
    )


@pytest.mark.parametrize("source", ESCAPES + BOMBS + LOADS)
def test_a_template_reaches_nothing_and_stays_small(source: str) -> None:
    with pytest.raises(ArmError, match=r"Block 'user' of the prompt template failed|not valid Jinja"):
        template(source).check()


def test_a_template_extends_no_other() -> None:
    with pytest.raises(ArmError):
        PromptTemplate(
            TASK, "{% extends '/etc/passwd' %}{% block system %}{% endblock %}{% block user %}{% endblock %}"
        ).check()


def test_what_prompts_need_works() -> None:
    source = (
        "{% for label in labels %}{{ loop.index * 2 }} {{ label.name|upper|indent(2) }}{% endfor %}"
        "{% set n = namespace(x=1) %}{% set n.x = n.x + 1 %}{{ n.x }}{{ '-' * 3 }}{{ 7 % 4 }}{{ 2 ** 3 }}"
        "{{ labels|map(attribute='name')|join(', ') }}"
    )
    assert template(source).prompt("T")[-1].content == "T2 A4 B2---38a, b"


def test_a_text_is_no_template() -> None:
    text = "{{ 7 * 7 }}{% include 'x' %}" + "x" * 200_000
    assert template("").prompt(text)[-1].content == text


def test_chat_templates_of_models_are_rendered_in_the_sandbox_of_transformers(tiny_encoder: Path) -> None:
    from jinja2.exceptions import SecurityError
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_encoder, trust_remote_code=False)
    tokenizer.chat_template = "{{ ''.__class__.__mro__[1].__subclasses__() }}"
    with pytest.raises(SecurityError):
        tokenizer.apply_chat_template([{"role": "user", "content": "x"}], tokenize=False)
    tokenizer.chat_template = "{{ messages.append(1) }}"
    with pytest.raises(SecurityError):
        tokenizer.apply_chat_template([{"role": "user", "content": "x"}], tokenize=False)
    assert "ImmutableSandboxedEnvironment" in vars(chat_template_utils)
