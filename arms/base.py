"""The contract of an arm: plain data that can be fitted, giving something that predicts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from evalsets import DecideError, EvalSet
from evalsets.tasks import nearest

if TYPE_CHECKING:
    from arms.llm.asking import Asking
    from arms.llm.provider import ProviderProfile
    from arms.pii import Recognition

THIS_MACHINE = "this machine"


class ArmError(DecideError):
    """An arm that cannot run, or failed; the message says what to do about it."""


@dataclass(frozen=True)
class Location:
    """Where texts go when an arm predicts.

    Args:
        host: ``"this machine"`` or the host name texts are sent to.
        remote: Whether that is another machine.
    """

    host: str = THIS_MACHINE
    remote: bool = False


@dataclass
class Predictions:
    """What an arm answered, in the order of the texts.

    Args:
        values: One prediction a text; ``None`` where the arm gave no usable answer.
        probabilities: Shape ``(n, labels)``, NaN rows where unanswered, or ``None`` if the arm has none.
            Rows sum to 1 where a text has one label; of several, each has a probability of its own.
        errors: For each text, why there is no answer, or ``None``.
        input_tokens: Tokens sent to a language model, over all texts.
        cached_tokens: Those of them that the server reported as read from its cache.
        output_tokens: Tokens it generated, over all texts.
    """

    values: list[Any]
    probabilities: NDArray[np.float64] | None = None
    errors: list[str | None] = field(default_factory=list)
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0

    def __post_init__(self) -> None:
        if not self.errors:
            self.errors = [None] * len(self.values)

    def plain_probabilities(self) -> list[list[float | None]] | None:
        """Probabilities as JSON-able data to six significant digits, which their logarithms need."""
        if self.probabilities is None:
            return None
        return [[None if np.isnan(p) else float(f"{p:.6g}") for p in row] for row in self.probabilities]


@dataclass
class FitRecord:
    """What fitting did, for the record of the run.

    Args:
        seconds: Wall time of each phase, such as ``adaptation`` and ``training``.
        facts: Measurements worth reporting, by name (numbers, strings, lists of them).
        notes: Sentences the report shows as they are.
        parameters: Number of weights of the model that predicts.
        model_bytes: Size on disk of what must be deployed.
        examples: Training texts that are shown to the model with every text it answers.
        tried_examples: Those that were shown while fitting, where more were tried.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    parameters: int | None = None
    model_bytes: int | None = None
    examples: int = 0
    tried_examples: int = 0


class FittedArm(ABC):
    """An arm ready to predict. A context manager: leaving it frees models and servers."""

    record: FitRecord
    location: Location = Location()

    @abstractmethod
    def predict(self, texts: Sequence[str]) -> Predictions:
        """Predict all texts as fast as the arm can; with one text, its latency is what a caller waits."""

    def close(self) -> None:
        """Free what the arm holds. Called once; the default holds nothing."""
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass
class FitContext:
    """Where an arm may keep files.

    Args:
        artifacts: A folder of this run directory for checkpoints and adapters, kept between runs.
            An arm writes below it under a key of its own and renames into place when whole
            (:mod:`arms.artifacts`).
        on_phase: Called with the name of each phase as it starts.
        hour_usd: Price of an hour of this machine, for a statement of cost before it arises; 0 if unknown.
        asking: What language models are asked through: it keeps their answers and a budget.
        since: Seconds since the epoch; files kept earlier are not used but made again.
    """

    artifacts: Path
    on_phase: Callable[[str], None] = lambda phase: None
    hour_usd: float = 0.0
    asking: Asking | None = None
    since: float = 0.0


def plain(value: Any) -> Any:
    """A setting as JSON-able data; settings that are objects describe themselves by ``config()``."""
    if hasattr(value, "config") and callable(value.config):
        return value.config()
    if isinstance(value, tuple | list):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, Path):
        return str(value)
    return value


class Arm(ABC):
    """One approach, described by plain data.

    Subclasses are frozen pydantic dataclasses registered with :func:`arms.registry.register_arm`.
    A field ``name`` (optional for the user) tells arms of one comparison apart.
    """

    kind: ClassVar[str]
    tasks: ClassVar[tuple[str, ...]] = ("text_classification",)
    """Kinds of task the arm can do; with them it does those derived from them."""
    keeps: ClassVar[str] = ""
    """What of the training texts is in what is shipped, in a sentence for the report."""
    keeps_verbatim: ClassVar[bool] = False
    """Whether that can be read from it as it was written."""
    memorises: ClassVar[bool] = False
    """Whether a model is trained on the texts, so that it is worth measuring what it remembers of them."""
    reads_instructions: ClassVar[bool] = False
    """Whether what reads the texts can take words in them for instructions, as language models do."""
    name: str | None

    @property
    def label(self) -> str:
        """The name shown: the user's, or one made from the arm's settings."""
        return self.name or self.default_name()

    @abstractmethod
    def default_name(self) -> str:
        """A short name made from the settings."""

    @abstractmethod
    def summary(self) -> str:
        """One sentence for the report: what this arm does."""

    def stochastic(self) -> bool:
        """Whether the seed changes the result; a deterministic arm runs once for all seeds."""
        return True

    def config(self) -> dict[str, Any]:
        """Everything the user can set, as JSON-able data without secrets, ``name`` left out."""
        settings = {
            f.name: plain(getattr(self, f.name))
            for f in fields(self)  # type: ignore[arg-type]
            if f.name != "name"
        }
        return {"kind": self.kind, **settings}

    def wants_gpu(self) -> bool:
        """Whether it gains from a GPU of the machine that runs it."""
        return False

    def labels_used(self, evalset: EvalSet) -> int:
        """Labelled documents that the arm learns from or chooses on."""
        return len(evalset.train) + len(evalset.dev)

    def fingerprint(self) -> dict[str, str]:
        """Content hashes of everything outside the settings that determines the result (models).

        Taken before the arm runs. What must be downloaded is downloaded here, for a running arm reaches no
        machine but those of :meth:`destinations`.
        """
        return {}

    def unpinned(self) -> str | None:
        """Why what answers may change although the settings do not; ``None`` where it cannot."""
        return None

    def destinations(self) -> tuple[Location, ...]:
        """Where texts would go, known before anything runs; nothing else can be reached by the running arm.

        A server that already runs on this machine is ``Location("localhost")``. With ``Location()`` the arm
        keeps to its own processes and is started without any network where the system can do that.
        """
        return (Location(),)

    def provider(self) -> ProviderProfile | None:
        """What the user states of whoever receives the texts."""
        return None

    def redaction(self) -> Recognition | None:
        """What is replaced in texts before a model sees them; ``None`` for nothing."""
        return None

    def what_is_kept(self) -> tuple[str, bool]:
        """What of the training texts is in what is shipped, and whether verbatim."""
        return self.keeps, self.keeps_verbatim

    def check(self, evalset: EvalSet) -> None:
        """Refuse, before anything slow starts, what cannot work.

        Raises:
            ArmError: Saying why and what to do.
        """
        if nearest(evalset.task.kinds(), self.tasks) is None:
            raise ArmError(
                f"{self.label} cannot do {evalset.task.kind}; it does {', '.join(self.tasks)}. "
                "Leave the arm out of this comparison."
            )

    @abstractmethod
    def fit(self, evalset: EvalSet, seed: int, context: FitContext) -> FittedArm:
        """Learn from train, choose on dev; never look at test.

        Raises:
            ArmError: If fitting fails for a reason the user can mend.
        """
