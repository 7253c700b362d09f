"""Comparisons in a real local MLflow store, read back through its client."""

import builtins
import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

import decide
from decide.comparison import Comparison
from decide.mlflow_runs import flat
from decide.tracking import Tracking, log_to_mlflow, outside, shown
from decide.workload import Workload
from evalsets import DecideError
from tests.reports import make

pytest.importorskip("mlflow", reason="MLflow is not installed (extra mlflow)")


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    """A made comparison, one of whose arms has a setting and a tag that are too long."""
    made = make.comparison()
    arms = [
        a.model_copy(update={"config": {**a.config, "template": "x" * 9000, "odd name!": 1}}) if i == 0 else a
        for i, a in enumerate(made.arms)
    ]
    return made.model_copy(update={"arms": arms})


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, comparison: Comparison) -> tuple[Any, str, Path]:
    from mlflow import MlflowClient

    folder = tmp_path_factory.mktemp("mlflow")
    parent = Tracking(tracking_uri="sqlite:///tracking.db", experiment="Triage", tags={"team": "nlp"}).log(
        comparison, folder, redact_examples=False
    )
    return MlflowClient(tracking_uri=f"sqlite:///{folder / 'tracking.db'}"), parent, folder


def children(client: Any, parent: str) -> dict[str, Any]:
    run = client.get_run(parent)
    found = client.search_runs([run.info.experiment_id], f"tags.mlflow.parentRunId = '{parent}'")
    return {child.info.run_name: child for child in found}


def test_the_parent_has_answer_workload_and_files(
    store: tuple[Any, str, Path], comparison: Comparison, tmp_path: Path
) -> None:
    client, parent, folder = store
    run = client.get_run(parent)
    assert run.info.status == "FINISHED"
    assert run.info.run_name == comparison.title
    assert run.data.tags["decide.recommended"] == "Domain-adapted MiniLM"
    assert run.data.tags["decide.data_hash"] == comparison.data.content_hash
    assert run.data.tags["team"] == "nlp"
    assert float(run.data.params["workload.documents_per_month"]) == comparison.workload.documents_per_month
    assert run.data.params["workload.text_may_leave"] == "false"
    assert run.data.metrics["probability_best"] == comparison.recommendation.probability_best
    assert {f.path for f in client.list_artifacts(parent)} == {"report.html", "comparison.json"}
    assert (folder / "mlartifacts").is_dir()  # beside the store, not where the command ran
    saved = client.download_artifacts(parent, "comparison.json", str(tmp_path))
    assert decide.load(saved) == comparison


def test_each_arm_is_a_nested_run(store: tuple[Any, str, Path], comparison: Comparison) -> None:
    client, parent, _ = store
    runs = children(client, parent)
    assert set(runs) == {arm.name for arm in comparison.arms}
    arm = comparison.arm("LoRA SmolLM2 (rank 8)")
    assert arm.score is not None
    assert arm.timing is not None
    assert arm.cost is not None
    metrics = runs[arm.name].data.metrics
    assert metrics["score"] == arm.score.value
    assert (metrics["score_low"], metrics["score_high"]) == (arm.score.low, arm.score.high)
    assert metrics["p95_ms"] == arm.timing.latency.p95_ms
    assert metrics["p50_ms"] == arm.timing.latency.p50_ms
    assert metrics["usd_per_1000"] == arm.cost.per_1000_usd
    assert metrics["usd_horizon"] == arm.cost.horizon_usd
    assert metrics["unanswered"] == arm.unanswered
    history = client.get_metric_history(runs[arm.name].info.run_id, "seed_score")
    assert {m.step: m.value for m in history} == dict(zip(arm.seeds, arm.seed_scores, strict=True))
    energetic = next(a for a in comparison.arms if a.energy is not None)
    assert energetic.energy is not None
    assert runs[energetic.name].data.metrics["kwh_per_1000"] == energetic.energy.per_1000_kwh


def test_arms_without_a_result_say_why(store: tuple[Any, str, Path]) -> None:
    client, parent, _ = store
    runs = children(client, parent)
    assert runs["LoRA 8B"].info.status == "FAILED"
    assert "Out of memory" in runs["LoRA 8B"].data.tags["decide.failure"]
    assert runs["Hosted LLM"].data.tags["decide.status"] == "refused"
    assert runs["Hosted LLM"].data.metrics == {}


def test_long_settings_are_cut_and_odd_names_mended(
    store: tuple[Any, str, Path], comparison: Comparison
) -> None:
    client, parent, _ = store
    params = children(client, parent)[comparison.arms[0].name].data.params
    assert params["template"].startswith("xxx")
    assert params["template"].endswith("…")
    assert len(params["template"]) <= 6000
    assert params["odd name_"] == "1"


def test_settings_are_flat() -> None:
    assert flat({"a": {"b": [1, 2], "c": {}}, "d": None, "e": "text", "f": True}) == {
        "a.b": "[1, 2]",
        "a.c": "{}",
        "d": "null",
        "e": "text",
        "f": "true",
    }


@pytest.mark.parametrize(
    ("uri", "host"),
    [
        ("", ""),
        ("mlruns", ""),
        ("file:///tmp/mlruns", ""),
        ("sqlite:///mlflow.db", ""),
        ("http://localhost:5000", ""),
        ("http://127.0.0.1:5000", ""),
        ("http://[::1]:5000", ""),
        ("https://mlflow.example.com", "mlflow.example.com"),
        ("https://user:secret@mlflow.example.com/x", "mlflow.example.com"),
        ("postgresql://u:p@db.example.com/mlflow", "db.example.com"),
        ("databricks", "databricks"),
        ("databricks-uc://profile", "profile"),
    ],
)
def test_which_stores_are_outside(uri: str, host: str) -> None:
    assert outside(uri) == host


def test_text_is_not_sent_to_another_machine(comparison: Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    from decide import mlflow_runs

    sent: list[tuple[Comparison, list[str]]] = []

    def write(result: Comparison, uri: str, experiment: str, tags: Any, files: list[Path]) -> str:
        sent.append((result, [f.name for f in files]))
        texts = [e.text for arm in comparison.arms for e in arm.examples]
        body = "".join(f.read_text() for f in files)
        assert texts
        assert not any(text in body for text in texts)
        return "id"

    monkeypatch.setattr(mlflow_runs, "write", write)
    remote = "https://mlflow.example.com"
    with pytest.raises(DecideError, match=r"would go to mlflow\.example\.com, but text may not leave"):
        log_to_mlflow(comparison, remote)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", remote)
    with pytest.raises(DecideError, match="would go to"):
        log_to_mlflow(comparison)
    assert sent == []
    log_to_mlflow(comparison, remote, redact_examples=True)
    assert [names for _, names in sent] == [["report.html"]]
    free = comparison.model_copy(update={"workload": Workload(text_may_leave=True)})
    log_to_mlflow(free, remote, redact_examples=True)
    assert sent[-1][1] == ["report.html", "comparison.json"]


def test_no_password_is_kept_or_shown(comparison: Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    from decide import mlflow_runs

    uri = "https://jo:s3cret@localhost:1/path?token=t0ken"
    assert shown(uri) == "https://localhost:1/path"

    def fail(*arguments: Any) -> str:
        raise ConnectionError(f"cannot reach {uri}")

    monkeypatch.setattr(mlflow_runs, "write", fail)
    monkeypatch.setattr(Comparison, "to_html", lambda self, path, **look: Path(path))
    with pytest.raises(DecideError, match="did not take the comparison") as found:
        log_to_mlflow(comparison, uri)
    assert "s3cret" not in str(found.value)
    assert "t0ken" not in str(found.value)
    assert found.value.__cause__ is None
    with pytest.raises(ValueError, match="MLFLOW_TRACKING_PASSWORD"):
        Tracking(tracking_uri=uri)


def test_without_mlflow_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == "mlflow" else builtins.object()
    )
    with pytest.raises(DecideError, match=r'pip install "decide-nlp\[mlflow\]"'):
        Tracking().check(Workload(), redacted=False)


def test_a_refused_uri_is_found_before_anything_runs(tmp_path: Path) -> None:
    from decide.engagement import read_engagement

    file = tmp_path / "engagement.yaml"
    text = "data: {train: a.csv, test: b.csv}\narms: [{kind: majority}]\n"
    file.write_text(text + "mlflow: {tracking_uri: 'https://mlflow.example.com'}\n")
    with pytest.raises(DecideError, match=r"yaml:3: mlflow: .*may not leave"):
        read_engagement(file)
    file.write_text(text + "redact_examples: true\nmlflow: {tracking_uri: 'https://mlflow.example.com'}\n")
    assert read_engagement(file).mlflow is not None
    file.write_text(text + "mlflow: {tracking_uri: 'https://jo:s3cret@localhost'}\n")
    with pytest.raises(DecideError, match="holds a user or password") as found:
        read_engagement(file)
    assert "s3cret" not in str(found.value)


def test_the_command_logs_a_saved_comparison(
    store: tuple[Any, str, Path], tmp_path: Path, comparison: Comparison
) -> None:
    from typer.testing import CliRunner

    from decide import cli

    client, _, folder = store
    saved = comparison.to_json(tmp_path / "comparison.json")
    command = ["report", str(saved), "--mlflow", f"sqlite:///{folder / 'tracking.db'}", "--redact-examples"]
    done = CliRunner().invoke(cli.app, [*command, "--format", "md", "--json"], catch_exceptions=False)
    assert json.loads(done.stdout)["title"] == comparison.title
    experiment = client.get_experiment_by_name("decide")
    runs = client.search_runs([experiment.experiment_id])
    (parent,) = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    report = client.download_artifacts(parent.info.run_id, "report.html", str(tmp_path))
    text = next(e.text for arm in comparison.arms for e in arm.examples)
    assert text not in Path(report).read_text()
