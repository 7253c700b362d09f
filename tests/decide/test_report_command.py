"""The command ``report``, and what an engagement file says of the report."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from decide import cli
from decide.engagement import read_engagement
from evalsets import DecideError
from tests.reports import make

TEXT = make.comparison().arms[0].examples[0].text


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    make.comparison(make.arms()[:2]).to_json(folder / "comparison.json")
    return folder


def report(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli.app, ["report", *map(str, arguments)])


def test_formats_by_name_and_by_suffix(saved: Path, tmp_path: Path) -> None:
    done = report(saved, "--format", "md", "--format", "csv", "--output", tmp_path / "summary.html")
    assert done.exit_code == 0, done.output
    assert sorted(f.name for f in tmp_path.iterdir()) == ["summary.csv", "summary.md"]
    assert done.stdout.count("Report: ") == 2
    assert report(saved, "--output", tmp_path / "x.md").exit_code == 0
    assert (tmp_path / "x.md").read_text().startswith("# Which approach")
    with pytest.raises(DecideError, match="No format 'xlsx'"):
        raise report(saved, "--format", "xlsx").exception  # type: ignore[misc]


def test_theme_and_redaction(saved: Path, tmp_path: Path) -> None:
    theme = tmp_path / "theme.yaml"
    theme.write_text("client: Example Ltd.\nconfidentiality: Not to be passed on\n")
    out = tmp_path / "report.html"
    assert report(saved, "--output", out).exit_code == 0
    assert TEXT[:40] in out.read_text()
    done = report(saved, "--theme", theme, "--redact-examples", "--output", out, "--json")
    assert done.exit_code == 0, done.output
    assert "Not to be passed on" in out.read_text()
    assert TEXT[:40] not in out.read_text() + done.stdout


def engagement(folder: Path, more: str) -> Path:
    file = folder / "engagement.yaml"
    file.write_text(f"data: {{train: a.csv, test: b.csv}}\narms: [{{kind: majority}}]\n{more}")
    return file


def test_an_engagement_has_a_theme_of_its_own_or_in_a_file(tmp_path: Path) -> None:
    file = engagement(tmp_path, "theme: {client: Example Ltd.}\nredact_examples: true\nformats: [md, csv]\n")
    plan = read_engagement(file)
    assert plan.look(file).client == "Example Ltd."
    assert plan.redact_examples
    (tmp_path / "theme.yaml").write_text("client: Another Ltd.\n")
    file = engagement(tmp_path, "theme: theme.yaml\n")
    assert read_engagement(file).look(file).client == "Another Ltd."
    assert read_engagement(engagement(tmp_path, "")).look(file).client == ""


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("theme: {colour: red}", r"engagement\.yaml:\d+: theme\.colour: is no key here"),
        ("theme: {accent: '#ffee00'}", r"engagement\.yaml:\d+: theme: accent: .*4\.5:1"),
        ("theme: {logo: nowhere.png}", r"nowhere\.png: cannot be read"),
        ("theme: {logo: ../logo.png}", r"theme\.logo: .*leads out of the folder"),
        ("theme: ../theme.yaml", r"theme: .*leads out of the folder"),
        ("formats: [xlsx]", r"engagement\.yaml:\d+: formats\.0: No format 'xlsx'"),
        ("redact_examples: maybe", "redact_examples"),
    ],
)
def test_a_wrong_look_is_refused_before_anything_runs(tmp_path: Path, more: str, message: str) -> None:
    with pytest.raises(DecideError, match=message):
        read_engagement(engagement(tmp_path, more + "\n"))
