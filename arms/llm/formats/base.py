"""The form of a task's answers: what the model should write, and what is made of what it wrote."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

import numpy as np

from arms.base import ArmError
from arms.llm.base import Answer, LLMClient, Method, Prompt, Server
from evalsets import Split, Task
from evalsets.tasks import nearest

Example = tuple[str, str]
"""A text and what the model should write for it."""


@dataclass(frozen=True)
class Reading:
    """What an answer says.

    Args:
        value: The prediction, ``None`` if there is none.
        error: Why there is none.
        counts: What was found wrong or mended on the way, by name.
    """

    value: Any
    error: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)


class AnswerFormat(ABC):
    """How one task is put to a language model.

    A new form of task is one file that subclasses this, carries :func:`register_format` and is imported in
    ``arms/llm/formats/__init__.py``, and one template of the task's kind in ``arms/prompts``.

    Args:
        task: The task.
        train: What the model learns from; bounds of answers are taken from its gold annotations.
        most_tokens: Most tokens of an answer; by default what train's longest needs and a margin.
    """

    kind: ClassVar[str]
    """The task's kind."""
    spaced: ClassVar[bool] = False
    """Whether an answer starts with a space where a model has no chat template."""
    structured: ClassVar[bool] = False
    """Whether answers are JSON."""
    counted: ClassVar[tuple[str, ...]] = ()
    """Counts that are reported even where they are 0."""

    def __init__(self, task: Task, train: Split | None = None, most_tokens: int | None = None) -> None:
        self.task, self.train, self.most_tokens = task, train, most_tokens

    @abstractmethod
    def methods(self, server: Server) -> tuple[Method, ...]:
        """Methods by which ``server`` can answer, the preferred one first."""

    @abstractmethod
    def variables(self) -> dict[str, Any]:
        """What prompt templates may show of the task."""

    @abstractmethod
    def target(self, text: str, gold: Any) -> str:
        """What a model should write for ``text``."""

    @abstractmethod
    def ask(self, client: LLMClient, prompts: Sequence[Prompt], method: Method) -> list[Answer]:
        """The client's answers to prompts."""

    @abstractmethod
    def read(self, answer: Answer, text: str) -> Reading:
        """What an answer says of ``text``. Nothing is guessed."""

    def facts(self) -> dict[str, Any]:
        """What is worth reporting of the format itself."""
        return {}

    def notes(self, counts: Mapping[str, int]) -> list[str]:
        """Sentences about what :attr:`Reading.counts` add up to, for the report."""
        return []

    def lack(self, server: Server, method: Method) -> str | None:
        """Why ``server`` cannot hold a model to the format as well as it might, if so."""
        return None

    def pick(self, train: Split, shots: int, seed: int) -> tuple[Example, ...]:
        """Worked examples from train: ``shots`` that show each label (fewer where train has fewer).

        See :meth:`picked` for how they are taken.
        """
        chosen = self.picked(train, shots, seed)
        return tuple((train.texts[i], self.target(train.texts[i], train.labels[i])) for i in chosen)

    def picked(self, train: Split, shots: int, seed: int) -> list[int]:
        """The items of train that are worked examples, in the order they are shown.

        Taken in an order made by ``seed``, an item whenever one of its labels is still short; one with no
        label at all shows that there may be none. They are dealt out in turns over the labels.
        """
        rng = np.random.default_rng(seed)
        shown: Counter[str] = Counter()
        taken: dict[str, list[int]] = defaultdict(list)
        for i in rng.permutation(len(train)) if shots else ():
            labels = sorted(set(self.task.labels_in(train.labels[i]))) or [""]
            short = next((label for label in labels if shown[label] < shots), None)
            if short is not None:
                taken[short].append(int(i))
                shown.update(labels)
        return [
            taken[label][turn]
            for turn in range(max(map(len, taken.values()), default=0))
            for label in sorted(taken)
            if turn < len(taken[label])
        ]

    def how_picked(self, train: Split, shots: int, seed: int) -> str:
        """How the worked examples were chosen, for the record of a run."""
        items = self.picked(train, shots, seed)
        if not items:
            return "none"
        places = ", ".join(map(str, items))
        return (
            f"{shots} that show each label, taken from train in an order made by seed {seed}: "
            f"items {places} (counted from 0)"
        )

    def described_labels(self) -> list[dict[str, str]]:
        """Each label with its description, empty where there is none."""
        descriptions: Mapping[str, str] = getattr(self.task, "descriptions", {})
        return [{"name": label, "description": descriptions.get(label, "")} for label in self.task.labels]


FORMATS: dict[str, type[AnswerFormat]] = {}
F = TypeVar("F", bound=type[AnswerFormat])


def register_format(cls: F) -> F:
    """Make a format known by its task's kind; usable as a decorator."""
    FORMATS[cls.kind] = cls
    return cls


def format_of(task: Task, train: Split | None = None, most_tokens: int | None = None) -> AnswerFormat:
    """The format of a task's answers.

    Raises:
        ArmError: If there is none for its kind.
    """
    kind = nearest(task.kinds(), FORMATS)
    if kind is None:
        raise ArmError(f"Language models cannot do {task.kind}; they do {', '.join(sorted(FORMATS))}.")
    return FORMATS[kind](task, train, most_tokens)
