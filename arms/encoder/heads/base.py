"""The contract of a head: targets, loss and decoding of one task, and the registry of heads."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from arms.base import ArmError, Predictions
from arms.encoder.bio import IGNORED
from arms.encoder.windows import Windows
from arms.models import quiet
from evalsets import Split, Task
from evalsets.tasks import nearest

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Logits:
    """What a model says of texts, their windows put together.

    Args:
        texts: Of whole texts, shape ``(n, k)``, ``k`` being 0 for heads over tokens alone.
        tokens: Of the tokens of each text, shape ``(tokens, k)``; empty for heads over whole texts alone.
    """

    texts: Floats
    tokens: list[Floats]


class Targets(NamedTuple):
    """What a head learns of each text.

    Args:
        texts: Of whole texts, shape ``(n,)`` or ``(n, k)``.
        tokens: Of the tokens of each text, shape ``(tokens,)``, ``IGNORED`` where nothing is learned.
    """

    texts: NDArray[Any] | None
    tokens: list[NDArray[np.int64]] | None

    def of_rows(self, windows: Windows) -> Targets:
        """The same for windows: a token is learned where it has most context, a text from all of it."""
        texts = None if self.texts is None else self.texts[windows.texts()]
        if self.tokens is None:
            return Targets(texts, None)
        rows = []
        for row, place in zip(windows.rows, windows.places, strict=True):
            target = np.full(len(row), IGNORED, dtype=np.int64)
            first = windows.lead + place.own - place.start
            own = self.tokens[place.text][place.own : place.own_stop]
            target[first : first + len(own)] = own
            rows.append(target)
        return Targets(texts, rows)


class Batch(NamedTuple):
    """Tensors of one training step.

    Args:
        text_logits: Shape ``(batch, k)``.
        token_logits: Shape ``(batch, longest, k)``.
        text_targets: Of the windows' texts, shape ``(batch,)`` or ``(batch, k)``.
        token_targets: Shape ``(batch, longest)``.
        weights: Of each window, so that a text counts once however many windows it has; shape ``(batch,)``.
        weight: Sum of the weights of the whole step, where this is a part of one; the losses of the parts
            then add up to the loss of the step.
        learned: Tokens learned from in the whole step, likewise.
    """

    text_logits: Any
    token_logits: Any
    text_targets: Any
    token_targets: Any
    weights: Any
    weight: Any = None
    learned: int | None = None

    def weighed(self, losses: Any) -> Any:
        """The mean of losses of windows under their weights, shape ``(batch,)`` to a scalar."""
        return (losses * self.weights).sum() / (self.weights.sum() if self.weight is None else self.weight)


class Head(ABC):
    """How one task is learned and decoded. Immutable; made by :meth:`learn`, finished by :meth:`chosen`."""

    kind: ClassVar[str]
    """The kind of task."""
    task: Task
    needs_offsets: ClassVar[bool] = False
    """Whether characters of tokens must be known, which only fast tokenizers say."""
    first_token: ClassVar[bool] = False
    """Whether a model of transformers with this head may read the first token alone behind its last layer."""

    @classmethod
    @abstractmethod
    def learn(cls, task: Task, train: Split, windows: Windows) -> Self:
        """The head for a task, with what has to be known of train before training.

        Raises:
            ArmError: If train cannot be learned from.
        """

    @abstractmethod
    def model(self, folder: Path) -> Any:
        """A new model from the encoder in ``folder``, its head freshly initialised, in float32."""

    @abstractmethod
    def forward(self, model: Any, ids: Any, mask: Any) -> tuple[Any, Any]:
        """Logits of texts and of tokens, ``None`` for what the head does not have."""

    @abstractmethod
    def targets(self, split: Split, windows: Windows) -> Targets:
        """What to learn of each text."""

    @abstractmethod
    def loss(self, batch: Batch) -> Any:
        """The loss of a training step, or of a part of one: a mean over the whole step."""

    @abstractmethod
    def predict(self, logits: Logits, windows: Windows, texts: Sequence[str]) -> Predictions:
        """Predictions in the form the task scores."""

    def chosen(self, logits: Logits, windows: Windows, dev: Split) -> Self:
        """The head with what dev decides beyond epoch and learning rate; by default nothing."""
        return self

    def facts(self) -> dict[str, Any]:
        """Measurements for the record of the run."""
        return {}

    def notes(self) -> list[str]:
        """Sentences for the report."""
        return []


HEADS: dict[str, type[Head]] = {}
H = TypeVar("H", bound=type[Head])


def register_head(head: H) -> H:
    """Make a head known by the kind of its task; usable as a decorator."""
    HEADS[head.kind] = head
    return head


def head_class(task: Task) -> type[Head]:
    """The head of a task.

    Raises:
        ArmError: If encoders cannot do the task.
    """
    kind = nearest(task.kinds(), HEADS)
    if kind is None:
        raise ArmError(f"Encoders cannot do {task.kind}; they do {', '.join(sorted(HEADS))}.")
    return HEADS[kind]


def with_head(folder: Path, auto: str, labels: Sequence[str], **settings: Any) -> Any:
    """The encoder in ``folder`` with a fresh head of transformers.

    Args:
        folder: Model folder with safetensors weights.
        auto: Which class of transformers, such as ``AutoModelForTokenClassification``.
        labels: Names of the outputs.
        settings: Further settings of the model's configuration.
    """
    import torch
    import transformers

    with quiet():
        return getattr(transformers, auto).from_pretrained(
            folder,
            num_labels=len(labels),
            id2label=dict(enumerate(labels)),
            label2id={label: i for i, label in enumerate(labels)},
            use_safetensors=True,
            trust_remote_code=False,
            dtype=torch.float32,
            **settings,
        )
