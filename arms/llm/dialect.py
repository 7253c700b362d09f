"""How a question is put to an OpenAI-compatible server, and how that adapts to what the server takes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from arms.llm.base import Method, Prompt
from arms.llm.templates import merge_system

Constraint = Literal["vllm", "json_schema", "none"]
"""How an answer is held to the labels: vLLM's ``structured_outputs``, a JSON schema, not at all."""


@dataclass(frozen=True)
class Dialect:
    """What a server takes.

    Args:
        constraint: How it is told the labels.
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
        if re.search(r"context.?(length|window|size)|too long", text):
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


def body(
    prompt: Prompt, choices: Sequence[str], method: Method, dialect: Dialect, prefix: str = ""
) -> dict[str, Any]:
    """Arguments of a chat completion.

    Args:
        prompt: The turns.
        choices: The labels.
        method: ``constrained`` or ``free``.
        dialect: What the server takes.
        prefix: What stands before a label in the model's own writing.
    """
    turns = prompt if dialect.system else merge_system(prompt)
    # A token is at least a byte, so this always suffices; 24 more for JSON or a "Label:" around it.
    most = max(len(choice.encode()) for choice in choices) + 24
    request: dict[str, Any] = {
        "messages": [{"role": m.role, "content": m.content} for m in turns],
        dialect.limit: most,
    }
    if dialect.temperature:
        request["temperature"] = 0
    if method == "constrained" and dialect.constraint == "vllm":
        request["extra_body"] = {"structured_outputs": {"choice": [prefix + choice for choice in choices]}}
    elif method == "constrained" and dialect.constraint == "json_schema":
        request["response_format"] = {"type": "json_schema", "json_schema": _schema(choices)}
    return request


def _schema(choices: Sequence[str]) -> dict[str, Any]:
    label = {"type": "string", "enum": list(choices)}
    schema = {
        "type": "object",
        "properties": {"label": label},
        "required": ["label"],
        "additionalProperties": False,
    }
    return {"name": "label", "strict": True, "schema": schema}
