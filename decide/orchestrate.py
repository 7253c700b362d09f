"""The main job: run every arm on one evaluation set and decide."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Literal

from arms.base import Arm, ArmError
from arms.cascade import Cascade
from decide import economics
from decide.aggregate import result_of
from decide.arguments import check_arguments, seeds_from
from decide.brief import Brief
from decide.budget import Budget, check_budget, spending_of
from decide.comparison import ArmResult, Comparison
from decide.conclude import Made, conclude
from decide.domain_gap.report import GapReport
from decide.events import Event, Guarded, Hook, ignore
from decide.executors import Executor, Local
from decide.injection.settings import Wanted as Attacks
from decide.measured_gap import gap_of
from decide.overwrite import Overwrite, check_overwrite, since_of
from decide.perturbations.base import Wanted as Damage
from decide.privacy.assemble import privacy_of
from decide.privacy.licences import check_licences
from decide.privacy.network import access_of
from decide.privacy.pii import Wanted as PiiWanted
from decide.privacy.pii import checked as check_search
from decide.protocols.cascades import check_cascades, with_cascades, without_result
from decide.protocols.plan import Plan
from decide.run import Measure, Run
from decide.runner import OpenRunner, Runner, explain, seeds_of
from decide.store import RunStore
from decide.terms import Terms
from decide.units import Part
from decide.workload import Workload
from evalsets import EvalSet

__all__ = ["Event", "compare", "refusal"]


# Long for its documentation: every argument is the user's.
def compare(
    data: EvalSet,
    arms: Sequence[Arm],
    *,
    workload: Workload | None = None,
    seeds: int | Sequence[int] = 3,
    run_dir: str | Path | None = None,
    title: str | None = None,
    gap: bool | GapReport | None = None,
    label_budgets: Sequence[int] | None = None,
    held_out_groups: Literal["each"] | Sequence[str] | None = None,
    perturbations: Damage = None,
    injections: Attacks = None,
    repeats: int = 1,
    pii: PiiWanted = None,
    licences: Mapping[str, str] | None = None,
    brief: Brief | None = None,
    budget: Budget | None = None,
    overwrite: Overwrite = "only-missing",
    isolate: bool = True,
    executor: Executor | None = None,
    on_event: Hook = ignore,
) -> Comparison:
    """Run every arm on ``data`` and say which to ship.

    Finished runs are kept in ``run_dir`` and not repeated as long as arm, models, data, seed, library
    versions and machine stay the same.

    Args:
        data: The evaluation set.
        arms: Approaches to compare, with distinct names.
        workload: What production needs; the default allows no text to leave the machine.
        seeds: Number of seeds (0, 1, …) or the seeds themselves. Arms without randomness run once.
        run_dir: Where runs are kept; by default a temporary folder that is removed.
        title: Title of the report.
        gap: Whether to measure the domain gap of the encoder before the arms start. By default it is
            measured if an arm adapts its encoder; with ``True``, if any arm has an encoder. A report that
            :func:`decide.gap` gave is taken as it is. If it cannot be measured, the comparison goes on and
            says why.
        label_budgets: Numbers of labels, such as ``(50, 100, 200)``, at which the arms that learn from
            labels are also run: how many labels are worth it? They count train and dev together. The
            subsets are nested, stratified and the same for all arms; each seed draws its own.
        held_out_groups: Groups to hold out of training in turn, or ``"each"`` for all that train or dev
            has: how do arms fare on sources they did not learn from? Each group means one more run of
            every arm and seed. Groups that only test has are reported without this.
        perturbations: Damage under which the test texts are also predicted: names such as ``("case", "ocr",
            "typos", "whitespace", "dates", "abbreviations")``, perturbations of
            :mod:`decide.perturbations` with their settings, or ``"all"``.
        injections: Attacks by instructions that are put into test documents: how often do they steer the
            answer? ``"all"``, names of attacks, or :class:`decide.Injections`. Every arm and seed answers up
            to 50 documents again under each attack.
        repeats: How often the first seed of each arm is run, from the start: do the answers and the score
            stay the same? 1 does not measure it. Each further number means one more run of every arm, and
            every prompt asked once more.
        pii: Whether to count personal data in the texts, with presidio (the extra ``privacy``). By default if
            an arm would send texts to another machine; a :class:`~decide.privacy.pii.PiiSearch` says what is
            looked for. A report that :func:`decide.find_pii` gave is taken as it is.
        licences: Licences of models by their name in the arms, where their files do not state one.
        brief: Client and questions, shown on the first page of the report.
        budget: The most that answers of language models may cost in money or tokens, over all attempts in
            ``run_dir``. When it is used up, the arms that would ask for more fail with what was spent and how
            to go on; the others finish.
        overwrite: What is done with results that ``run_dir`` has. ``only-missing`` computes what is not
            there. ``all`` computes everything anew and replaces each file when the new one is whole;
            started again after an interruption it begins from the start. ``never`` computes nothing: an arm
            whose runs are not all there fails and says so.
        isolate: Whether each arm, and the measurement of the gap, runs in a process of its own. Without,
            memory figures include whatever this process holds, and only Python's sockets of the arm's threads
            are kept from reaching machines it did not declare.
        executor: Where runs are made; by default here, one after another. :class:`decide.Ray` spreads them
            over a cluster, always isolated. The gap is measured here in any case.
        on_event: Called as the gap, the arms and their runs start and finish. If it raises, that is reported
            once and the comparison goes on.

    Returns:
        The comparison; arms that failed or were refused are in it with the reason.

    Raises:
        ArmError: If two arms have the same name, there is none, one is no arm, a cascade names no arm, or
            ``seeds`` are no seeds.
        DecideError: If data or workload are something else, a label budget, a held-out group, a perturbation
            or an attack cannot be had from the data, ``repeats`` is below 1, ``overwrite`` is no known word,
            the run directory cannot be written, or the workload asks for energy and it cannot be measured.
    """
    on_event = Guarded(on_event)
    started = time.perf_counter()
    check_arguments(data, arms, workload)
    workload = workload or Workload()
    numbers = seeds_from(seeds)
    check_cascades(arms)
    check_licences(licences, arms)
    check_search(pii)
    budget = check_budget(budget)
    check_overwrite(overwrite)
    plan = Plan.checked(
        data,
        label_budgets=label_budgets,
        held_out_groups=held_out_groups,
        perturbations=perturbations,
        repeats=repeats,
        injections=injections,
    )
    economics.check_workload(workload)
    with ExitStack() as stack:
        if run_dir is None:
            run_dir = stack.enter_context(tempfile.TemporaryDirectory(prefix="decide-"))
        store = RunStore(Path(run_dir), since_of(overwrite))
        store.tidy()
        hour_usd = economics.machine_hour(workload.prices)[0]
        where, terms = executor or Local(isolate), Terms(budget, workload.prices)
        made_by = Runner(store, where, on_event, hour_usd, workload.text_may_leave, terms, overwrite)
        runner = stack.enter_context(made_by.open())
        made = _made(arms, data, workload, numbers, plan, gap, store, runner, isolate, overwrite != "never")
        spending = spending_of(store.folder, budget)
    comparison = conclude(
        data, workload, numbers, plan, made, title=title, brief=brief, spending=spending, started=started
    )
    runs_of = {arm.label: runs for arm, runs in made.finished}
    privacy = privacy_of(
        arms, runs_of, comparison.arms, comparison.pairs, data, workload, pii, licences, made.hosts
    )
    return comparison.model_copy(update={"privacy": privacy})


def _made(
    arms: Sequence[Arm],
    data: EvalSet,
    workload: Workload,
    seeds: Sequence[int],
    plan: Plan,
    gap: bool | GapReport | None,
    store: RunStore,
    runner: OpenRunner,
    isolate: bool,
    compute: bool,
) -> Made:
    """Run every arm that may run, and everything else that was asked for."""
    refusals = {arm.label: refusal(arm, data, workload) for arm in arms}
    measure = replace(plan.measure(), energy=workload.energy)
    able = [arm for arm in arms if not isinstance(arm, Cascade) and not refusals[arm.label]]
    plan.start(able, data, seeds, measure, runner)
    report, gap_missing = gap_of(
        data,
        sorted(arms, key=lambda arm: refusals[arm.label] is not None),
        gap,
        store,
        isolate=isolate,
        tell=lambda kind, model, **more: runner.on_event(Event(kind, model, **more)),
        compute=compute,
    )
    plain, results = _run(arms, data, workload, seeds, measure, refusals, runner)
    finished, results, cascades = with_cascades(
        arms, plain, results, refusals, data, workload, runner.on_event
    )
    protocols = plan.results(plain, finished, data, workload, seeds, runner)
    return Made(
        finished,
        results,
        cascades,
        protocols,
        report,
        gap_missing,
        runner.site.note(),
        runner.site.hosts(),
    )


def _run(
    arms: Sequence[Arm],
    data: EvalSet,
    workload: Workload,
    seeds: Sequence[int],
    measure: Measure,
    refusals: Mapping[str, str | None],
    runner: OpenRunner,
) -> tuple[list[tuple[Arm, list[Run]]], list[ArmResult]]:
    """The arms that finished with their runs, and a result of every arm but cascades."""
    finished: list[tuple[Arm, list[Run]]] = []
    results: list[ArmResult] = []
    for arm in (arm for arm in arms if not isinstance(arm, Cascade)):
        why = refusals[arm.label]
        if why:
            runner.on_event(Event("arm_refused", arm.label, why))
            results.append(without_result(arm, "refused", why))
            continue
        try:
            runs, cached = runner.runs_of(arm, [Part(data, seed) for seed in seeds_of(arm, seeds)], measure)
        except Exception as error:
            message = explain(error)
            runner.on_event(Event("arm_failed", arm.label, message))
            results.append(without_result(arm, "failed", message))
            continue
        finished.append((arm, runs))
        results.append(result_of(arm, runs, data, workload, cached))
    return finished, results


def refusal(arm: Arm, data: EvalSet, workload: Workload) -> str | None:
    """Why an arm may not or cannot run, known before anything slow; ``None`` if it can."""
    try:
        access_of(arm, workload.text_may_leave)
        arm.check(data)
        economics.check_prices(arm, workload)
    except ArmError as error:
        return str(error)
    return None
