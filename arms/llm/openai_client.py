"""Puts prompts to an OpenAI-compatible server, many at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

from arms.base import ArmError, Location
from arms.llm.base import Answer, LLMClient, Message, Method, Prompt
from arms.llm.dialect import Dialect, body, too_long
from arms.llm.faults import describe, fatal, said
from arms.llm.masking import mask
from arms.llm.questions import Choice, Question, Structured

_ADAPTATIONS = 6


class OpenAIClient(LLMClient):
    """Answers through a server.

    The ``openai`` client retries (429 with its Retry-After, 5xx, connection faults, timeouts) with
    growing pauses; what still fails costs that prompt its answer. A fault that would hit every prompt
    alike raises :class:`~arms.base.ArmError`.

    Args:
        api: An ``openai.OpenAI``.
        model: The name the server knows.
        location: Where the server is.
        dialect: What it takes, to start with.
        concurrency: Most requests under way at once.
        extra_body: Sent with each request.
        secret: The key, only to be masked wherever the server echoes it.
        key_env: Environment variable the key came from.
        answer_prefix: What stands before a label in the model's own writing.
        gone: Says why the server is gone for good, if it is.
    """

    methods: ClassVar[tuple[Method, ...]] = ("constrained", "free")

    def __init__(
        self,
        api: Any,
        model: str,
        location: Location,
        dialect: Dialect,
        *,
        concurrency: int,
        extra_body: dict[str, Any] | None = None,
        secret: str | None = None,
        key_env: str | None = None,
        answer_prefix: str = "",
        gone: Callable[[], str | None] = lambda: None,
    ) -> None:
        self.model, self.location = model, location
        self._api, self._dialect, self._concurrency = api, dialect, concurrency
        self._extra_body, self._secret, self._key_env = extra_body or {}, secret, key_env
        self._prefix, self._gone = answer_prefix, gone
        self._lock = threading.Lock()
        self._unreachable = 0
        self._facts: dict[str, Any] = {}
        self._size: tuple[int | None, int | None] = (None, None)
        self.process_group: int | None = None
        """Process group of a server of ours."""

    def choose(self, prompts: Sequence[Prompt], choices: Sequence[str], method: Method) -> list[Answer]:
        """Answer each prompt with one of ``choices``."""
        return self._ask(prompts, Choice(tuple(choices)), method)

    def compose(
        self, prompts: Sequence[Prompt], schema: Mapping[str, Any], method: Method, most_tokens: int
    ) -> list[Answer]:
        """Answer each prompt with JSON, as text."""
        return self._ask(prompts, Structured(schema, most_tokens), method)

    def _ask(self, prompts: Sequence[Prompt], question: Question, method: Method) -> list[Answer]:
        if method not in self.methods:
            raise ArmError(
                f"Method {method!r} needs probabilities that servers do not give. "
                f"Use {' or '.join(self.methods)}, or server=InProcess()."
            )
        if len(prompts) == 1:  # no thread to start where latency is measured
            return [self._answer(prompts[0], question, method)]
        pool = ThreadPoolExecutor(max_workers=self._concurrency)
        try:
            return list(pool.map(lambda prompt: self._answer(prompt, question, method), prompts))
        finally:
            pool.shutdown(cancel_futures=True)

    def probe(self) -> Answer:
        """Ask something trivial: finds a wrong key or model at once, and what the server takes.

        Raises:
            ArmError: If every prompt would fail.
        """
        prompt = (Message("system", "Answer yes or no."), Message("user", "Is water wet?"))
        return self._answer(prompt, Choice(("yes", "no")), "constrained")

    def _answer(self, prompt: Prompt, question: Question, method: Method) -> Answer:
        import openai

        for _ in range(_ADAPTATIONS):
            dialect = self._dialect
            try:
                return self._read(self._send(prompt, question, method, dialect), question)
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                if not self._adapt(dialect, said(error, self._secret)):
                    return self._failed(error)
            except (openai.OpenAIError, ValueError, TypeError, AttributeError) as error:
                return self._failed(error)
        return Answer(None, None, error="the server refused every way of asking")

    def _send(self, prompt: Prompt, question: Question, method: Method, dialect: Dialect) -> Any:
        request = body(prompt, question, method, dialect, self._prefix)
        extra = {**request.pop("extra_body", {}), **self._extra_body}
        if self._extra_body.keys() & {"max_tokens", "max_completion_tokens"}:
            request.pop(dialect.limit)  # the user's own limit
        return self._api.chat.completions.create(model=self.model, **request, extra_body=extra or None)

    def _adapt(self, used: Dialect, refusal: str) -> bool:
        """Whether asking again makes sense, another thread having adapted counts too."""
        with self._lock:
            if self._dialect is not used:
                return True
            adapted = used.adapted(refusal)
            if adapted is None:
                return False
            self._dialect = adapted
            return True

    def _failed(self, error: Exception) -> Answer:
        """The answer that could not be had; raises outside any handler's chain where all will fail."""
        import openai

        failure = fatal(
            error, model=self.model, host=self.location.host, key_env=self._key_env, secret=self._secret
        )
        if isinstance(error, openai.APIConnectionError):
            with self._lock:
                self._unreachable += 1
                many = self._unreachable >= max(8, 2 * self._concurrency)
            gone = self._gone()
            if gone or many:
                failure = ArmError(
                    gone or f"{self.location.host} has stopped answering. Is it still running?"
                )
        if failure is not None:
            raise failure from None
        refused = isinstance(error, openai.BadRequestError | openai.UnprocessableEntityError)
        length = refused and too_long(said(error, self._secret))
        return Answer(None, None, error=describe(error, self._secret), too_long=length)

    def _read(self, reply: Any, question: Question) -> Answer:
        usage = reply.usage
        details = getattr(usage, "prompt_tokens_details", None)
        counts: dict[str, Any] = {
            "input_tokens": getattr(usage, "prompt_tokens", 0) or 0,
            "cached_tokens": getattr(details, "cached_tokens", 0) or 0,
            "output_tokens": getattr(usage, "completion_tokens", 0) or 0,
        }
        with self._lock:
            self._unreachable = 0
            self._note("model_reported", reply.model)
            self._note("system_fingerprint", reply.system_fingerprint)
        if not reply.choices:
            return Answer(None, None, **counts, error="the server's reply holds no answer")
        first = reply.choices[0]
        refusal = getattr(first.message, "refusal", None)
        if refusal:
            return Answer(
                None, None, **counts, error=f"the model refused: {mask(refusal, self._secret)[:200]}"
            )
        text = first.message.content
        choice, error = question.read(text)
        cut = first.finish_reason if first.finish_reason in ("length", "content_filter") else None
        if error and cut:
            error += f" (cut by the server: {cut})"
        return Answer(text, choice, None, **counts, error=error and mask(error, self._secret), cut=cut)

    def _note(self, name: str, value: Any) -> None:
        """Keep each distinct value: a model that changes between two answers must show."""
        if value is not None and value not in self._facts.setdefault(name, []):
            self._facts[name].append(value)

    def facts(self) -> dict[str, Any]:
        """What determined the answers, besides the settings."""
        with self._lock:
            seen = {k: v[0] if len(v) == 1 else list(v) for k, v in self._facts.items() if v}
            facts: dict[str, Any] = {
                "constraint": self._dialect.constraint,
                "sampling_temperature": 0 if self._dialect.temperature else "the server's own",
                **seen,
            }
            if self._dialect.changes:
                facts["adapted_to_server"] = list(self._dialect.changes)
        return facts

    def know(self, *, parameters: int | None = None, model_bytes: int | None = None, **facts: Any) -> None:
        """Keep what whoever started the server knows of the model and of it."""
        self._size = (parameters, model_bytes)
        for name, value in facts.items():
            self._note(name, value)

    def parameters(self) -> int | None:
        """Number of weights, where known."""
        return self._size[0]

    def model_bytes(self) -> int | None:
        """Size of the weights, where known."""
        return self._size[1]
