"""One arm × seed on one evaluation set: executed, measured, recorded."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from pydantic import Field

from arms.base import Arm, FitContext, FitRecord, Predictions
from arms.device import accelerators, cores, hardware
from arms.llm.asking import Asking
from decide.conditions import conditions
from decide.energy import Energy, EnergyReading, Meter, meter
from decide.environment import versions
from decide.injection.asking import ask
from decide.injection.goals import goal_of
from decide.injection.settings import Injections
from decide.latency import (
    LATENCY_SECONDS,
    MAX_LATENCY_CALLS,
    MIN_LATENCY_CALLS,
    Timing,
    measure_latency,
    summarise_latency,
)
from decide.perturbations.base import Perturbation, perturb_split
from decide.privacy import network
from decide.privacy.flows import Watched
from decide.privacy.memorisation import TRAINED, trained_sample
from decide.privacy.records import NetworkGuard, TrainedSample
from decide.records import Record
from decide.units import Place, here
from evalsets import EvalSet, Task
from evalsets.plugins import versions_of

RUN_FORMAT = 3
PERTURBATION_SEED = 0


@dataclass(frozen=True)
class Measure:
    """What a run measures beside its predictions of dev and test.

    Args:
        calls: Most single documents that latency is measured on.
        seconds: About how long that may take.
        perturbations: What the test texts are also predicted under.
        repeat: Number of the repetition of a run; 0 is the run itself. A repetition trains anew and
            predicts test alone.
        energy: Where the machine stands, if energy is measured.
        injections: Attacks by instructions in test documents, if those are measured.
        trained: Most training texts that a trained model is asked about, to see what it remembers.
    """

    calls: int = MAX_LATENCY_CALLS
    seconds: float = LATENCY_SECONDS
    perturbations: tuple[Perturbation, ...] = ()
    repeat: int = 0
    energy: Energy | None = None
    trained: int = TRAINED
    injections: Injections | None = None

    def parts(self) -> list[Any]:
        """What a run's key holds of this; nothing where it is the default."""
        speed = [self.calls, self.seconds]
        found: list[Any] = [] if speed == [MAX_LATENCY_CALLS, LATENCY_SECONDS] else [speed]
        if self.repeat:
            found.append({"repeat": self.repeat})
        if self.energy is not None:
            found.append("energy")
        if self.injections is not None:
            found.append({"injections": self.injections.config()})
        damage = [p.config() for p in self.perturbations]
        return [*found, damage, PERTURBATION_SEED] if damage else found


DEFAULT = Measure()
QUICK = Measure(calls=MIN_LATENCY_CALLS, seconds=5.0, trained=0)
"""For runs whose speed is not reported."""


class Run(Record):
    """The record of one run; one file of the run directory.

    ``values`` and ``probabilities`` are of the test texts; those of dev serve what is chosen or fitted
    after the run (temperatures, thresholds). ``latency_ms`` holds the single measurements, ``perturbed`` the
    predictions of perturbed test texts by name of the perturbation.
    """

    key: str
    arm: str
    config: dict[str, Any]
    fingerprint: dict[str, str]
    seed: int
    data_hash: str
    values: list[Any]
    probabilities: list[list[float | None]] | None
    errors: list[str | None]
    dev_values: list[Any]
    dev_probabilities: list[list[float | None]] | None
    perturbed: dict[str, list[Any]]
    score: float
    phase_seconds: dict[str, float]
    timing: Timing
    latency_ms: list[float]
    peak_memory_mb: float
    destination: str
    remote: bool
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    parameters: int | None
    model_bytes: int | None
    facts: dict[str, Any]
    notes: list[str]
    versions: dict[str, str]
    created: str
    conditions: dict[str, Any] = Field(default={}, description="threads, number formats and the like")
    repeat: int = Field(default=0, description="number of the repetition, 0 for the run itself")
    energy: EnergyReading | None = None
    network: NetworkGuard | None = None
    texts_read: dict[str, int] = Field(default={}, description="distinct texts by where they are from")
    trained: TrainedSample | None = Field(default=None, description="of arms whose model may memorise")
    hostile: dict[str, list[Any]] = Field(default={}, description="answers by name of the attack")

    def answers(self, task: Task) -> list[Any]:
        """The predictions in the form the task scores; ``values`` holds them as plain data."""
        return [task.from_plain(value) for value in self.values]

    def dev_answers(self, task: Task) -> list[Any]:
        """The same for dev."""
        return [task.from_plain(value) for value in self.dev_values]


def run_key(
    arm: Arm, evalset: EvalSet, seed: int, measure: Measure = DEFAULT, place: Place | None = None
) -> str:
    """SHA-256 of everything that determines the run: arm, models, data, seed, versions, hardware, and
    environment variables that change how sums are computed, where any is set.

    Args:
        arm: The arm.
        evalset: The data.
        seed: The seed.
        measure: What is measured beside the predictions.
        place: Where the run is made; by default here.
    """
    place = place or here()
    parts = [RUN_FORMAT, arm.config(), arm.fingerprint(), evalset.content_hash, seed]
    parts += [versions(), place.hardware, *measure.parts()]
    if place.variables:
        parts.append(dict(place.variables))
    if plugins := _plugins(arm, evalset, measure):
        parts.append({"plugins": plugins})
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _plugins(arm: Arm, evalset: EvalSet, measure: Measure) -> dict[str, str]:
    """Versions of the plugins whose code this run executes; those of others do not change it."""
    goal = [] if measure.injections is None else [goal_of(evalset)]
    return versions_of([arm, getattr(arm, "server", None), evalset.task, *measure.perturbations, *goal])


@dataclass(frozen=True)
class _Answers:
    """What a fitted arm answered, in the order in which it was asked.

    Args:
        latency_ms: Of single documents.
        test: Predictions of the test texts.
        test_seconds: How long they took, with what an earlier attempt took for those it left behind.
        kept: How many an earlier attempt left behind.
        dev: Predictions of the dev texts; none in a repetition.
        dev_seconds: How long they took, likewise.
        perturbed: Predictions of perturbed test texts by name of the perturbation.
        trained: What it says of texts that it was trained on.
        hostile: Plain answers to hostile documents by name of the attack.
        hostile_texts: Those documents.
    """

    latency_ms: list[float]
    test: Predictions
    test_seconds: float
    kept: int
    dev: Predictions
    dev_seconds: float
    perturbed: dict[str, Predictions]
    trained: TrainedSample | None
    hostile: dict[str, list[Any]]
    hostile_texts: set[str]


# Long for the fields of the record, one a line.
def execute(
    arm: Arm,
    evalset: EvalSet,
    seed: int,
    context: FitContext,
    measure: Measure = DEFAULT,
    key: str | None = None,
) -> Run:
    """Fit the arm, time it, predict test once and score it, then predict dev once.

    Args:
        arm: The arm.
        evalset: The data.
        seed: The seed.
        context: Where the arm may keep files.
        measure: What is measured beside the predictions.
        key: The run's key where that is known; by default it is computed.

    Raises:
        ArmError: If the arm cannot be fitted.
        EnergyError: If energy is asked for and cannot be measured.
    """
    asking = context.asking or Asking()
    with PeakMemory() as memory, meter(measure.energy) as energy:
        with ExitStack() as stack:
            with energy.part("fit"), asking.phase("fit"):
                plain = stack.enter_context(arm.fit(evalset, seed, context))
            fitted = Watched(plain)
            answers = _asked(arm, fitted, plain.record, evalset, measure, asking, energy)
        record, location = plain.record, plain.location
        texts_read = fitted.counts(evalset, answers.hostile_texts)
        used = energy.reading(len(evalset.test) - answers.kept)
    task, test, dev = evalset.task, answers.test, answers.dev
    return Run(
        key=key or run_key(arm, evalset, seed, measure),
        arm=arm.label,
        config=arm.config(),
        fingerprint=arm.fingerprint(),
        seed=seed,
        data_hash=evalset.content_hash,
        values=[task.to_plain(value) for value in test.values],
        probabilities=test.plain_probabilities(),
        errors=test.errors,
        dev_values=[task.to_plain(value) for value in dev.values],
        dev_probabilities=dev.plain_probabilities(),
        perturbed={k: [task.to_plain(v) for v in p.values] for k, p in answers.perturbed.items()},
        score=task.score(evalset.test.labels, test.values),
        phase_seconds={**record.seconds, "test": answers.test_seconds, "dev": answers.dev_seconds},
        latency_ms=[float(f"{t:.5g}") for t in answers.latency_ms],
        timing=Timing(
            latency=summarise_latency(answers.latency_ms),
            documents_per_second=len(evalset.test) / max(answers.test_seconds, 1e-9),
            documents_timed=len(evalset.test),
            hardware=hardware() if not location.remote else f"{location.host} over the network",
        ),
        peak_memory_mb=memory.peak_bytes / 1e6,
        destination=location.host,
        remote=location.remote,
        input_tokens=test.input_tokens,
        cached_tokens=test.cached_tokens,
        output_tokens=test.output_tokens,
        parameters=record.parameters,
        model_bytes=record.model_bytes,
        facts=record.facts,
        notes=[*record.notes, *asking.notes(len(evalset.test))],
        versions=versions() | _plugins(arm, evalset, measure),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        conditions={**conditions(), **_machine(arm)},
        repeat=measure.repeat,
        energy=used,
        network=network.record(),
        texts_read=texts_read,
        trained=answers.trained,
        hostile=answers.hostile,
    )


def _asked(
    arm: Arm,
    fitted: Watched,
    record: FitRecord,
    evalset: EvalSet,
    measure: Measure,
    asking: Asking,
    energy: Meter,
) -> _Answers:
    """Everything that a fitted arm is asked in a run; what is timed comes first."""
    with asking.phase("latency", keep=False):
        times = measure_latency(fitted, evalset, arm.label, measure.calls, measure.seconds)
    with energy.part("test"), asking.phase("test") as answers:
        started = time.perf_counter()
        test = fitted.predict(evalset.test.texts)
        # With what earlier attempts took for the answers that are not asked for again.
        seconds = time.perf_counter() - started + answers.earlier_seconds
    # After test, so that a server's cache of dev prompts cannot speed test up.
    with asking.phase("dev") as dev_answers:
        started = time.perf_counter()
        dev = Predictions([]) if measure.repeat else fitted.predict(evalset.dev.texts)
        dev_seconds = time.perf_counter() - started + dev_answers.earlier_seconds
    perturbed = {}
    for damage in measure.perturbations:
        with asking.phase(f"perturbed by {damage.name}"):
            perturbed[damage.name] = fitted.predict(_damaged(evalset, damage))
    with asking.phase("trained"):
        trained = trained_sample(arm, fitted, evalset, measure.trained)
    with asking.phase("hostile documents"):
        hostile, hostile_texts = ask(fitted, record, evalset, measure.injections)
    return _Answers(
        latency_ms=times,
        test=test,
        test_seconds=seconds,
        kept=answers.kept,
        dev=dev,
        dev_seconds=dev_seconds,
        perturbed=perturbed,
        trained=trained,
        hostile=hostile,
        hostile_texts=hostile_texts,
    )


def _machine(arm: Arm) -> dict[str, int]:
    """What of the machine the arm could use, for its price."""
    return {"cores": cores(), "accelerators": accelerators() if arm.wants_gpu() else 0}


def _damaged(evalset: EvalSet, perturbation: Perturbation) -> tuple[str, ...]:
    """The test texts under a perturbation."""
    return perturb_split(evalset.test, perturbation, evalset.task.kinds()[-1], PERTURBATION_SEED).split.texts


class PeakMemory:
    """Largest resident memory of this process and its children while the context is open, in bytes."""

    def __init__(self, interval_s: float = 0.05) -> None:
        self.peak_bytes = 0
        self._interval = interval_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._sample()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._sample()

    def _watch(self) -> None:
        while not self._stop.wait(self._interval):
            self._sample()

    def _sample(self) -> None:
        import psutil

        me = psutil.Process()
        total = 0
        for process in (me, *me.children(recursive=True)):
            try:
                total += process.memory_info().rss
            except psutil.Error:
                continue
        self.peak_bytes = max(self.peak_bytes, total)
