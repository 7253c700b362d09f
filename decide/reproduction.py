"""Running the arms of a saved comparison again, and saying how far the results agree."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from arms.base import Arm, ArmError
from arms.cascade import Cascade
from arms.llm.masking import HIDDEN
from arms.registry import arm_from_config
from decide.agreement import ArmAgreement, Reproduction, agreement, environment_differences, worst
from decide.comparison import ArmResult, Comparison, load
from decide.engagement import read_data, read_engagement
from decide.environment import environment
from decide.events import Event, Guarded, Hook, ignore
from decide.executors import Local
from decide.orchestrate import refusal
from decide.run import QUICK, Run
from decide.runner import OpenRunner, Runner, explain
from decide.source import find_engagement
from decide.store import RunStore
from decide.units import Part
from evalsets import DecideError, EvalSet

_KEY = re.compile(r"[0-9a-f]{64}")
CASCADE = "it is put together from the runs of its parts; reproduce those"


def reproduce(
    comparison: Comparison | str | Path,
    *,
    arms: Sequence[str] | None = None,
    data: EvalSet | str | Path | None = None,
    seeds: Sequence[int] | None = None,
    text_may_leave: bool = False,
    isolate: bool = True,
    outside: bool = False,
    on_event: Hook = ignore,
) -> Reproduction:
    """Run arms of a saved comparison again and compare scores and predictions.

    The arms are rebuilt from their saved settings, so reproduce only comparisons that you trust as much as
    an engagement file: settings name models to load and interpreters to start. Nothing is read from earlier
    runs except to compare with; whatever the rerun makes is removed afterwards. What is reproduced is each
    arm's score and predictions on the whole data, not label budgets, held-out groups, costs or speed.

    Args:
        comparison: The comparison, or the file it was saved in. From a file, the data that it was made from
            are found again, and predictions are compared where its run directory is.
        arms: Names of the arms to run; by default all that have a result and can run by themselves.
        data: The data, or a YAML file with a ``data`` part, such as the engagement file.
        seeds: Which of the seeds to run; by default all that were run then.
        text_may_leave: Whether text may be sent to another machine. What the saved workload says of it does
            not count, as the file may come from elsewhere.
        isolate: Whether each arm runs in a process of its own.
        outside: Whether the engagement file may name files outside its own folder.
        on_event: Called as the arms start and finish.

    Raises:
        DecideError: If the data are not at hand or not those of the comparison, or an arm or seed is unknown.
    """
    file = None if isinstance(comparison, Comparison) else Path(comparison)
    saved = comparison if isinstance(comparison, Comparison) else load(comparison)
    chosen = _chosen(saved, arms)
    _check_seeds(chosen, seeds)
    found, named = _data(saved, file, data, outside)
    _check_data(saved, found)
    with tempfile.TemporaryDirectory(prefix="decide-") as folder:
        made = Runner(
            RunStore(Path(folder)), Local(isolate), Guarded(on_event), text_may_leave=text_may_leave
        )
        with made.open() as runner:
            rerun = _Rerun(saved, file, found, named, runner, seeds)
            records = [rerun.arm(result) for result in chosen]
    return Reproduction(
        title=saved.title,
        made=saved.created,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        data_hash=found.content_hash,
        differences=environment_differences(saved.environment, environment()),
        arms=records,
        verdict=worst(records),
    )


@dataclass(frozen=True)
class _Rerun:
    """Makes the runs of one arm after another."""

    saved: Comparison
    file: Path | None
    data: EvalSet
    named: Mapping[str, Arm]
    runner: OpenRunner
    seeds: Sequence[int] | None

    def arm(self, result: ArmResult) -> ArmAgreement:
        """An arm then and now; why not, if it cannot be run."""
        try:
            arm = _arm(result, self.named)
            wanted = [seed for seed in result.seeds if self.seeds is None or seed in self.seeds]
            left_out = _left_out(arm, self.data, self.saved, wanted, self.runner.text_may_leave)
            if left_out is not None:
                self.runner.on_event(Event("arm_refused", result.name, left_out.failure))
                return left_out
            # A repetition: nothing is chosen or fitted after the run, so dev need not be predicted.
            parts = [Part(self.data, seed) for seed in wanted]
            new, _ = self.runner.runs_of(arm, parts, replace(QUICK, repeat=1))
            old = _old_runs(result, wanted, self.file, self.saved)
            return agreement(result, old, new, self.data.task)
        except Exception as error:
            self.runner.on_event(Event("arm_failed", result.name, explain(error)))
            return ArmAgreement(arm=result.name, status="failed", failure=explain(error))


def _chosen(saved: Comparison, names: Sequence[str] | None) -> list[ArmResult]:
    """The arms to run.

    Raises:
        DecideError: If one is unknown, or has no result.
    """
    able = [arm for arm in saved.arms if arm.status == "ok"]
    if names is None:
        if not able:
            raise DecideError("No arm of this comparison has a result, so there is nothing to reproduce.")
        return able
    by_name = {arm.name: arm for arm in saved.arms}
    for name in names:
        if name not in by_name:
            raise DecideError(f"No arm is called {name!r}. Arms are: {', '.join(by_name)}.")
        if by_name[name].status != "ok":
            raise DecideError(f"{name} has no result to compare with: {by_name[name].failure}")
    return [by_name[name] for name in dict.fromkeys(names)]


def _check_seeds(chosen: Sequence[ArmResult], seeds: Sequence[int] | None) -> None:
    known = {seed for result in chosen for seed in result.seeds}
    unknown = set(seeds or ()) - known
    if unknown or (seeds is not None and not seeds):
        what = f"Seed {min(unknown)} was not run then." if unknown else "No seed to run with."
        raise DecideError(f"{what} Seeds are {', '.join(map(str, sorted(known)))}.")


def _left_out(
    arm: Arm, data: EvalSet, saved: Comparison, seeds: Sequence[int], text_may_leave: bool
) -> ArmAgreement | None:
    """The record of an arm that cannot or may not run, with the reason; ``None`` if it may."""
    if isinstance(arm, Cascade):
        return ArmAgreement(arm=arm.label, status="skipped", failure=CASCADE)
    if not seeds:
        return ArmAgreement(arm=arm.label, status="skipped", failure="it was run with none of these seeds")
    remote = [place.host for place in arm.destinations() if place.remote]
    why = None
    if remote and not text_may_leave:
        why = (
            f"It would send text to {', '.join(remote)}. Say so if that is allowed: text_may_leave=True, on "
            "the command line --text-may-leave."
        )
    workload = saved.workload.model_copy(update={"text_may_leave": text_may_leave})
    why = why or refusal(arm, data, workload)
    return None if why is None else ArmAgreement(arm=arm.label, status="refused", failure=why)


def _data(
    saved: Comparison, file: Path | None, given: EvalSet | str | Path | None, outside: bool
) -> tuple[EvalSet, Mapping[str, Arm]]:
    """The data, and arms by name from where they came from, if that names any.

    Raises:
        DecideError: If the data cannot be found.
    """
    if isinstance(given, EvalSet):
        return given, {}
    if given is not None:
        named: dict[str, Arm] = {}
        with contextlib.suppress(DecideError):  # a file with the data part alone will do
            named = {arm.label: arm for arm in read_engagement(Path(given), outside=outside).built_arms()}
        return read_data(Path(given), outside=outside), named
    if saved.source is not None and saved.source.kind == "demo":
        from decide.demo import demo_arms, demo_data

        return demo_data(), {arm.label: arm for arm in demo_arms()}
    if saved.source is None or file is None:
        raise DecideError(
            f"The comparison does not say where its data are ({saved.data.name}, content hash "
            f"{saved.data.content_hash[:12]}…). Give them as data (--data engagement.yaml)."
        )
    found = find_engagement(saved.source, file)
    engagement = read_engagement(found, outside=outside)
    return engagement.evalset(found.parent), {arm.label: arm for arm in engagement.built_arms()}


def _check_data(saved: Comparison, data: EvalSet) -> None:
    then = saved.data
    if data.content_hash == then.content_hash:
        return
    sizes = ", ".join(
        f"{name} {getattr(then, name):,} then and {len(getattr(data, name)):,} now"
        for name in ("train", "dev", "test")
    )
    raise DecideError(
        f"The data are not those of the comparison: content hash {then.content_hash[:12]}… then, "
        f"{data.content_hash[:12]}… now (documents: {sizes}; the task, its label descriptions and the "
        "unlabelled text count, too). Scores on other data cannot be compared; find the files as they were."
    )


def _arm(result: ArmResult, named: Mapping[str, Arm]) -> Arm:
    """The arm as it was, from its saved settings.

    Raises:
        ArmError: If they are not enough to build it.
    """
    arm = named.get(result.name)
    if arm is not None and _same_settings(arm, result):
        return arm
    if _holds(result.config, HIDDEN):
        raise ArmError(
            f"{result.name}: a setting that holds a secret was hidden when the comparison was saved. "
            "Reproduce it from the engagement file that has the setting."
        )
    return arm_from_config({**result.config, "name": result.name})


def _same_settings(arm: Arm, result: ArmResult) -> bool:
    """Whether an arm is the saved one, wherever its model lies on this machine."""
    now, then = arm.config(), dict(result.config)
    for config in (now, then):
        config.pop("model", None)
    return now == then and sorted(arm.fingerprint().values()) == sorted(result.fingerprint.values())


def _holds(value: Any, what: str) -> bool:
    if isinstance(value, Mapping):
        return any(_holds(v, what) for v in value.values())
    if isinstance(value, list | tuple):
        return any(_holds(v, what) for v in value)
    return bool(value == what)


def _old_runs(
    result: ArmResult, seeds: Sequence[int], file: Path | None, saved: Comparison
) -> list[Run | None]:
    """The runs as they were kept beside the comparison, ``None`` where they are not at hand."""
    keys = dict(zip(result.seeds, result.run_keys, strict=False))
    if file is None or not (file.parent / "runs").is_dir():
        return [None for _ in seeds]
    store = RunStore(file.parent)
    found: list[Run | None] = []
    for seed in seeds:
        key = keys.get(seed, "")
        # Keys become file names; one from a file of unknown origin must not lead elsewhere.
        run = store.get(key) if _KEY.fullmatch(key) else None
        fits = run is not None and run.seed == seed and run.data_hash == saved.data.content_hash
        found.append(run if fits else None)
    return found
