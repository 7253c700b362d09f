"""The runs, parameters and metrics that a comparison is in MLflow."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from decide.comparison import ArmResult, Comparison

STATUS = {"ok": "FINISHED", "failed": "FAILED", "refused": "KILLED"}
"""MLflow has no status for what was never started; ``decide.status`` says it."""


def write(
    comparison: Comparison, uri: str, experiment: str, tags: Mapping[str, str], files: Sequence[Path]
) -> str:
    """Write the parent run, the runs of the arms and the files; returns the id of the parent run."""
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=uri)
    place = _experiment(client, uri, experiment)
    parent = _run(client, place, comparison.title, {**tags, **_about(comparison)})
    _log(client, parent, _settings(comparison), list(_outcome(comparison)))
    for file in files:
        client.log_artifact(parent, str(file))
    for arm in comparison.arms:
        mark = {**tags, "mlflow.parentRunId": parent, "decide.kind": arm.kind, "decide.status": arm.status}
        if arm.failure:
            mark["decide.failure"] = arm.failure
        run = _run(client, place, arm.name, mark)
        _log(
            client, run, {**flat(arm.config), **flat({"fingerprint": arm.fingerprint})}, list(_measured(arm))
        )
        client.set_terminated(run, STATUS[arm.status])
    client.set_terminated(parent, "FINISHED")
    return parent


Metric = tuple[str, float, int]
"""Name, value and step."""


def flat(value: Any, name: str = "") -> dict[str, str]:
    """Nested settings as parameters with dotted names; lists and empty mappings as JSON."""
    if isinstance(value, Mapping) and (value or not name):
        found: dict[str, str] = {}
        for key, part in value.items():
            found |= flat(part, f"{name}.{key}" if name else str(key))
        return found
    return {name: value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)}


def _experiment(client: Any, uri: str, name: str) -> str:
    """The id of the experiment; a new one in a SQLite file keeps its artefacts beside that file."""
    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    start = "sqlite:///"
    place = None
    if uri.startswith(start):
        place = (Path(uri.removeprefix(start)).resolve().parent / "mlartifacts").as_uri()
    return str(client.create_experiment(name, artifact_location=place))


def _run(client: Any, experiment: str, name: str, tags: Mapping[str, str]) -> str:
    from mlflow.utils.validation import MAX_TAG_VAL_LENGTH

    short = {_name(key): _cut(value, MAX_TAG_VAL_LENGTH) for key, value in tags.items()}
    return str(client.create_run(experiment, tags=short, run_name=_cut(name, 250)).info.run_id)


def _log(client: Any, run: str, settings: Mapping[str, str], metrics: Sequence[Metric]) -> None:
    """Parameters and metrics in batches as large as MLflow takes."""
    import time

    from mlflow.entities import Metric as Entry
    from mlflow.entities import Param
    from mlflow.utils import validation

    params = [Param(_name(k), _cut(v, validation.MAX_PARAM_VAL_LENGTH)) for k, v in settings.items()]
    most, now = validation.MAX_PARAMS_TAGS_PER_BATCH, int(time.time() * 1000)
    for start in range(0, len(params), most):
        client.log_batch(run, params=params[start : start + most])
    entries = [Entry(_name(name), value, now, step) for name, value, step in metrics if math.isfinite(value)]
    most = validation.MAX_METRICS_PER_BATCH
    for start in range(0, len(entries), most):
        client.log_batch(run, metrics=entries[start : start + most])


def _name(text: str) -> str:
    """A name that MLflow takes: letters, digits and ``_-./: `` and not too long."""
    from mlflow.utils.validation import MAX_ENTITY_KEY_LENGTH

    return re.sub(r"[^\w\-./: ]", "_", text)[:MAX_ENTITY_KEY_LENGTH].strip("/.") or "_"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _about(comparison: Comparison) -> dict[str, str]:
    found, data = comparison.recommendation, comparison.data
    return {
        "decide.outcome": found.outcome,
        "decide.recommended": found.arm or "",
        "decide.headline": found.headline,
        "decide.version": comparison.environment.versions.get("decide", ""),
        "decide.data": data.name,
        "decide.data_hash": data.content_hash,
        "decide.test_hash": data.test_hash,
        "decide.created": comparison.created,
        "decide.hardware": comparison.environment.hardware,
    }


def _settings(comparison: Comparison) -> dict[str, str]:
    """The workload and the data of the comparison as parameters."""
    data = comparison.data
    parts = {
        "workload": comparison.workload.model_dump(mode="json"),
        "data": {
            "task": data.task.get("kind"),
            "metric": data.metric,
            "train": data.train,
            "dev": data.dev,
            "test": data.test,
            "synthetic": data.synthetic,
        },
        "seeds": comparison.seeds,
    }
    return flat(parts)


def _outcome(comparison: Comparison) -> Iterator[Metric]:
    found = comparison.recommendation
    values = {
        "probability_best": found.probability_best,
        "probability_highest": found.probability_highest,
        "expected_regret": found.expected_regret,
        "expected_regret_usd": found.expected_regret_usd,
        "wall_seconds": comparison.wall_seconds,
    }
    yield from ((name, float(value), 0) for name, value in values.items() if value is not None)


def _measured(arm: ArmResult) -> Iterator[Metric]:
    """What was measured of an arm; nothing is written for what was not."""
    if arm.status != "ok":
        return
    values: dict[str, float | None] = {
        "unanswered": arm.unanswered,
        "peak_memory_mb": arm.peak_memory_mb,
        "model_mb": arm.model_mb,
        **arm.other_scores,
    }
    if arm.score is not None:
        values |= {"score": arm.score.value, "score_low": arm.score.low, "score_high": arm.score.high}
    if arm.timing is not None:
        latency = arm.timing.latency
        values |= {"p50_ms": latency.p50_ms, "p95_ms": latency.p95_ms, "p99_ms": latency.p99_ms}
        values["documents_per_second"] = arm.timing.documents_per_second
    if arm.cost is not None:
        values |= {"usd_per_1000": arm.cost.per_1000_usd, "usd_once": arm.cost.one_off_usd}
        values["usd_horizon"] = arm.cost.horizon_usd
    if arm.energy is not None:
        values |= {"kwh_fit": arm.energy.fit_kwh, "kwh_per_1000": arm.energy.per_1000_kwh}
    for phase, seconds in arm.phase_seconds.items():
        values[f"seconds.{phase}"] = seconds
    yield from ((name, float(value), 0) for name, value in values.items() if value is not None)
    for seed, score in zip(arm.seeds, arm.seed_scores, strict=False):
        yield ("seed_score", score, seed)
