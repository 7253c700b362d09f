"""What every task has: scores that are functions of sums, and its own forms of gold and prediction."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from evalsets import plugins
from evalsets.errors import DecideError
from evalsets.explain import did_you_mean
from evalsets.options import Options
from evalsets.tasks.reader import Reader


@dataclass(frozen=True)
class LabelScore:
    """Precision, recall and F1 of one label; ``support`` counts its gold items."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int


class Lack(NamedTuple):
    """Why nothing can be learned from gold annotations, and what to do about it."""

    problem: str
    remedy: str


class Task(ABC):
    """A task owns its label schema, its metric and its score per item.

    A new task is one file that subclasses this, names its reader and is registered by
    :func:`register_task`. Subclasses are frozen dataclasses whose fields are what :meth:`to_json` gives.

    A prediction is a value of the same form as gold, or ``None`` where an arm gave no usable answer,
    which always counts as wrong.
    """

    kind: ClassVar[str]
    metrics: ClassVar[tuple[str, ...]]
    """Names of the metrics, the default first."""
    noun: ClassVar[str] = "label"
    """What messages call the things that :attr:`labels` names."""
    reader: ClassVar[type[Reader]]
    """Reads the task's rows."""
    paths: ClassVar[tuple[str, ...]] = ()
    """Settings that may name a file."""
    labels: tuple[str, ...]
    """What scores are also given for one by one: labels, entity types or fields."""
    metric: str

    @abstractmethod
    def item_statistics(self, gold: Sequence[Any], predicted: Sequence[Any]) -> NDArray[np.float64]:
        """Counts of each item whose sums determine the metric, shape ``(n, k)``.

        Every metric used here (accuracy, the F1 family) is a function of sums over items. That makes
        a bootstrap one matrix product, and a permutation test two.
        """

    @abstractmethod
    def score_from_statistics(self, totals: NDArray[np.float64]) -> NDArray[np.float64]:
        """The metric for sums of item statistics, shape ``(..., k)`` to ``(...)``, between 0 and 1."""

    @abstractmethod
    def item_scores(self, gold: Sequence[Any], predicted: Sequence[Any]) -> NDArray[np.float64]:
        """Score of each item, shape ``(n,)``, between 0 and 1; 1 only where nothing is wrong."""

    @abstractmethod
    def per_label(self, gold: Sequence[Any], predicted: Sequence[Any]) -> list[LabelScore]:
        """Precision, recall and F1 of each of :attr:`labels`; an undefined ratio is 0."""

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """Plain data that determines the task; the inverse of :func:`task_from_json`."""

    @classmethod
    def kinds(cls) -> tuple[str, ...]:
        """Its kind and those of the tasks that it is derived from, its own first.

        A task derived from another has gold annotations of the same form: what does the other does it too.
        """
        found = [base.__dict__["kind"] for base in cls.__mro__ if "kind" in base.__dict__]
        return tuple(dict.fromkeys(found))

    @classmethod
    @abstractmethod
    def labels_in(cls, gold: Any) -> tuple[str, ...]:
        """The labels that occur in a gold annotation, each as often as it occurs."""

    @classmethod
    @abstractmethod
    def lack(cls, golds: Sequence[Any]) -> Lack | None:
        """Why training rows with these annotations teach nothing, if so."""

    def score(self, gold: Sequence[Any], predicted: Sequence[Any]) -> float:
        """The task's metric, between 0 and 1, of ``predicted`` against ``gold`` (same length)."""
        return float(self.score_from_statistics(self.item_statistics(gold, predicted).sum(axis=0)))

    def scores(self, gold: Sequence[Any], predicted: Sequence[Any]) -> dict[str, float]:
        """Every metric the task has, by name."""
        return {m: replace(self, metric=m).score(gold, predicted) for m in self.metrics}  # type: ignore[type-var]

    def confusion(self, gold: Sequence[Any], predicted: Sequence[Any]) -> NDArray[np.int64] | None:
        """Counts, shape ``(labels, labels + 1)``: gold by predicted, the last column "no answer".

        ``None`` for tasks in which an item has not exactly one label.
        """
        return None

    @classmethod
    def to_plain(cls, value: Any) -> Any:
        """Gold or prediction as JSON-able data, equal for equal values; ``None`` stays ``None``."""
        return value

    @classmethod
    def from_plain(cls, value: Any) -> Any:
        """The inverse of :meth:`to_plain`."""
        return value

    @classmethod
    def show(cls, value: Any, text: str = "") -> str:
        """Gold or prediction in a few words for a reader, given the text it belongs to."""
        return str(value)

    @classmethod
    def key(cls, value: Any) -> str:
        """What two annotations share exactly if they are equal."""
        plain = cls.to_plain(value)
        return plain if isinstance(plain, str) else json.dumps(plain, sort_keys=True, ensure_ascii=False)

    @classmethod
    def strata(cls, golds: Sequence[Any]) -> list[str]:
        """For each annotation what a split is stratified by: the rarest label in it, or ``""``."""
        counts = Counter(label for gold in golds for label in cls.labels_in(gold))
        return [
            min(cls.labels_in(gold), key=lambda label: (counts[label], label), default="") for gold in golds
        ]


class LabelTask(Task):
    """A task whose schema is a set of labels, each with a description; what its dataclasses share."""

    descriptions: Mapping[str, str]

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", tuple(self.labels))
        check_metric(self)
        descriptions = ordered_descriptions(self.descriptions, self.labels, self.noun)
        object.__setattr__(self, "descriptions", descriptions)

    def to_json(self) -> dict[str, Any]:
        """Kind, labels, descriptions and metric."""
        return {
            "kind": self.kind,
            "labels": list(self.labels),
            "descriptions": dict(self.descriptions),
            "metric": self.metric,
        }


TASKS: dict[str, type[Task]] = {}
T = TypeVar("T", bound=type[Task])


def register_task(task: T) -> T:
    """Make a task known by its ``kind``; usable as a decorator.

    Raises:
        ValueError: If another class already has that kind.
    """
    if TASKS.get(task.kind, task).__qualname__ != task.__qualname__:
        raise ValueError(f"Task {task.kind!r} is already registered by {TASKS[task.kind].__qualname__}")
    TASKS[task.kind] = task
    return task


def task_class(kind: Any) -> type[Task]:
    """The task of a kind.

    Raises:
        DecideError: If the kind is not registered.
    """
    plugins.load()
    if not isinstance(kind, str) or kind not in TASKS:
        near = did_you_mean(kind, TASKS)
        known = f"Known tasks: {', '.join(sorted(TASKS))}.{plugins.lacking()}"
        raise DecideError(f"Unknown task {kind!r}.{near} {known}")
    return TASKS[kind]


def nearest(kinds: Iterable[str], known: Container[str]) -> str | None:
    """The first of a task's :meth:`Task.kinds` that is known, ``None`` if none is."""
    return next((kind for kind in kinds if kind in known), None)


def task_from_json(data: Mapping[str, Any]) -> Task:
    """The task that :meth:`Task.to_json` described.

    Raises:
        DecideError: If the kind is not registered.
    """
    fields = dict(data)
    return task_class(fields.pop("kind", None))(**fields)


def reader_of(options: Options) -> Reader:
    """What reads the rows of the options' task.

    Raises:
        DecideError: If the task or one of its settings is unknown.
    """
    return task_class(options.task).reader(options)


def check_metric(task: Task) -> None:
    """Refuse a metric that the task does not have.

    Raises:
        DecideError: Naming those it has.
    """
    if task.metric not in task.metrics:
        known = f"{', '.join(task.metrics[:-1])} or {task.metrics[-1]}"
        raise DecideError(f"Unknown metric {task.metric!r} for {task.kind}. Use {known}.")


def ordered_descriptions(given: Mapping[str, str], names: Sequence[str], noun: str) -> dict[str, str]:
    """Descriptions in the order of the names: equal descriptions must give equal hashes.

    Raises:
        DecideError: If one describes a name that there is not.
    """
    unknown = sorted(set(given) - set(names))
    if unknown:
        raise DecideError(
            f"label_descriptions names {unknown[0]!r}, which is not a {noun} of the data. "
            f"{noun.capitalize()}s are: {', '.join(names)}."
        )
    return {name: given[name] for name in names if name in given}


def label_set(values: Iterable[str]) -> tuple[str, ...]:
    """Labels in alphabetical order, or in numerical order where all are integers.

    >>> label_set(["10", "2", "2"]), label_set(["b", "a"])
    (('2', '10'), ('a', 'b'))
    """
    distinct = set(values)
    numeric = all(value.removeprefix("-").isdecimal() for value in distinct)
    return tuple(sorted(distinct, key=int) if numeric else sorted(distinct))
