"""Exit codes, resuming and JSON lines of the command line."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from decide import cli, orchestrate
from decide.events import Event
from decide.resume import Outlook
from evalsets import EvalSet

RUN = CliRunner()


@pytest.fixture
def file(tmp_path: Path, toy: EvalSet) -> Path:
    for name in ("train", "dev", "test"):
        split = getattr(toy, name)
        rows = [json.dumps({"text": t, "label": a}) for t, a in zip(split.texts, split.labels, strict=True)]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(rows))
    found = tmp_path / "engagement.yaml"
    found.write_text(
        "client: Acme\nquestions: [{question: 'Which?', topic: choice}]\n"
        "data: {train: train.jsonl, dev: dev.jsonl, test: test.jsonl}\n"
        "arms: [{kind: majority}, {kind: tfidf_logistic}]\nseeds: 1\nreport: report.md\n"
    )
    return found


def main(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int:
    monkeypatch.setattr(sys, "argv", ["decide", *map(str, arguments)])
    try:
        cli.main()
    except SystemExit as stopped:
        return int(stopped.code or 0)
    return 0


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arms in this process, which saves starting one for each."""
    compare = orchestrate.compare
    monkeypatch.setattr(orchestrate, "compare", lambda *a, **k: compare(*a, **k, isolate=False))


@pytest.mark.usefixtures("quick")
def test_json_lines_are_events_and_last_the_result(file: Path) -> None:
    done = RUN.invoke(cli.app, ["compare", str(file), "--json"], catch_exceptions=False)
    assert done.exit_code == 0
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["kind"] for row in rows if not row["kind"].startswith("unit")] == [
        "arm_started",
        "arm_finished",
        "arm_started",
        "arm_finished",
        "result",
    ]
    assert all("time" in row and "arm" in row for row in rows[:-1])
    result = rows[-1]["comparison"]
    assert result["recommendation"]["headline"].startswith("Ship TF-IDF")
    assert result["brief"]["client"]["name"] == "Acme"
    assert "Prepared for Acme" in (file.parent / "report.md").read_text()

    again = ["report", str(file.parent / "runs"), "--format", "md", "--json"]
    report = RUN.invoke(cli.app, again, catch_exceptions=False)
    (line,) = report.stdout.splitlines()
    assert json.loads(line) == result

    checked = RUN.invoke(cli.app, ["check", str(file), "--json"], catch_exceptions=False)
    assert len(checked.stdout.splitlines()) == 1
    assert isinstance(json.loads(checked.stdout), list)


@pytest.mark.usefixtures("quick")
def test_compare_says_what_is_kept_and_what_is_to_do(file: Path) -> None:
    first = RUN.invoke(cli.app, ["compare", str(file)], catch_exceptions=False)
    assert "To do: 2 runs of 2 arms." in first.stderr
    more = ("{kind: majority},", "{kind: majority}, {kind: majority, name: B},")
    text = file.read_text().replace(*more).replace("tfidf_logistic}", "tfidf_logistic, ngrams: 1}")
    file.write_text(text)
    again = RUN.invoke(cli.app, ["compare", str(file)], catch_exceptions=False)
    assert "Kept from before: 2 of 3 runs: Majority (1 of 1), B (1 of 1)." in again.stderr
    assert "To do: 1 run: TF-IDF + logistic regression (1)." in again.stderr
    assert Outlook({"A": (2, 2)}).lines()[1] == "No main run is to do."


def test_exit_code_0_where_an_arm_was_refused_and_3_where_one_failed(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.reports import make

    result = make.comparison()  # one arm failed, one was refused
    monkeypatch.setattr(orchestrate, "compare", lambda *a, **k: result)
    assert main(monkeypatch, "compare", file) == 3
    assert (file.parent / "report.md").is_file()
    arms = [arm for arm in result.arms if arm.status != "failed"]
    monkeypatch.setattr(orchestrate, "compare", lambda *a, **k: result.model_copy(update={"arms": arms}))
    assert any(arm.status == "refused" for arm in arms)
    assert main(monkeypatch, "compare", file) == 0


def test_exit_code_1_of_wrong_input(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(file.read_text().replace("seeds: 1", "seeds: 0"))
    assert main(monkeypatch, "compare", file) == 1
    assert "engagement.yaml:5: seeds:" in capsys.readouterr().err
    assert main(monkeypatch, "check", file.parent / "train.jsonl") == 1


def test_exit_code_2_of_a_wrong_command(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(monkeypatch, "compare", file, "--fast") == 2
    assert main(monkeypatch, "compare") == 2


@pytest.mark.usefixtures("quick")
def test_exit_code_4_of_another_result(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(monkeypatch, "compare", file) == 0
    saved = file.parent / "runs" / "comparison.json"
    content = json.loads(saved.read_text())
    for arm in content["arms"]:
        arm["seed_scores"] = [score / 4 for score in arm["seed_scores"]]
        arm["score"] = {**arm["score"], **{k: arm["score"][k] / 4 for k in ("value", "low", "high")}}
    saved.write_text(json.dumps(content))
    for run in (file.parent / "runs" / "runs").iterdir():
        run.unlink()
    assert main(monkeypatch, "reproduce", saved, "--arm", "Majority") == 4


def test_exit_code_130_of_an_interruption(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*arguments: Any, **options: Any) -> None:
        options["on_event"](Event("arm_started", "A"))
        raise KeyboardInterrupt

    monkeypatch.setattr(orchestrate, "compare", interrupted)
    assert main(monkeypatch, "compare", file) == 130
    assert "finished runs are kept" in capsys.readouterr().err


def test_the_help_and_the_module_state_the_exit_codes() -> None:
    text = " ".join(RUN.invoke(cli.app, ["compare", "--help"], env={"COLUMNS": "200"}).stdout.split())
    for code in ("0 every arm", "1 the file", "2 the command", "3 an arm failed", "130 interrupted"):
        assert code in text
    assert cli.__doc__ is not None
    assert "4 a result was not reproduced" in " ".join(cli.__doc__.split())
