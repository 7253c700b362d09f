"""How a question is put to an OpenAI-compatible server, and how that adapts to what the server takes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from arms.llm.base import Method, Prompt
from arms.llm.questions import Question
from arms.llm.templates import merge_system

Constraint = Literal["vllm", "json_schema", "none"]
"""How an answer is held to labels or schema: vLLM's ``structured_outputs``, a JSON schema, not at all."""


@dataclass(frozen=True)
class Dialect:
    """What a server takes.

    Args:
        constraint: How it is told what an answer may be.
        fallback: Whether ``constraint`` may be given up if the server refuses it.
        system: Whether it takes system turns.
        temperature: Whether it takes a temperature.
        limit: What it calls the most tokens to write.
        changes: What was adapted, in words.
    """

    constraint: Constraint
    fallback: bool = True
    system: bool = True
    temperature: bool = True
    limit: str = "max_tokens"
    changes: tuple[str, ...] = field(default=())

    def adapted(self, refusal: str) -> Dialect | None:
        """The dialect to try after the server refused a request (status 400) in these words."""
        text = refusal.lower()
        if too_long(text):
            return None  # the prompt's fault, whatever parameters the words go on to name
        if self.limit == "max_tokens" and "max_completion_tokens" in text:
            return self._with("max_completion_tokens in place of max_tokens", limit="max_completion_tokens")
        if self.temperature and "temperature" in text:
            return self._with("the server's own temperature", temperature=False)
        if self.system and re.search(r"system\W+(role|message|turn)|roles must alternate", text):
            return self._with("system text within the user turn", system=False)
        words = (
            r"response_format|json.?schema|structured|guided|grammar|unrecognized|unknown|extra|not permitted"
        )
        if self.constraint != "none" and self.fallback and re.search(words, text):
            return self._with(f"free text, as {self.constraint} was refused", constraint="none")
        return None

    def _with(self, change: str, **settings: Any) -> Dialect:
        return replace(self, changes=(*self.changes, change), **settings)


def too_long(refusal: str) -> bool:
    """Whether a server refused a prompt for its length."""
    return bool(re.search(r"context.?(length|window|size)|too long", refusal.lower()))


def body(
    prompt: Prompt, question: Question, method: Method, dialect: Dialect, prefix: str = ""
) -> dict[str, Any]:
    """Arguments of a chat completion.

    Args:
        prompt: The turns.
        question: What is asked.
        method: ``constrained`` or ``free``.
        dialect: What the server takes.
        prefix: What stands before a label in the model's own writing.
    """
    turns = prompt if dialect.system else merge_system(prompt)
    request: dict[str, Any] = {
        "messages": [{"role": m.role, "content": m.content} for m in turns],
        dialect.limit: question.room,
    }
    if dialect.temperature:
        request["temperature"] = 0
    if method == "constrained" and dialect.constraint == "vllm":
        request["extra_body"] = question.vllm(prefix)
    elif method == "constrained" and dialect.constraint == "json_schema":
        request["response_format"] = {"type": "json_schema", "json_schema": question.json_schema()}
    return request
