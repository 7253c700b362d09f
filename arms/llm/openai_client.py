"""Puts prompts to an OpenAI-compatible server, many at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, ClassVar

from arms.base import ArmError, Location
from arms.llm.base import Answer, LLMClient, Message, Method, Prompt
from arms.llm.dialect import Dialect, body, too_long
from arms.llm.faults import describe, empty_reply, fatal, passing, said
from arms.llm.masking import HIDDEN, mask
from arms.llm.questions import Choice, Question, Structured
from arms.llm.replies import asked_to_wait

_ADAPTATIONS = 6
LONGEST_WAIT = 600.0
"""Seconds that a server may ask for by Retry-After."""


class OpenAIClient(LLMClient):
    """Answers through a server.

    The ``openai`` client retries (429 with a Retry-After of up to a minute or two, 5xx, connection faults,
    timeouts) with growing pauses. Longer waits that a server asks for, and replies that cannot be read, are
    seen to here. What still fails costs that prompt its answer. A fault that would hit every prompt alike,
    or that many prompts in a row have met, raises :class:`~arms.base.ArmError`.

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
        longest_wait: Seconds that a server may ask to wait; if it asks for more the run ends.
        first_token: Says how to ask for the first token of labels alone, where that is enough.
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
        longest_wait: float = LONGEST_WAIT,
        first_token: Callable[[tuple[str, ...]], Question | None] | None = None,
    ) -> None:
        self.model, self.location = model, location
        self._api, self._dialect, self._concurrency = api, dialect, concurrency
        self._extra_body, self._secret, self._key_env = extra_body or {}, secret, key_env
        self._prefix, self._gone = answer_prefix, gone
        self._lock = threading.Lock()
        self._failing = 0
        self._longest_wait, self._waits_until = longest_wait, 0.0
        self._first_token = first_token
        self._stopped = threading.Event()
        self._trial: Answer | None = None
        self._facts: dict[str, Any] = {}
        self._size: tuple[int | None, int | None] = (None, None)
        self.process_group: int | None = None
        """Process group of a server of ours."""

    def choose(self, prompts: Sequence[Prompt], choices: Sequence[str], method: Method) -> list[Answer]:
        """Answer each prompt with one of ``choices``."""
        question: Question | None = None
        if method == "constrained" and self._first_token is not None:
            question = self._first_token(tuple(choices))
            if prompts:
                with self._lock:
                    self._note("answers_in_one_token", question is not None)
        return self._ask(prompts, question or Choice(tuple(choices)), method)

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
        watch = self.watch
        failures: list[BaseException] = []

        def one(place: int) -> Answer:
            try:
                watch.before()
                answer = self._answer(prompts[place], question, method)
                watch.after(place, answer)
            except BaseException as error:
                failures.append(error)
                self._stopped.set()  # nobody sends any more, and whoever waits for a server wakes
                raise
            return answer

        if len(prompts) == 1:  # no thread to start where latency is measured
            try:
                return [one(0)]
            finally:
                self._stopped.clear()
        pool = ThreadPoolExecutor(max_workers=self._concurrency)
        try:
            return list(pool.map(one, range(len(prompts))))
        except BaseException as error:
            self._stopped.set()
            raise failures[0] if failures and isinstance(error, Exception) else error from None
        finally:
            pool.shutdown(cancel_futures=True)
            self._stopped.clear()

    def probe(self) -> Answer:
        """Ask something trivial: finds a wrong key or model at once, and what the server takes.

        Raises:
            ArmError: If every prompt would fail.
        """
        prompt = (Message("system", "Answer yes or no."), Message("user", "Is water wet?"))
        self._trial = self._answer(prompt, Choice(("yes", "no")), "constrained")
        return self._trial

    def asked_on_connecting(self) -> Answer | None:
        """The answer to the trial, if there was one."""
        return self._trial

    def _answer(self, prompt: Prompt, question: Question, method: Method) -> Answer:
        """The answer to a prompt, asked once more if the reply could not be read."""
        answer, unreadable = self._attempt(prompt, question, method)
        if unreadable and self._api.max_retries:
            again, _ = self._attempt(prompt, question, method)
            answer = replace(
                again,
                input_tokens=answer.input_tokens + again.input_tokens,
                cached_tokens=answer.cached_tokens + again.cached_tokens,
                output_tokens=answer.output_tokens + again.output_tokens,
            )
        return answer

    def _attempt(self, prompt: Prompt, question: Question, method: Method) -> tuple[Answer, bool]:
        """An answer, and whether there is none because the reply that came cannot be read."""
        import openai

        adaptations = waits = 0
        while adaptations < _ADAPTATIONS:
            dialect = self._dialect
            try:
                answer = self._read(self._send(prompt, question, method, dialect), question)
                return answer, answer.passing
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                adaptations += 1
                if not self._adapt(dialect, said(error, self._secret)):
                    return self._failed(error), False
            except (openai.OpenAIError, ValueError, TypeError, AttributeError) as error:
                if waits < self._api.max_retries and self._waits(error):
                    waits += 1
                    continue
                return self._failed(error), not isinstance(error, openai.OpenAIError)
        return Answer(None, None, error="the server refused every way of asking"), False

    def _waits(self, error: Exception) -> bool:
        """Whether the server asked all to wait longer than the ``openai`` client does.

        Raises:
            ArmError: If it asked for more than anybody wants to wait.
        """
        import openai

        seconds = asked_to_wait(error) if isinstance(error, openai.APIStatusError) else None
        if seconds is None or not passing(error) or seconds <= _library_waits():
            return False
        if seconds > self._longest_wait:
            failure = ArmError(
                f"{self.location.host} asks to wait {seconds:,.0f} s (Retry-After), more than the "
                f"{self._longest_wait:,.0f} s of longest_wait_s. Run again when that is over: the answers "
                "that were had are kept."
            )
            raise failure from None
        with self._lock:
            self._waits_until = max(self._waits_until, time.monotonic() + seconds)
        return True

    def _send(self, prompt: Prompt, question: Question, method: Method, dialect: Dialect) -> Any:
        if self._waits_until:
            self._stopped.wait(max(0.0, self._waits_until - time.monotonic()))
        if self._stopped.is_set():
            raise ArmError("The run was stopped.")
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
        may_pass = passing(error)
        if not may_pass:
            with self._lock:
                self._failing = 0  # it is there, and took this prompt apart
        if may_pass and failure is None:
            failure = self._lasting(
                describe(error, self._secret), isinstance(error, openai.APIConnectionError)
            )
        if failure is not None:
            raise failure from None
        refused = isinstance(error, openai.BadRequestError | openai.UnprocessableEntityError)
        length = refused and too_long(said(error, self._secret))
        return Answer(None, None, error=describe(error, self._secret), too_long=length, passing=may_pass)

    def _lasting(self, what: str, unreachable: bool = False) -> ArmError | None:
        """The error that ends the run, if so many prompts in a row have met a fault that it will not pass."""
        with self._lock:
            self._failing += 1
            count = self._failing
        gone = self._gone() if unreachable else None
        if gone is None and count < max(8, 2 * self._concurrency):
            return None
        host = self.location.host
        return ArmError(
            gone
            or (
                f"{host} has stopped answering. Is it still running? "
                if unreachable
                else f"{host} has failed {count} times in a row; the last time {what}. "
            )
            + "Run again when it works: the answers that were had are kept."
        )

    def _read(self, reply: Any, question: Question) -> Answer:
        usage = reply.usage
        details = getattr(usage, "prompt_tokens_details", None)
        counts: dict[str, Any] = {
            "input_tokens": getattr(usage, "prompt_tokens", 0) or 0,
            "cached_tokens": getattr(details, "cached_tokens", 0) or 0,
            "output_tokens": getattr(usage, "completion_tokens", 0) or 0,
        }
        if not reply.choices:
            what = empty_reply(reply, self._secret)
            failure = self._lasting(what)
            if failure is not None:
                raise failure
            return Answer(None, None, **counts, error=what, passing=True)
        first = reply.choices[0]
        with self._lock:
            self._failing = 0
            self._note("model_reported", self._unkeyed(reply.model))
            self._note("system_fingerprint", self._unkeyed(reply.system_fingerprint))
        refusal = getattr(first.message, "refusal", None)
        if refusal:
            return Answer(
                None, None, **counts, error=f"the model refused: {mask(refusal, self._secret)[:200]}"
            )
        text = self._unkeyed(first.message.content)
        choice, error = question.read(text)
        ends = ("content_filter",) if question.cut_on_purpose else ("length", "content_filter")
        cut = first.finish_reason if first.finish_reason in ends else None
        if error and cut:
            error += f" (cut by the server: {cut})"
        shown = question.shown(text, choice)
        return Answer(shown, choice, None, **counts, error=error and mask(error, self._secret), cut=cut)

    def _unkeyed(self, said: Any) -> Any:
        """What the server wrote, without the key should it repeat that; nothing else is changed."""
        return said.replace(self._secret, HIDDEN) if self._secret and isinstance(said, str) else said

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

    def determinants(self) -> dict[str, Any]:
        """How answers are asked for, and of which model, as far as the server has said it."""
        with self._lock:
            dialect, models = self._dialect, sorted(map(str, self._facts.get("model_reported", ())))
        return {
            "constraint": dialect.constraint,
            "temperature": dialect.temperature,
            "system": dialect.system,
            "models": models,
            **({} if self._first_token is None else {"labels": "by their first token where that is enough"}),
        }

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


def _library_waits() -> float:
    """Seconds of Retry-After up to which the ``openai`` client waits by itself."""
    from openai import _constants

    return float(getattr(_constants, "MAX_RETRY_AFTER_DELAY", 60.0))
