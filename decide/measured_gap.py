"""The domain gap of a comparison's encoder: measured once, before the arms, and kept in the run directory."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from arms.base import Arm
from arms.device import hardware
from arms.domain_adapted import DomainAdapted
from arms.fine_tuned import EncoderArm
from arms.models import fingerprint, short_name
from decide.domain_gap.assess import ENCODED, SAMPLE, gap
from decide.domain_gap.report import SCHEMA_VERSION, GapReport
from decide.environment import versions
from decide.overwrite import not_there
from decide.store import RunStore
from decide.worker import Tell as WorkTell
from decide.worker import work_isolated
from evalsets import DecideError, EvalSet

GAP_FORMAT = 1
SETTINGS: dict[str, Any] = {"sample": SAMPLE, "encoded": ENCODED, "exact": False, "seed": 0}
OFF = "It was switched off (gap=False)."
NO_ENCODER = "No arm uses an encoder whose gap could be measured."
Tell = Callable[..., None]
"""Called with a kind of event, the name of the model and ``message`` or ``seconds``."""


@dataclass
class GapJob:
    """A measurement that is missing from the run directory."""

    model: str
    evalset: EvalSet
    run_dir: Path
    since: float = 0.0

    def work(self, tell: WorkTell = lambda said: None) -> None:
        """Measure the gap and store it.

        Raises:
            DecideError: If there is too little text, it is not English, or the model cannot be loaded.
        """
        store, key = RunStore(self.run_dir, self.since), gap_key(self.model, self.evalset)
        with store.computing(key, f"The domain gap of {short_name(self.model)}"):
            if store.get_gap(key) is None:
                store.put_gap(key, gap(self.evalset, self.model, self.evalset.reference, **SETTINGS))


def gap_key(model: str, evalset: EvalSet) -> str:
    """SHA-256 of everything that determines the report: model, data, settings, versions, hardware, names."""
    libraries = {**versions(), **{name: version(name) for name in ("wordfreq", "scipy")}}
    parts = [
        GAP_FORMAT,
        SCHEMA_VERSION,
        fingerprint(model),
        evalset.content_hash,
        SETTINGS,
        libraries,
        hardware(),
        [short_name(model), evalset.name, evalset.synthetic],
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def gap_of(
    data: EvalSet,
    arms: Sequence[Arm],
    wanted: bool | GapReport | None,
    store: RunStore,
    *,
    isolate: bool,
    tell: Tell,
    compute: bool = True,
) -> tuple[GapReport | None, str]:
    """The gap report of a comparison, or why there is none.

    Args:
        data: The evaluation set.
        arms: Arms that will run, then those that will not.
        wanted: Whether to measure; ``None`` does if an arm adapts its encoder. A report is taken as it is.
        store: Where the report is kept.
        isolate: Whether to measure in a process of its own, whose memory is free before the arms start.
        tell: Called as the measurement starts and ends.
        compute: Whether a report that is not in the run directory is made.
    """
    if isinstance(wanted, GapReport):
        return wanted, ""
    encoders = [arm for arm in arms if isinstance(arm, EncoderArm)]
    adapting = [arm for arm in encoders if isinstance(arm, DomainAdapted)]
    if wanted is False:
        return None, OFF if adapting else ""
    # Of an adapting arm if there is one: its encoder is what the gap decides about.
    candidates = [*adapting, *encoders] if wanted else adapting
    if not candidates:
        return None, NO_ENCODER if wanted else ""
    model = candidates[0].model
    report, why = _measured(model, data, store, isolate, tell, compute)
    others = sorted({short_name(arm.model) for arm in encoders} - {short_name(model)})
    if report is not None and others:
        note = f"Measured for {short_name(model)} only; the gap of {', '.join(others)} may be another."
        report = report.model_copy(update={"notes": [*report.notes, note]})
    return report, why


def _measured(
    model: str, data: EvalSet, store: RunStore, isolate: bool, tell: Tell, compute: bool
) -> tuple[GapReport | None, str]:
    """The report from the run directory or made now. Whatever goes wrong, the comparison goes on."""
    name = short_name(model)
    started = time.perf_counter()
    try:
        key = gap_key(model, data)
        report = store.get_gap(key)
        if report is not None:
            tell("gap_cached", name)
            return report, ""
        if not compute:
            raise DecideError(not_there(1, 1, store.folder))
        tell("gap_started", name)
        job = GapJob(model, data, store.folder, store.since)
        work_isolated(job) if isolate else job.work()
        report = RunStore(store.folder).get_gap(key)
        if report is None:
            raise DecideError(f"The gap report was not written to {store.folder}.")
    except Exception as error:
        why = str(error) if isinstance(error, DecideError) else f"{type(error).__name__}: {error}"
        tell("gap_failed", name, message=why)
        return None, why
    tell("gap_finished", name, seconds=time.perf_counter() - started)
    return report, ""
