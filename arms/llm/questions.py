"""What is asked of a model: one of several labels, or JSON under a schema."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from arms.llm.parsing import parse_choice
from arms.llm.schemas import held, portable

_AROUND = 24
"""Tokens beyond the longest label, for JSON or a "Label:" around it."""


class Question(ABC):
    """How an answer is asked for, whatever the server."""

    cut_on_purpose: ClassVar[bool] = False
    """Whether an answer that fills its room is whole all the same."""

    @property
    @abstractmethod
    def room(self) -> int:
        """Most tokens of an answer."""

    @abstractmethod
    def structured_outputs(self, prefix: str) -> dict[str, Any]:
        """vLLM's ``structured_outputs``; ``prefix`` stands before a label in the model's own writing."""

    def vllm(self, prefix: str) -> dict[str, Any]:
        """What holds vLLM to the answers, as parameters of a request."""
        return {"structured_outputs": self.structured_outputs(prefix)}

    @abstractmethod
    def json_schema(self) -> dict[str, Any]:
        """The ``json_schema`` of a ``response_format``, of keywords that every provider takes."""

    @abstractmethod
    def read(self, text: str | None) -> tuple[int | None, str | None]:
        """Index of the choice answered, if there are choices, and why there is no answer, if so."""

    def shown(self, text: str | None, choice: int | None) -> str | None:
        """The text of the answer, for what the model wrote."""
        return text


@dataclass(frozen=True)
class Choice(Question):
    """One of several labels."""

    choices: tuple[str, ...]

    @property
    def room(self) -> int:
        # A token is at least a byte, so this always suffices.
        return max(len(choice.encode()) for choice in self.choices) + _AROUND

    def structured_outputs(self, prefix: str) -> dict[str, Any]:
        return {"choice": [prefix + choice for choice in self.choices]}

    def json_schema(self) -> dict[str, Any]:
        schema = {
            "type": "object",
            "properties": {"label": {"type": "string", "enum": list(self.choices)}},
            "required": ["label"],
            "additionalProperties": False,
        }
        return {"name": "label", "strict": True, "schema": schema}

    def read(self, text: str | None) -> tuple[int | None, str | None]:
        return parse_choice(text, self.choices)


@dataclass(frozen=True)
class Structured(Question):
    """JSON that fits a schema; the text is read by whoever asked.

    Args:
        schema: A JSON Schema of an object, in which every property is required and no other allowed.
        most_tokens: Most tokens of an answer.
    """

    schema: Mapping[str, Any]
    most_tokens: int

    @property
    def room(self) -> int:
        return self.most_tokens

    def structured_outputs(self, prefix: str) -> dict[str, Any]:
        return {"json": held(self.schema)}

    def json_schema(self) -> dict[str, Any]:
        return {"name": "answer", "strict": True, "schema": portable(self.schema)}

    def read(self, text: str | None) -> tuple[int | None, str | None]:
        return None, None if text and text.strip() else "the model wrote nothing"
