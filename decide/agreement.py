"""How far a rerun agrees with what was saved: plain data, and the sentences that say so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field

from decide.comparison import ArmResult
from decide.protocols.stability import same
from decide.records import Environment, Estimate, Record
from decide.run import Run
from evalsets import Task

Verdict = Literal["identical", "within the interval", "different"]
VERDICTS: tuple[Verdict, ...] = ("identical", "within the interval", "different")
"""The best first."""
SERVER_FACTS = ("model_reported", "system_fingerprint", "vllm", "dtype")
SCHEMA_VERSION = 1


class Difference(Record):
    """Something that was not the same then and now."""

    what: str
    then: str
    now: str


class ArmAgreement(Record):
    """An arm then and now, over the same seeds.

    ``identical`` means equal scores to the last digit and, where the old predictions are at hand, equal
    predictions; ``within the interval`` means that the score now lies in the saved interval.
    """

    arm: str
    status: Literal["ok", "failed", "refused", "skipped"]
    failure: str = ""
    seeds: list[int] = Field(default=[])
    then: Estimate | None = None
    now: float | None = None
    difference: float | None = Field(default=None, description="score now minus then")
    seed_scores_then: list[float] = Field(default=[])
    seed_scores_now: list[float] = Field(default=[])
    equal_predictions: float | None = Field(
        default=None, description="share of test items answered as then, mean over seeds"
    )
    predictions_missing: str = Field(default="", description="why predictions were not compared")
    differences: list[Difference] = Field(default=[])
    verdict: Verdict | None = None


class Reproduction(Record):
    """A saved comparison beside its rerun."""

    schema_version: int = SCHEMA_VERSION
    title: str
    made: str = Field(description="when the comparison was made")
    created: str
    data_hash: str
    differences: list[Difference] = Field(description="of versions and hardware")
    arms: list[ArmAgreement]
    verdict: Verdict | None = Field(description="the worst of the arms; None if none was rerun")

    @property
    def failed(self) -> bool:
        """Whether an arm that should have been rerun has no result."""
        return any(arm.status in ("failed", "refused") for arm in self.arms)

    def to_json(self, path: str | Path) -> Path:
        """Write the record to ``path``, whole or not at all, and return the path."""
        from decide.files import write_atomically

        return write_atomically(Path(path), self.model_dump_json(indent=1))

    def lines(self) -> list[str]:
        """The record in sentences, for a terminal."""
        found = [_sentence(arm) for arm in self.arms]
        found += [
            f"  {arm.arm}, {d.what}: {d.then} then, {d.now} now" for arm in self.arms for d in arm.differences
        ]
        same_place = "Versions and hardware are the same as then."
        found += [f"{d.what}: {d.then} then, {d.now} now" for d in self.differences] or [same_place]
        return [*found, f"Verdict: {self.verdict or 'nothing was rerun'}."]


def agreement(result: ArmResult, old: Sequence[Run | None], new: Sequence[Run], task: Task) -> ArmAgreement:
    """An arm then and now.

    Args:
        result: The arm in the saved comparison.
        old: Its runs as they were kept, ``None`` where they are not at hand; in the order of ``new``.
        new: Its runs now.
        task: The task, which reads predictions.
    """
    by_seed = dict(zip(result.seeds, result.seed_scores, strict=True))
    before, after = [by_seed[run.seed] for run in new], [run.score for run in new]
    interval = result.score or Estimate(value=float(np.mean(before)))
    then = interval.model_copy(update={"value": float(np.mean(before))})
    pairs = [(run, again) for run, again in zip(old, new, strict=True) if run is not None]
    shares = [_share_equal(run.answers(task), again.answers(task)) for run, again in pairs]
    equal = float(np.mean(shares)) if len(pairs) == len(new) else None
    now = float(np.mean(after))
    return ArmAgreement(
        arm=result.name,
        status="ok",
        seeds=[run.seed for run in new],
        then=then,
        now=now,
        difference=now - then.value,
        seed_scores_then=before,
        seed_scores_now=after,
        equal_predictions=equal,
        predictions_missing="" if equal is not None else "the run records are not beside the comparison",
        differences=_arm_differences(result, new[0]),
        verdict=_verdict(before, after, equal, then),
    )


def worst(arms: Iterable[ArmAgreement]) -> Verdict | None:
    """The worst verdict, ``None`` if there is none."""
    found = [arm.verdict for arm in arms if arm.verdict is not None]
    return max(found, key=VERDICTS.index) if found else None


def environment_differences(then: Environment, now: Environment) -> list[Difference]:
    """Versions and hardware that differ."""
    places = [
        _difference(name, getattr(then, name), getattr(now, name))
        for name in ("hardware", "accelerators", "platform", "python")
    ]
    return [d for d in places if d is not None] + differing(then.versions, now.versions, "version of ")


def differing(then: Mapping[str, Any], now: Mapping[str, Any], prefix: str = "") -> list[Difference]:
    """The entries that differ, in alphabetical order."""
    found = (_difference(f"{prefix}{n}", then.get(n), now.get(n)) for n in sorted(then.keys() | now.keys()))
    return [d for d in found if d is not None]


def _difference(what: str, then: Any, now: Any) -> Difference | None:
    return None if then == now else Difference(what=what, then=_shown(then), now=_shown(now))


def _shown(value: Any) -> str:
    if value is None or value in ([], {}):
        return "none"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _arm_differences(result: ArmResult, run: Run) -> list[Difference]:
    # A model folder may lie elsewhere now; its weights are compared by their hash.
    moved = {name for name in result.fingerprint if name not in run.fingerprint}
    settings = {k: v for k, v in result.config.items() if not (isinstance(v, str) and v in moved)}
    found = differing(settings, {k: v for k, v in run.config.items() if k in settings}, "setting ")
    weights = _difference("weights", sorted(result.fingerprint.values()), sorted(run.fingerprint.values()))
    found += [weights] if weights else []
    # Libraries that only one of the two processes had loaded took no part in the result.
    shared = result.conditions.keys() & run.conditions.keys()
    old, new = ({k: c[k] for k in shared} for c in (result.conditions, run.conditions))
    found += differing(old, new)
    then, now = ({k: v for k, v in f.items() if k in SERVER_FACTS} for f in (result.facts, run.facts))
    return found + differing(then, now)


def _share_equal(first: Sequence[Any], second: Sequence[Any]) -> float:
    return float(np.mean([same(a, b) for a, b in zip(first, second, strict=True)]))


def _verdict(
    before: Sequence[float], after: Sequence[float], equal: float | None, interval: Estimate
) -> Verdict:
    if list(before) == list(after) and equal in (None, 1.0):
        return "identical"
    mean = float(np.mean(after))
    if interval.low is not None and interval.high is not None and interval.low <= mean <= interval.high:
        return "within the interval"
    return "different"


def _sentence(arm: ArmAgreement) -> str:
    if arm.then is None or arm.now is None:
        return f"{arm.arm}: {arm.status}, {arm.failure.rstrip('.')}."
    interval = "" if arm.then.low is None else f" ({arm.then.low:.3f} to {arm.then.high:.3f})"
    seeds = f"seed{'s' * (len(arm.seeds) > 1)} {', '.join(map(str, arm.seeds))}"
    predictions = (
        f"{arm.equal_predictions:.1%} of predictions equal"
        if arm.equal_predictions is not None
        else f"predictions not compared, {arm.predictions_missing}"
    )
    return (
        f"{arm.arm} ({seeds}): {arm.verdict}. Score {arm.then.value:.4f}{interval} then, {arm.now:.4f} now "
        f"({arm.difference:+.4f}); {predictions}."
    )
