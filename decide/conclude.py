"""From what was run to a comparison: statistics, recommendation, and how each figure was computed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from arms.base import Arm
from decide import economics, statistics, training_advice
from decide.brief import Brief
from decide.budget import Spending
from decide.comparison import ArmResult, Comparison, DataSummary
from decide.domain_gap.report import GapReport
from decide.environment import environment
from decide.latency import LATENCY_SECONDS, MAX_LATENCY_CALLS
from decide.protocols import stability, threshold
from decide.protocols.injection_words import advice as injection_advice
from decide.protocols.plan import Plan, ProtocolResults
from decide.protocols.records import CascadeResult
from decide.recommend import METHOD as RULE
from decide.recommend import Case, Evidence, recommendation, sensitivity
from decide.recommend.right import draws_with_right
from decide.run import Run
from decide.rungs import find_rungs, next_steps
from decide.source import hash_of_test
from decide.workload import Workload
from evalsets import EvalSet, Split

METHOD = {
    "score": "Each run is scored once on the test set; dev picks hyperparameters, epochs and prompts.",
    "latency": (
        f"Warm latency: up to {MAX_LATENCY_CALLS} single documents of dev and train one after another "
        f"(at most about {LATENCY_SECONDS:.0f} s an arm), after warm-up calls. Throughput: all "
        f"test documents at "
        "once, after that."
    ),
    "memory": "Peak resident memory of the arm's own process and the servers it started.",
    **statistics.METHOD,
    **RULE,
}


@dataclass(frozen=True)
class Made:
    """What was run and measured, before any conclusion.

    Args:
        finished: Arms that finished, cascades among them, with their runs.
        results: A result of every arm, in the order of the arms.
        cascades: The curves of cascades.
        protocols: What the protocols found.
        gap: The domain gap, if measured.
        gap_missing: Why it was not.
        where: Where the runs were made, in a sentence; empty for this machine.
        hosts: Machines that all texts were sent to for that.
    """

    finished: list[tuple[Arm, list[Run]]]
    results: list[ArmResult]
    cascades: list[CascadeResult]
    protocols: ProtocolResults
    gap: GapReport | None
    gap_missing: str
    where: str
    hosts: Sequence[str]


# Long for the fields of the record, one a line.
def conclude(
    data: EvalSet,
    workload: Workload,
    seeds: Sequence[int],
    plan: Plan,
    made: Made,
    *,
    title: str | None,
    brief: Brief | None,
    spending: Spending | None,
    started: float,
) -> Comparison:
    """Statistics over the finished arms, what adaptation gained, and the recommendation.

    Args:
        data: The evaluation set.
        workload: What production needs.
        seeds: Seeds of the comparison.
        plan: The protocols that were asked for.
        made: What was run and measured.
        title: Title of the report.
        brief: Client and questions.
        spending: What answers of language models have cost.
        started: Reading of the performance counter when the comparison began.
    """
    gold, groups, found = data.test.labels, data.test.groups, made.protocols
    answers = [[run.answers(data.task) for run in runs] for _, runs in made.finished]
    scored = [
        statistics.scored(arm.label, data.task, gold, of_seeds)
        for (arm, _), of_seeds in zip(made.finished, answers, strict=True)
    ]
    right = None
    if workload.error_usd is None:
        draws = statistics.bootstrap(data.task, scored, groups)
    else:
        draws, right = draws_with_right(data.task, gold, scored, answers, groups)
    intervals = {s.name: statistics.score_interval(data.task, s, groups) for s in scored}
    results = [
        r if r.score is None else r.model_copy(update={"score": intervals[r.name]}) for r in made.results
    ]
    pairs = statistics.compare_pairs(data.task, scored, groups, margin=workload.margin)
    rungs = find_rungs(results, pairs)
    level = None if made.gap is None else made.gap.severity.level
    case = Case(Evidence.of(results, draws, pairs, items=len(gold), right=right), workload)
    answer = recommendation(case, level)
    steps = [*answer.next_steps, *next_steps(rungs, results, made.gap)]
    steps += training_advice.advice(answer.arm, results)
    steps += stability.advice(found.stability, answer.arm)
    steps += injection_advice(found.injection, answer.arm, results)
    return Comparison(
        title=title or f"Which approach for {data.name}?",
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        data=summarise(data),
        workload=workload,
        assumptions=economics.assumptions(workload, results),
        seeds=list(seeds),
        arms=results,
        pairs=pairs,
        rungs=rungs,
        break_evens=economics.break_evens(results, workload),
        sensitivity=sensitivity(case),
        gap=made.gap,
        gap_missing=made.gap_missing,
        cascades=made.cascades,
        learning_curve=found.learning_curve,
        generalisation=found.generalisation,
        robustness=found.robustness,
        injection=found.injection,
        stability=found.stability,
        brief=brief,
        spending=spending,
        recommendation=answer.model_copy(update={"next_steps": steps}),
        environment=environment(),
        method=_method(plan, made),
        wall_seconds=time.perf_counter() - started,
    )


def _method(plan: Plan, made: Made) -> dict[str, str]:
    """How each figure was computed, in words."""
    method = {**METHOD, **plan.method()}
    method |= {"cascades": threshold.METHOD} if made.cascades else {}
    return method | ({"executor": made.where} if made.where else {})


def summarise(data: EvalSet) -> DataSummary:
    """The evaluation set as the report describes it, without its texts."""
    splits: dict[str, Split] = {"train": data.train, "dev": data.dev, "test": data.test}
    return DataSummary(
        name=data.name,
        synthetic=data.synthetic,
        task=data.task.to_json(),
        metric=data.task.metric,
        labels=list(data.task.labels),
        train=len(data.train),
        dev=len(data.dev),
        test=len(data.test),
        unlabeled=data.unlabeled is not None,
        groups={name: dict(Counter(s.groups)) for name, s in splits.items() if s.groups is not None},
        label_counts={
            name: dict(Counter(label for gold in s.labels for label in data.task.labels_in(gold)))
            for name, s in splits.items()
        },
        content_hash=data.content_hash,
        test_hash=hash_of_test(data),
        notes=list(data.notes),
    )
