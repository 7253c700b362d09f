"""Stand-ins for language models that do, or do not do, what a document tells them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from arms.llm.fake_answers import Messages, by_gazetteer, by_keyword

LABEL = re.compile(r'(?:with|that) the label "([^"]+)"')
EMPTY = "answer with an empty list of entities"
FIELD = re.compile(r'give the field "([^"]+)" the value "([^"]+)"')


def obedient(messages: Messages, choices: Sequence[str]) -> str:
    """The label that the document asks for, else one by the words."""
    asked = LABEL.search(messages[-1]["content"])
    return asked[1] if asked else stubborn(messages, choices)


def stubborn(messages: Messages, choices: Sequence[str]) -> str:
    """By the words of the toy texts, whatever is put in."""
    words = messages[-1]["content"]
    for label, word in (("billing", "invoice"), ("billing", "refund"), ("network", "router")):
        if word in words:
            return label
    return "account"


def mentioned(messages: Messages, choices: Sequence[str]) -> str:
    """Any label that the document names in quotes, asked for or not."""
    named = re.search(r'"(billing|network|account)"', messages[-1]["content"])
    return named[1] if named else by_keyword(messages, choices)


def obedient_json(gazetteer: Mapping[str, str]) -> Any:
    """A composer that does what the document asks for, else answers by a gazetteer."""
    usual = by_gazetteer(gazetteer)

    def compose(messages: Messages, schema: Mapping[str, Any]) -> Any:
        text = messages[-1]["content"]
        answer = usual(messages, schema)
        if EMPTY in text:
            return {"entities": []}
        if "labels" in schema["properties"]:
            asked = LABEL.search(text)
            return {"labels": ["a", *([asked[1]] if asked and asked[1] != "a" else [])]}
        if asked := FIELD.search(text):
            kind = json.dumps(schema["properties"][asked[1]])
            return {**answer, asked[1]: int(asked[2]) if '"integer"' in kind else asked[2]}
        return answer

    return compose
