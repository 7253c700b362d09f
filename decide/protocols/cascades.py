"""Cascades put together from the recorded runs of their parts; nothing is run for them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from arms.base import Arm, ArmError
from arms.cascade import Cascade
from decide.aggregate import result_of
from decide.comparison import ArmResult, DataFlow
from decide.events import Event, Hook
from decide.latency import Timing, summarise_latency
from decide.privacy.network import merged
from decide.protocols.calibration import temperature_of
from decide.protocols.mixture import Pair, confidence, latency_quantiles, mixed_cost
from decide.protocols.records import CascadePoint, CascadeResult
from decide.protocols.threshold import pick_threshold
from decide.run import Run
from decide.workload import Workload
from evalsets import EvalSet, TextClassification

T = TypeVar("T")

GRID = 21
"""Points of the curve over the share of documents that go on."""
LATENCY_POINTS = 199
"""Quantiles that stand for the distribution of latency in the record of a cascade's run."""


def check_cascades(arms: Sequence[Arm]) -> None:
    """Refuse cascades whose parts are not arms of the comparison.

    Raises:
        ArmError: Naming the part and the arms there are.
    """
    plain = [arm.label for arm in arms if not isinstance(arm, Cascade)]
    for arm in arms:
        if not isinstance(arm, Cascade):
            continue
        for part in (arm.first, arm.then):
            if part not in plain:
                raise ArmError(
                    f"Cascade {arm.label!r}: no arm is called {part!r}. Its parts must be compared along "
                    f"with it, and cannot be cascades themselves. Arms are: {', '.join(plain) or 'none'}."
                )
        if arm.first == arm.then:
            raise ArmError(f"Cascade {arm.label!r}: both parts are {arm.first!r}. Name two different arms.")


def build_cascade(
    arm: Cascade,
    results: Mapping[str, ArmResult],
    runs: Mapping[str, Sequence[Run]],
    data: EvalSet,
    workload: Workload,
) -> tuple[list[Run], ArmResult, CascadeResult]:
    """Runs, result and curve of a cascade.

    Args:
        arm: The cascade.
        results: Results of all other arms by name.
        runs: Runs of those that finished.
        data: The evaluation set.
        workload: What production needs.

    Raises:
        ArmError: If a part has no result, or the first states no probabilities; the message is the reason.
    """
    for part in (arm.first, arm.then):
        if results[part].status != "ok":
            raise ArmError(f"Its part {part} has no result: {results[part].failure}")
    first, then = runs[arm.first], runs[arm.then]
    if any(run.probabilities is None or run.dev_probabilities is None for run in first):
        raise ArmError(
            f"{arm.first} states no probabilities, so that it cannot say where it is sure. "
            "Put an arm with probabilities first."
        )
    try:
        temperatures = [temperature_of(run, data) for run in first]
    except ValueError as error:
        raise ArmError(
            f"{arm.first} answered no document of dev, so that no threshold can be picked."
        ) from error
    return _Builder(arm, results, first, then, temperatures, data, workload).build()


def with_cascades(
    arms: Sequence[Arm],
    finished: Sequence[tuple[Arm, list[Run]]],
    results: Sequence[ArmResult],
    refusals: Mapping[str, str | None],
    data: EvalSet,
    workload: Workload,
    on_event: Hook,
) -> tuple[list[tuple[Arm, list[Run]]], list[ArmResult], list[CascadeResult]]:
    """Finished arms and results with the cascades among them, in the order of ``arms``, and their curves.

    A cascade of which a part was refused or failed, or whose first part is never sure, is refused, too.
    """
    by_name = {result.name: result for result in results}
    runs = {arm.label: made for arm, made in finished}
    plain, curves = dict(by_name), []
    for arm in arms:
        if not isinstance(arm, Cascade):
            continue
        try:
            why = refusals[arm.label]
            if why:
                raise ArmError(why)
            made, result, curve = build_cascade(arm, plain, runs, data, workload)
        except ArmError as error:
            on_event(Event("arm_refused", arm.label, str(error)))
            by_name[arm.label] = without_result(arm, "refused", str(error))
            continue
        on_event(Event("arm_finished", arm.label))
        runs[arm.label], by_name[arm.label] = made, result
        curves.append(curve)
    done = [(arm, runs[arm.label]) for arm in arms if arm.label in runs]
    return done, [by_name[arm.label] for arm in arms], curves


def without_result(arm: Arm, status: Literal["failed", "refused"], why: str) -> ArmResult:
    """The result of an arm that has none, with the reason."""
    return ArmResult(
        name=arm.label, kind=arm.kind, summary=arm.summary(), config=arm.config(), status=status, failure=why
    )


class _Builder:
    def __init__(
        self,
        arm: Cascade,
        results: Mapping[str, ArmResult],
        first: Sequence[Run],
        then: Sequence[Run],
        temperatures: Sequence[float],
        data: EvalSet,
        workload: Workload,
    ) -> None:
        assert isinstance(data.task, TextClassification)
        self.arm, self.data, self.task, self.workload = arm, data, data.task, workload
        self.parts = results[arm.first], results[arm.then]
        # An arm without randomness ran once and stands beside every seed of the other.
        count = max(len(first), len(then))
        self.pairs = [(first[i % len(first)], then[i % len(then)]) for i in range(count)]
        self.seeds = [(a if len(first) == count else b).seed for a, b in self.pairs]
        costs = [part.cost for part in self.parts]
        assert costs[0] is not None
        assert costs[1] is not None
        self.costs = costs[0], costs[1]
        self.temperatures = [temperatures[i % len(first)] for i in range(count)]
        self.thresholds: list[float] = []
        self.on_dev: list[float] = []
        self.on_test: list[float] = []

    def build(self) -> tuple[list[Run], ArmResult, CascadeResult]:
        """Everything, seed by seed and then together."""
        runs = [self._run(i) for i in range(len(self.pairs))]
        deferral = float(np.mean(self.on_test))
        cost = mixed_cost(*self.costs, deferral, self.workload)
        flows = [part.data_flow for part in self.parts]
        result = result_of(self.arm, runs, self.data, self.workload, False, cost=cost).model_copy(
            update={
                "data_flow": DataFlow(
                    destinations=sorted({d for flow in flows if flow for d in flow.destinations}),
                    leaves=any(flow.leaves for flow in flows if flow),
                    guard=merged(flow.guard for flow in flows if flow),
                    provider=next((flow.provider for flow in flows if flow and flow.leaves), None),
                ),
                "cached": all(part.cached for part in self.parts),
            }
        )
        return runs, result, self._record(result, deferral)

    def _run(self, i: int) -> Run:
        """The cascade's predictions of one seed, as a run."""
        first, then = self.pairs[i]
        temperature, task = self.temperatures[i], self.task
        dev = Pair.of(task, self.data.dev.labels, first, then, temperature, dev=True)
        prices = self.costs[0].per_1000_usd, self.costs[1].per_1000_usd
        threshold, share = pick_threshold(dev, first, then, prices, self.workload)
        assert first.probabilities is not None
        passed = confidence(first.probabilities, first.answers(task), temperature) < threshold
        dev_passed = dev.confidence < threshold
        self.thresholds.append(threshold)
        self.on_dev.append(share)
        self.on_test.append(float(passed.mean()))
        values = _mix(first.values, then.values, passed)
        times = latency_quantiles(
            first.latency_ms, then.latency_ms, self.on_test[-1], np.linspace(0.0025, 0.9975, LATENCY_POINTS)
        ).tolist()
        facts = {
            "threshold": threshold,
            "temperature": temperature,
            "deferral_dev": share,
            "deferral_test": self.on_test[-1],
        }
        return first.model_copy(
            update={
                "key": hashlib.sha256(f"cascade {first.key} {then.key} {threshold!r}".encode()).hexdigest(),
                "arm": self.arm.label,
                "config": self.arm.config(),
                "fingerprint": {**first.fingerprint, **then.fingerprint},
                "seed": self.seeds[i],
                "values": values,
                "errors": _mix(first.errors, then.errors, passed),
                "probabilities": _mixed_rows(first.probabilities, then.probabilities, passed),
                "dev_values": _mix(first.dev_values, then.dev_values, dev_passed),
                "dev_probabilities": _mixed_rows(first.dev_probabilities, then.dev_probabilities, dev_passed),
                "perturbed": {},
                "hostile": {},
                # Measured of a part, or recorded of one: none of it is the cascade's.
                "energy": None,
                "network": None,
                "texts_read": {},
                "trained": None,
                "score": task.score(self.data.test.labels, [task.from_plain(v) for v in values]),
                "phase_seconds": _fitting_seconds(first, then),
                "timing": self._timing(first, then, self.on_test[-1], times),
                "latency_ms": times,
                "peak_memory_mb": first.peak_memory_mb + then.peak_memory_mb,
                "input_tokens": 0,
                "cached_tokens": 0,
                "output_tokens": 0,
                "parameters": _total(first.parameters, then.parameters),
                "model_bytes": _total(first.model_bytes, then.model_bytes),
                "facts": facts,
                "notes": [
                    "Put together from the runs of its parts; memory is that of both kept loaded at once."
                ],
            }
        )

    def _timing(self, first: Run, then: Run, deferral: float, times: Sequence[float]) -> Timing:
        a, b = first.timing, then.timing
        calls = a.latency.calls + b.latency.calls
        places = dict.fromkeys([a.hardware, b.hardware])
        return Timing(
            latency=summarise_latency(times).model_copy(update={"calls": calls}),
            documents_per_second=1 / (1 / a.documents_per_second + deferral / b.documents_per_second),
            documents_timed=a.documents_timed,
            hardware=" and ".join(places),
        )

    def _record(self, result: ArmResult, deferral: float) -> CascadeResult:
        assert result.score is not None
        assert result.cost is not None
        flows = [part.data_flow for part in self.parts]
        leaves = [flow is not None and flow.leaves for flow in flows]
        egress = 1.0 if leaves[0] else deferral if leaves[1] else 0.0
        return CascadeResult(
            arm=self.arm.label,
            first=self.arm.first,
            then=self.arm.then,
            thresholds=self.thresholds,
            temperatures=self.temperatures,
            deferral_dev=float(np.mean(self.on_dev)),
            deferral_test=deferral,
            egress_share=egress,
            curve=self._curve(),
            statement=self._statement(result, deferral, egress),
        )

    def _curve(self) -> list[CascadePoint]:
        """Score and cost on test at even shares of documents that go on, means over seeds."""
        gold, n = self.data.test.labels, len(self.data.test)
        counts = np.unique(np.round(np.linspace(0, n, GRID)).astype(np.int64))
        scores = np.mean(
            [
                Pair.of(self.task, gold, a, b, t, dev=False).score_when_deferring(counts)
                for (a, b), t in zip(self.pairs, self.temperatures, strict=True)
            ],
            axis=0,
        )
        latencies = [[x for run in part for x in run.latency_ms] for part in zip(*self.pairs, strict=True)]
        return [
            CascadePoint(
                deferral=float(c / n),
                per_1000_usd=self.costs[0].per_1000_usd + float(c / n) * self.costs[1].per_1000_usd,
                p95_ms=float(latency_quantiles(latencies[0], latencies[1], c / n, [0.95])[0]),
                score=float(s),
            )
            for c, s in zip(counts, scores, strict=True)
        ]

    def _statement(self, result: ArmResult, deferral: float, egress: float) -> str:
        assert result.score is not None
        assert result.cost is not None
        scores = [part.score.value for part in self.parts if part.score is not None]
        money = [_money(cost.per_1000_usd) for cost in (result.cost, *self.costs)]
        told = (
            f"{self.arm.first} answers {1 - deferral:.0%} of the documents and passes {deferral:.0%} on to "
            f"{self.arm.then}: score {result.score.value:.3f} against {scores[0]:.3f} and {scores[1]:.3f} of "
            f"the parts alone, for {money[0]} per 1,000 documents against {money[1]} and {money[2]}."
        )
        if egress:
            hosts = ", ".join(
                d
                for part in self.parts
                if part.data_flow is not None and part.data_flow.leaves
                for d in part.data_flow.destinations
            )
            told += f" {egress:.0%} of the documents go to {hosts}."
        return told


def _mix(first: Sequence[T], then: Sequence[T], passed: NDArray[np.bool_]) -> list[T]:
    return [b if on else a for a, b, on in zip(first, then, passed, strict=True)]


def _mixed_rows(
    first: Sequence[list[float | None]] | None,
    then: Sequence[list[float | None]] | None,
    passed: NDArray[np.bool_],
) -> list[list[float | None]] | None:
    """Probabilities of whoever answered; none if one part has none."""
    return None if first is None or then is None else _mix(first, then, passed)


def _fitting_seconds(first: Run, then: Run) -> dict[str, float]:
    """Wall time of the phases before predicting, of both parts together."""
    return {
        phase: first.phase_seconds.get(phase, 0.0) + then.phase_seconds.get(phase, 0.0)
        for phase in {**first.phase_seconds, **then.phase_seconds}
        if phase not in ("test", "dev")
    }


def _total(first: int | None, then: int | None) -> int | None:
    return None if first is None or then is None else first + then


def _money(usd: float) -> str:
    """US dollars in plain digits, to three that count."""
    if usd >= 0.01 or usd <= 0:
        return f"US${usd:,.2f}"
    return f"US${usd:.{2 - math.floor(math.log10(usd))}f}"
