"""What an arm asks of a language model, whoever serves it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from arms.base import Location
from arms.llm.provider import ProviderProfile

Role = Literal["system", "user", "assistant"]
Method = Literal["likelihood", "constrained", "free"]
"""How an answer is got: labels scored by their likelihood, decoding held to the label set, or free text."""


@dataclass(frozen=True)
class Message:
    """One turn of a chat prompt."""

    role: Role
    content: str


Prompt = tuple[Message, ...]


@dataclass(frozen=True)
class Answer:
    """A model's answer to one prompt.

    Args:
        text: What it wrote, or the choice that scored highest; ``None`` on an error.
        choice: Index of the choice answered, ``None`` if the text is none of them or there were none.
        probabilities: One for each choice, summing to 1, where the method gives them.
        input_tokens: Tokens of the prompt.
        cached_tokens: Those of them the server says came from its cache.
        output_tokens: Tokens written (or scored).
        error: Why there is no usable answer, or ``None``.
        cut: Why the text ends before the model ended it, such as ``length``, or ``None``.
        too_long: Whether the prompt was refused for its length.
        passing: Whether the fault was the server's or the connection's, so that asking again later may help.
    """

    text: str | None
    choice: int | None
    probabilities: tuple[float, ...] | None = None
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    error: str | None = None
    cut: str | None = None
    too_long: bool = False
    passing: bool = False


class Watch:
    """Told by a client of each request, maybe from several threads. This one does nothing."""

    def before(self) -> None:
        """A request, or a batch, is about to be sent.

        Raises:
            ArmError: If it must not be.
        """

    def after(self, place: int, answer: Answer) -> None:
        """The answer to the prompt at ``place`` is there; the next prompt waits for this."""


class LLMClient(ABC):
    """A connection to one model. Answers come back in the order of the prompts."""

    model: str
    location: Location
    methods: ClassVar[tuple[Method, ...]]
    """Methods it can do, the preferred one first."""
    watch: Watch = Watch()
    """Told of the requests of one call at a time."""

    @abstractmethod
    def choose(self, prompts: Sequence[Prompt], choices: Sequence[str], method: Method) -> list[Answer]:
        """Answer each prompt with one of ``choices``.

        A fault in one prompt is that answer's ``error`` and does not stop the others. Nothing is
        ever guessed: text that is none of the choices has ``choice=None`` and an ``error``.
        """

    @abstractmethod
    def compose(
        self, prompts: Sequence[Prompt], schema: Mapping[str, Any], method: Method, most_tokens: int
    ) -> list[Answer]:
        """Answer each prompt with JSON, as text.

        Args:
            prompts: The prompts, which say what is wanted.
            schema: JSON Schema of the answer. ``constrained`` holds the model to it, ``free`` does not.
            method: ``constrained`` or ``free``.
            most_tokens: Most tokens of an answer.
        """

    def model_bytes(self) -> int | None:
        """Size of the weights, where known."""
        return None

    def parameters(self) -> int | None:
        """Number of weights, where known."""
        return None

    def facts(self) -> dict[str, Any]:
        """What the server says of itself: versions, model snapshot."""
        return {}

    def determinants(self) -> dict[str, Any]:
        """What determines an answer beside settings and prompt, as far as it was learned by now."""
        return {}

    def asked_on_connecting(self) -> Answer | None:
        """The answer to a trial that was made on connecting, if one was."""
        return None


class Server(ABC):
    """Plain data saying how a model is reached; a pydantic dataclass."""

    kind: ClassVar[str]
    serves_adapters: ClassVar[bool]
    """Whether a LoRA adapter of ours can be loaded into it."""

    @abstractmethod
    def config(self) -> dict[str, Any]:
        """Settings as JSON-able data, without secrets."""

    @abstractmethod
    def destination(self) -> Location:
        """Where prompts would go."""

    def provider(self) -> ProviderProfile | None:
        """What the user states of whoever runs it."""
        return None

    @abstractmethod
    def methods(self) -> tuple[Method, ...]:
        """Methods its clients can do, the preferred one first."""

    def structured_methods(self) -> tuple[Method, ...]:
        """Methods its clients can do where the answer is JSON, the preferred one first."""
        return tuple(method for method in self.methods() if method != "likelihood")

    def structured_lack(self) -> str | None:
        """Why its clients cannot hold a model to a JSON Schema, and the remedy; ``None`` if they can."""
        return None

    def unpinned(self, model: str) -> str | None:
        """Why what answers to ``model`` may change; ``None`` where the weights are known by their hash."""
        return None

    @abstractmethod
    def check(self) -> None:
        """Refuse what cannot work (no interpreter, no key in the environment), before anything slow.

        Raises:
            ArmError: Saying why and what to do.
        """

    @abstractmethod
    def connect(
        self,
        model: str,
        *,
        adapter: Path | None = None,
        chat_template_kwargs: dict[str, Any] | None = None,
        structured: bool = False,
    ) -> AbstractContextManager[LLMClient]:
        """Open a client for ``model``; leaving the context stops whatever was started.

        Args:
            model: Hub name or path.
            adapter: Folder of a LoRA adapter.
            chat_template_kwargs: Given to the model's chat template.
            structured: Whether answers will be JSON, so that a server can be started for that.

        Raises:
            ArmError: If the model cannot be had there, or the server cannot serve the adapter.
        """
