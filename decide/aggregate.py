"""The runs of one arm, put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from arms.base import Arm
from decide import statistics
from decide.comparison import (
    ArmResult,
    Cost,
    DataFlow,
    ErrorExample,
    GroupResult,
    LabelResult,
)
from decide.economics import cost_of
from decide.economics.energy import energy_of
from decide.latency import Latency, Timing
from decide.privacy.flows import flows_of, provider_of, redaction_of
from decide.privacy.network import merged
from decide.protocols.calibration import calibrate
from decide.records import Estimate
from decide.run import Run
from decide.workload import Workload
from evalsets import EvalSet

EXAMPLES = 8
Answers = Sequence[Any]
"""Predictions of the test texts by one run, in the form the task scores."""


# Long for the fields of the record, one a line.
def result_of(
    arm: Arm,
    runs: Sequence[Run],
    data: EvalSet,
    workload: Workload,
    cached: bool,
    *,
    cost: Cost | None = None,
) -> ArmResult:
    """Everything measured of one arm over its seeds; the interval of the score is added later.

    Args:
        arm: The arm.
        runs: Its runs, one a seed.
        data: The evaluation set.
        workload: Prices and volume.
        cached: Whether all runs were read from the run directory.
        cost: Its cost, if that is not what the runs measured.
    """
    first, answers = runs[0], [run.answers(data.task) for run in runs]
    documents = sum(run.timing.documents_timed for run in runs)
    tokens_in, tokens_out = sum(r.input_tokens for r in runs), sum(r.output_tokens for r in runs)
    energy = energy_of(runs, workload)
    calibration, calibration_missing = calibrate(arm.label, runs, data)
    reasons = Counter(e.split("\n")[0][:120] for run in runs for e in run.errors if e)
    return ArmResult(
        name=arm.label,
        kind=arm.kind,
        summary=arm.summary(),
        config=arm.config(),
        seeds=[run.seed for run in runs],
        score=Estimate(value=float(np.mean([run.score for run in runs]))),
        seed_scores=[run.score for run in runs],
        other_scores=_other_scores(answers, data),
        groups=_groups(arm, answers, data),
        labels=_labels(answers, data),
        confusion=_confusion(answers, data),
        unanswered=float(np.mean([sum(v is None for v in run.values) for run in runs])),
        unanswered_reasons=dict(reasons.most_common(10)),
        phase_seconds=_phase_seconds(runs),
        timing=_timing(runs),
        cost=cost or cost_of(arm, runs, data, workload),
        energy=energy.use,
        energy_missing=energy.missing,
        data_flow=_data_flow(arm, runs),
        peak_memory_mb=max(run.peak_memory_mb for run in runs),
        model_mb=None if first.model_bytes is None else first.model_bytes / 1e6,
        parameters=first.parameters,
        input_tokens_per_document=tokens_in / documents if tokens_in else None,
        output_tokens_per_document=tokens_out / documents if tokens_out else None,
        examples=_examples(first, answers[0], data),
        calibration=calibration,
        calibration_missing=calibration_missing,
        facts=first.facts,
        notes=list(dict.fromkeys(note for run in runs for note in run.notes)),
        fingerprint=first.fingerprint,
        run_keys=[run.key for run in runs],
        cached=cached,
        seed_facts=_seed_facts(runs),
        conditions=first.conditions,
    )


def _phase_seconds(runs: Sequence[Run]) -> dict[str, float]:
    """Wall time of each phase, mean over seeds."""
    phases = dict.fromkeys(phase for run in runs for phase in run.phase_seconds)
    return {phase: float(np.mean([run.phase_seconds.get(phase, 0.0) for run in runs])) for phase in phases}


def _data_flow(arm: Arm, runs: Sequence[Run]) -> DataFlow:
    """Where texts went in the runs, and what kept them from going elsewhere."""
    return DataFlow(
        destinations=sorted({run.destination for run in runs}),
        leaves=any(run.remote for run in runs),
        guard=merged(run.network for run in runs),
        flows=flows_of(arm, [run.texts_read for run in runs]),
        provider=provider_of(arm),
        redaction=redaction_of(arm),
    )


def _seed_facts(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """For each seed, the facts that differ between seeds, such as prompts with other worked examples."""
    names = dict.fromkeys(name for run in runs for name in run.facts)
    differ = [n for n in names if any(run.facts.get(n) != runs[0].facts.get(n) for run in runs)]
    return [{name: run.facts.get(name) for name in differ} for run in runs] if differ else []


def _timing(runs: Sequence[Run]) -> Timing:
    """Means over seeds; the calls are added up."""
    latencies = [run.timing.latency for run in runs]
    return Timing(
        latency=Latency(
            p50_ms=float(np.mean([x.p50_ms for x in latencies])),
            p95_ms=float(np.mean([x.p95_ms for x in latencies])),
            p99_ms=float(np.mean([x.p99_ms for x in latencies])),
            calls=sum(x.calls for x in latencies),
        ),
        documents_per_second=float(np.mean([run.timing.documents_per_second for run in runs])),
        documents_timed=sum(run.timing.documents_timed for run in runs),
        hardware=runs[0].timing.hardware,
    )


def _labels(answers: Sequence[Answers], data: EvalSet) -> list[LabelResult]:
    tables = [data.task.per_label(data.test.labels, one) for one in answers]
    return [
        LabelResult(
            label=column[0].label,
            precision=float(np.mean([x.precision for x in column])),
            recall=float(np.mean([x.recall for x in column])),
            f1=float(np.mean([x.f1 for x in column])),
            support=column[0].support,
        )
        for column in zip(*tables, strict=True)
    ]


def _confusion(answers: Sequence[Answers], data: EvalSet) -> list[list[float]]:
    tables = [data.task.confusion(data.test.labels, one) for one in answers]
    counts = [table for table in tables if table is not None]
    return [[float(v) for v in row] for row in np.mean(counts, axis=0)] if counts else []


def _other_scores(answers: Sequence[Answers], data: EvalSet) -> dict[str, float]:
    """The task's metrics besides the one that decides, means over seeds."""
    tables = [data.task.scores(data.test.labels, one) for one in answers]
    return {name: float(np.mean([t[name] for t in tables])) for name in tables[0] if name != data.task.metric}


def _groups(arm: Arm, answers: Sequence[Answers], data: EvalSet) -> list[GroupResult]:
    """Score on each group of test with its interval over items and seeds."""
    if data.test.groups is None:
        return []
    seen = set(data.train.groups or ())
    results = []
    for group in sorted(set(data.test.groups)):
        items = [i for i, g in enumerate(data.test.groups) if g == group]
        gold = [data.test.labels[i] for i in items]
        part = statistics.scored(arm.label, data.task, gold, [[a[i] for i in items] for a in answers])
        score = statistics.score_interval(data.task, part)
        results.append(GroupResult(group=group, seen=group in seen, items=len(items), score=score))
    return results


def _examples(run: Run, answers: Answers, data: EvalSet) -> list[ErrorExample]:
    """Wrong answers of the first seed, the most confident of each gold label in turn."""
    test, task = data.test, data.task
    found: list[int] = []
    scores, strata = task.item_scores(test.labels, answers), task.strata(test.labels)
    by_label: dict[str, list[tuple[float, int]]] = {}
    for i in np.flatnonzero(scores < 1):
        probability = _probability(run, int(i))
        by_label.setdefault(strata[i], []).append((-(probability or 0.0), int(i)))
    queues = [sorted(queue) for _, queue in sorted(by_label.items())]
    turn = 0
    while len(found) < EXAMPLES and any(turn < len(q) for q in queues):
        found += [q[turn][1] for q in queues if turn < len(q)]
        turn += 1
    return [
        ErrorExample(
            item=i,
            text=test.texts[i],
            gold=task.show(test.labels[i], test.texts[i]),
            predicted=None if answers[i] is None else task.show(answers[i], test.texts[i]),
            probability=_probability(run, i),
            group=None if test.groups is None else test.groups[i],
            reason=run.errors[i],
        )
        for i in found[:EXAMPLES]
    ]


def _probability(run: Run, item: int) -> float | None:
    """The probability the arm gave its own answer, where it has one."""
    if run.probabilities is None or run.values[item] is None:
        return None
    known = [p for p in run.probabilities[item] if p is not None]
    return max(known) if known else None
