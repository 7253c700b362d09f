import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from decide import cli
from evalsets import EvalSet


def write_split(file: Path, split: object) -> None:
    rows = zip(split.texts, split.labels, split.groups, strict=True)  # type: ignore[attr-defined]
    file.write_text(
        "\n".join(json.dumps({"text": t, "label": label, "site": g}) for t, label, g in rows),
        encoding="utf-8",
    )


@pytest.fixture
def engagement(tmp_path: Path, toy: EvalSet) -> Path:
    for name in ("train", "dev", "test"):
        write_split(tmp_path / f"{name}.jsonl", getattr(toy, name))
    file = tmp_path / "engagement.yaml"
    file.write_text(
        """
title: Toy engagement
data: {train: train.jsonl, dev: dev.jsonl, test: test.jsonl, group: site}
arms:
  - kind: majority
  - {kind: tfidf_logistic, name: TF-IDF}
workload: {documents_per_month: 5000}
seeds: 1
"""
    )
    return file


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "decide.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_compare_report_and_resume(engagement: Path, in_process: None) -> None:
    done = run("compare", engagement)  # as it is started from a shell
    assert done.returncode == 0, done.stderr
    assert "Ship TF-IDF" in done.stdout
    report = engagement.parent / "report.html"
    assert f"Report: {report.resolve()}" in done.stdout
    assert "Toy engagement" in report.read_text()
    report.unlink()

    again = CliRunner().invoke(cli.app, ["compare", str(engagement), "--json"])
    lines = [json.loads(line) for line in again.stdout.splitlines()]
    assert [line["kind"] for line in lines] == ["arm_cached", "arm_cached", "result"]
    assert lines[-1]["comparison"]["title"] == "Toy engagement"

    runs, output = engagement.parent / "runs", engagement.parent / "again.md"
    rendered = CliRunner().invoke(cli.app, ["report", str(runs), "--output", str(output)])
    assert rendered.exit_code == 0, rendered.output
    assert "Toy engagement" in output.read_text()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("kind: majority", "kind: magic"), "arms.0.kind: Unknown arm kind 'magic'. Known kinds:"),
        (("seeds: 1", "seeds: 0"), "engagement.yaml:8: seeds: Input should be greater than or equal to 1"),
        (("title:", "titel:"), "engagement.yaml:2: titel: is no key here. Did you mean title?"),
        (("name: TF-IDF", "ngrams: many"), "yaml:6: arms.1.ngrams: Input should be a valid integer"),
        (("documents_per_month: 5000", "documents_per_month: -1"), "workload.documents_per_month"),
        (("test: test.jsonl", "test: nowhere.jsonl"), "nowhere.jsonl"),
        (("group: site", "group: hospital"), "hospital"),
        (("data:", "data: ["), "is not valid YAML"),
    ],
)
def test_a_wrong_engagement_is_one_message_without_traceback(
    engagement: Path,
    change: tuple[str, str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engagement.write_text(engagement.read_text().replace(*change))
    monkeypatch.setattr(sys, "argv", ["decide", "compare", str(engagement)])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 1
    printed = capsys.readouterr().err
    assert message in printed
    assert "Traceback" not in printed


def test_check_lists_every_problem_and_fails(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("text,label\nsame text,a\nsame text,a\n,b\nother,b\n")
    (tmp_path / "test.csv").write_text("text,label\nsame text,a\nnew,c\n")
    files = [str(tmp_path / "train.csv"), str(tmp_path / "test.csv")]
    done = CliRunner().invoke(cli.app, ["check", *files])
    assert done.exit_code == 1
    codes = set(re.findall(r"\[(\w+)\]$", done.stdout, re.MULTILINE))
    assert {"duplicates", "leakage", "unseen_labels", "empty"} <= codes
    found = json.loads(CliRunner().invoke(cli.app, ["check", *files, "--json"]).stdout)
    assert {f["code"] for f in found} == codes
    allowed = ["--allow", "empty", "--allow", "unseen_labels", "--drop", "duplicates", "--drop", "leakage"]
    fixed = CliRunner().invoke(cli.app, ["check", *files, *allowed])
    assert "duplicates" not in fixed.stdout


def test_check_reads_an_engagement(engagement: Path) -> None:
    done = CliRunner().invoke(cli.app, ["check", str(engagement)])
    assert done.exit_code == 0, done.stdout
    assert "0 errors" in done.stdout


def test_check_writes_remedies_as_they_are_typed(tmp_path: Path) -> None:
    rows = "".join(f"text {i},{'ab'[i % 2]},{'xyz'[i % 3]}\n" for i in range(60))
    (tmp_path / "train.csv").write_text(f"text,label,site\n{rows}text 0,a,x\n")
    (tmp_path / "test.csv").write_text("text,label,site\n" + rows.replace("text", "other"))
    file = tmp_path / "engagement.yaml"
    file.write_text("data: {train: train.csv, test: test.csv, group: site}\narms: [{kind: majority}]\n")
    said = CliRunner().invoke(cli.app, ["check", str(file)]).stdout
    assert "Remove them by drop: [duplicates], or keep them by allow: [duplicates]." in said
    assert "for example by hold_out: '" in said
    files = [str(tmp_path / "train.csv"), str(tmp_path / "test.csv"), "--group", "site"]
    said = CliRunner().invoke(cli.app, ["check", *files]).stdout
    assert "Remove them by --drop duplicates, or keep them by --allow duplicates." in said
    assert "for example by --hold-out '" in said
    said = CliRunner().invoke(cli.app, ["check", *files[:2], "--text", "body"]).stdout
    assert "Name the column with --text, --label or --group." in said


def test_check_says_which_arms_would_not_run(engagement: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_KEY_HERE", raising=False)
    server = "{kind: openai, base_url: 'https://example.com/v1', api_key_env: NO_KEY_HERE}"
    arms = f"""arms:
  - {{kind: fine_tuned, name: Encoder, model: ./nowhere}}
  - {{kind: prompted, name: Hosted, model: gpt-5-mini, server: {server}}}
  - {{kind: fine_tuned, name: Hub, model: owner/encoder}}"""
    file = engagement.with_name("arms.yaml")

    def said(workload: str) -> str:
        file.write_text(engagement.read_text().replace("arms:", arms).replace("workload: {", workload))
        done = CliRunner().invoke(cli.app, ["check", str(file)])
        assert done.exit_code == 0, done.output
        return done.stdout

    stays = said("workload: {")
    assert f"Encoder would not be run. No folder './nowhere' in {Path.cwd()}." in stays
    assert "Hosted would not be run. It would send text to example.com, and text_may_leave is false." in stays
    assert "Hub" not in stays  # the hub is not asked
    leaves = said("workload: {text_may_leave: true, ")
    assert "Hosted would not be run. The environment variable NO_KEY_HERE holds no key" in leaves


def test_version() -> None:
    from decide import __version__

    assert CliRunner().invoke(cli.app, ["--version"]).stdout.strip() == f"decide {__version__}"
