"""Everything a comparison says on privacy, put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from arms.base import Arm
from arms.cascade import Cascade
from decide.comparison import ArmResult, PairResult
from decide.privacy.leaving import leaving
from decide.privacy.licences import licences_of
from decide.privacy.memorisation import kept_of, memorisation_of
from decide.privacy.pii import Wanted, pii_of
from decide.privacy.records import Privacy
from decide.privacy.redaction import redaction_effects
from decide.run import Run
from decide.workload import Workload
from evalsets import EvalSet


def privacy_of(
    arms: Sequence[Arm],
    runs: Mapping[str, Sequence[Run]],
    results: Sequence[ArmResult],
    pairs: Sequence[PairResult],
    data: EvalSet,
    workload: Workload,
    pii: Wanted,
    licences: Mapping[str, str] | None,
    cluster: Sequence[str] = (),
) -> Privacy:
    """The privacy part of a comparison.

    Args:
        arms: All arms.
        runs: Runs of those that finished, by name.
        results: Results of all.
        pairs: Differences between those that have a score.
        data: The evaluation set.
        workload: Volume, and whether text may leave.
        pii: Whether and how to look for personal data.
        licences: Licences the user states, by model.
        cluster: Other machines that made runs.
    """
    report, missing = pii_of(data, arms, pii)
    kept, measured = [], []
    for arm in arms:
        memory, why = memorisation_of(arm, runs[arm.label], data) if arm.label in runs else (None, "")
        parts = [a for a in arms if isinstance(arm, Cascade) and a.label in (arm.first, arm.then)]
        kept.append(kept_of(arm, parts, why))
        measured += [] if memory is None else [memory]
    return Privacy(
        pii=report,
        pii_missing=missing,
        leaving=leaving(arms, {result.name: result for result in results}, data, workload, report),
        kept=kept,
        memorisation=measured,
        licences=licences_of(arms, licences),
        redaction=redaction_effects(results, pairs),
        cluster=list(cluster),
    )
