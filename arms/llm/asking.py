"""What lies between an arm and its language model: answers kept from earlier attempts, and a budget."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from arms.llm.answer_book import AnswerBook, Keys
from arms.llm.base import Answer, LLMClient, Method, Prompt, Watch
from arms.llm.spending import BudgetSpent, Purse


@dataclass
class Phase:
    """One part of a run.

    Args:
        name: What is asked for, such as ``test``.
        keep: Whether its answers are kept and taken from earlier attempts. Never where it is timed by
            single documents.
        earlier_seconds: How long earlier attempts took for the answers that are kept.
        kept: Answers that were taken from earlier attempts.
    """

    name: str
    keep: bool
    earlier_seconds: float = 0.0
    kept: int = 0

    def __post_init__(self) -> None:
        self.started = time.perf_counter()
        self.keys = Keys()


class Asking:
    """The language-model answers of one run, in phases. Without arguments it changes nothing.

    Args:
        book: Keeps answers while the run is unfinished.
        purse: Counts what is spent and says when to stop.
    """

    def __init__(self, book: AnswerBook | None = None, purse: Purse | None = None) -> None:
        self.book, self._purse = book, purse
        self._phase = Phase("", keep=False)
        self._done: dict[str, Phase] = {}

    @contextmanager
    def phase(self, name: str, *, keep: bool = True) -> Iterator[Phase]:
        """What is asked inside is asked for ``name``."""
        outer, self._phase = self._phase, Phase(name, keep and self.book is not None)
        if self._phase.keep and self.book is not None:
            self._phase.earlier_seconds = self.book.seconds(name)
        self._done[name] = self._phase
        try:
            yield self._phase
        finally:
            self._phase = outer

    def check(self) -> None:
        """Whether anything may be asked.

        Raises:
            BudgetSpent: If the budget is used up, saying how to go on.
        """
        try:
            self.affordable()
        except BudgetSpent as error:
            kept = 0 if self.book is None else len(self.book)
            raise BudgetSpent(
                f"{error} Raise the budget and run again: the {kept:,} answers that this run has are kept."
            ) from None

    def affordable(self) -> None:
        """Whether another request may be sent.

        Raises:
            BudgetSpent: If the budget is used up.
        """
        if self._purse is not None:
            self._purse.check()

    def client(self, client: LLMClient) -> LLMClient:
        """The client, its answers kept and counted."""
        trial = client.asked_on_connecting()
        if trial is not None:
            self.count(trial)
        return KeepingClient(client, self)

    def count(self, answer: Answer) -> None:
        """Count an answer as asked for."""
        if self._purse is not None:
            self._purse.add(answer)

    def current(self) -> Phase:
        """The phase that is under way."""
        return self._phase

    def notes(self, documents: int) -> list[str]:
        """Sentences about earlier attempts, for the report.

        Args:
            documents: Test documents.
        """
        notes = []
        test = self._done.get("test", Phase("test", keep=False)).kept
        others = sum(phase.kept for phase in self._done.values()) - test
        if test or others:
            more = f", and {others:,} others" if others else ""
            notes.append(
                f"{test:,} of {documents:,} answers to test documents{more} were kept from an attempt that "
                "was interrupted and not asked for again. Throughput counts the time of all attempts."
            )
        if self.book is not None and self.book.damaged:
            notes.append(
                f"{self.book.damaged:,} answers kept from an earlier attempt were damaged; they were dropped."
            )
        return notes

    def finish(self) -> None:
        """The run is stored: what was kept of it is removed."""
        if self.book is not None:
            self.book.remove()

    def close(self) -> None:
        """Close files."""
        for part in (self.book, self._purse):
            if part is not None:
                part.close()


class KeepingClient(LLMClient):
    """Takes answers of earlier attempts where there are any, and asks another client for the rest."""

    def __init__(self, client: LLMClient, asking: Asking) -> None:
        self.model, self.location = client.model, client.location
        self._client, self._asking = client, asking

    def choose(self, prompts: Sequence[Prompt], choices: Sequence[str], method: Method) -> list[Answer]:
        """Answer each prompt with one of ``choices``."""
        return self._ask(
            prompts, ["choices", *choices, method], lambda some: self._client.choose(some, choices, method)
        )

    def compose(
        self, prompts: Sequence[Prompt], schema: Mapping[str, Any], method: Method, most_tokens: int
    ) -> list[Answer]:
        """Answer each prompt with JSON, as text."""
        return self._ask(
            prompts,
            ["schema", schema, most_tokens, method],
            lambda some: self._client.compose(some, schema, method, most_tokens),
        )

    def _ask(
        self,
        prompts: Sequence[Prompt],
        question: list[Any],
        ask: Callable[[Sequence[Prompt]], list[Answer]],
    ) -> list[Answer]:
        phase, book = self._asking.current(), self._asking.book
        keys: list[str] = []
        found: list[Answer | None] = [None] * len(prompts)
        if phase.keep and book is not None:
            keys = phase.keys.of([phase.name, question, self._client.determinants()], prompts)
            found = [book.get(key) for key in keys]
            phase.kept += sum(answer is not None for answer in found)
        rest = [i for i, answer in enumerate(found) if answer is None]
        if rest:
            watch = _Kept(self._asking, self._client, phase, [keys[i] for i in rest] if keys else [])
            self._client.watch = watch
            try:
                watch.before()
                answers = ask([prompts[i] for i in rest])
                for place, (i, answer) in enumerate(zip(rest, answers, strict=True)):
                    found[i] = answer
                    if answer.error is None and place not in watch.told:
                        watch.after(place, answer)  # a client that tells nothing must not escape a budget
            except BudgetSpent:
                self._asking.check()  # says it again, with the answers that were still under way
                raise
            finally:
                self._client.watch = Watch()
        return [answer for answer in found if answer is not None]

    def model_bytes(self) -> int | None:
        """Size of the weights, where known."""
        return self._client.model_bytes()

    def parameters(self) -> int | None:
        """Number of weights, where known."""
        return self._client.parameters()

    def facts(self) -> dict[str, Any]:
        """What the server says of itself, in earlier attempts too."""
        book, now = self._asking.book, self._client.facts()
        return now if book is None else book.facts(now)


class _Kept(Watch):
    """Keeps and counts the answers of one call as they arrive."""

    def __init__(self, asking: Asking, client: LLMClient, phase: Phase, keys: list[str]) -> None:
        self._asking, self._client, self._phase, self._keys = asking, client, phase, keys
        self.told: set[int] = set()

    def before(self) -> None:
        self._asking.affordable()

    def after(self, place: int, answer: Answer) -> None:
        self.told.add(place)
        self._asking.count(answer)
        book = self._asking.book
        # A fault that may pass is no answer: it is asked again.
        if self._keys and book is not None and not answer.passing:
            seconds = time.perf_counter() - self._phase.started
            book.put(self._phase.name, self._keys[place], answer, seconds, self._client.facts())
