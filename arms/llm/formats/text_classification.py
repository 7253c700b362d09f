"""One label for each text: the model answers with its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from arms.llm.base import Answer, LLMClient, Method, Prompt, Server
from arms.llm.formats.base import AnswerFormat, Reading, register_format


@register_format
class LabelFormat(AnswerFormat):
    """The name of one label and nothing else."""

    kind: ClassVar[str] = "text_classification"
    spaced: ClassVar[bool] = True

    def methods(self, server: Server) -> tuple[Method, ...]:
        return server.methods()

    def variables(self) -> dict[str, Any]:
        return {"labels": self.described_labels()}

    def target(self, text: str, gold: Any) -> str:
        return str(gold)

    def ask(self, client: LLMClient, prompts: Sequence[Prompt], method: Method) -> list[Answer]:
        return client.choose(prompts, list(self.task.labels), method)

    def read(self, answer: Answer, text: str) -> Reading:
        if answer.choice is None:
            return Reading(None, answer.error)
        return Reading(self.task.labels[answer.choice])
