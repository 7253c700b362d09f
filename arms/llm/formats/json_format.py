"""What formats whose answers are JSON objects have in common."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from arms.llm.base import Answer, LLMClient, Method, Prompt, Server
from arms.llm.formats.base import AnswerFormat, Reading
from arms.llm.json_answers import parse_json

_SPARE_TOKENS = 64
_TOKENS_PER_BYTE = 0.75
"""A token of JSON holds about three bytes, so this is over twice what the longest answer in train needs."""
_WITHOUT_TRAIN = 1024


class JsonFormat(AnswerFormat):
    """A JSON object under :attr:`schema`.

    An answer that is no JSON, or breaks off, is no answer. JSON with slips of punctuation is mended and
    counted (``repaired_answers``).
    """

    structured: ClassVar[bool] = True

    def methods(self, server: Server) -> tuple[Method, ...]:
        return server.structured_methods()

    def lack(self, server: Server, method: Method) -> str | None:
        return server.structured_lack() if method == "free" else None

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of an answer: an object, every property required, no other allowed."""
        return self.make_schema()

    @abstractmethod
    def make_schema(self) -> dict[str, Any]:
        """What :attr:`schema` keeps."""

    @abstractmethod
    def content(self, text: str, gold: Any) -> dict[str, Any]:
        """The answer that ``gold`` is, as an object under :attr:`schema`."""

    @abstractmethod
    def interpret(self, data: Any, text: str) -> Reading:
        """What an object or list that a model wrote says of ``text``."""

    def target(self, text: str, gold: Any) -> str:
        return json.dumps(self.content(text, gold), ensure_ascii=False)

    @cached_property
    def room(self) -> int:
        """Most tokens of an answer."""
        if self.most_tokens is not None:
            return self.most_tokens
        if self.train is None or not len(self.train):
            return _WITHOUT_TRAIN
        pairs = zip(self.train.texts, self.train.labels, strict=True)
        longest = max(len(self.target(text, gold).encode()) for text, gold in pairs)
        return _SPARE_TOKENS + round(longest * _TOKENS_PER_BYTE)

    def facts(self) -> dict[str, Any]:
        return {"max_answer_tokens": self.room}

    def ask(self, client: LLMClient, prompts: Sequence[Prompt], method: Method) -> list[Answer]:
        return client.compose(prompts, self.schema, method, self.room)

    def read(self, answer: Answer, text: str) -> Reading:
        counts: Counter[str] = Counter(dict.fromkeys(self.counted, 0))  # so that noughts are reported
        if answer.error is not None:
            return Reading(None, answer.error, counts)
        parsed = parse_json(answer.text)
        if parsed.error is not None:
            if answer.cut:
                counts["cut_answers"] += 1
                error = f"the answer was cut ({answer.cut}) after {answer.output_tokens} tokens"
                return Reading(None, error, counts)
            counts["unreadable_answers"] += 1
            return Reading(None, parsed.error, counts)
        counts["repaired_answers"] += parsed.repaired
        reading = self.interpret(parsed.data, text)
        counts["unreadable_answers"] += reading.value is None
        counts.update(reading.counts)
        return Reading(reading.value, reading.error, counts)

    def notes(self, counts: Mapping[str, int]) -> list[str]:
        notes = []
        if cut := counts.get("cut_answers"):
            notes.append(
                f"Answers cut before their end, counted as none: {cut:,}. They may have {self.room:,} "
                "tokens; raise max_answer_tokens if they need more."
            )
        if unreadable := counts.get("unreadable_answers"):
            notes.append(f"Answers not of the form asked for, counted as none: {unreadable:,}.")
        if repaired := counts.get("repaired_answers"):
            notes.append(f"Answers in JSON whose punctuation had to be mended: {repaired:,}.")
        return notes


def entries(data: Any, name: str) -> list[Any] | None:
    """The list that an answer is or holds under ``name``."""
    if isinstance(data, Mapping):
        data = data.get(name)
    return data if isinstance(data, list) else None


def closed(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of an object that has these properties and no other."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def label_named(said: Any, labels: Sequence[str]) -> str | None:
    """The label that a model named, but for case and quotes around it."""
    from arms.llm.parsing import parse_choice

    choice = parse_choice(said, labels)[0] if isinstance(said, str) else None
    return None if choice is None else labels[choice]
