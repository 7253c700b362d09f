"""decide init: what it writes is valid at once, for every task, with an example and with own data."""

import json
import re
import sys
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from decide import cli
from decide.engagement import read_engagement
from decide.schema import HEADER
from decide.starter import Start, engagement_text, inspect
from evalsets import DataError, DecideError
from evalsets.tasks import TASKS

RUN = CliRunner()


def init(*arguments: str | Path) -> str:
    done = RUN.invoke(cli.app, ["init", *map(str, arguments)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def check(folder: Path, *options: str) -> None:
    done = RUN.invoke(cli.app, ["check", str(folder / "engagement.yaml"), *options], catch_exceptions=False)
    assert done.exit_code == 0, done.stdout
    assert "0 errors" in done.stdout


@pytest.mark.parametrize("task", sorted(TASKS))
def test_the_example_of_every_task_is_valid_and_its_data_pass(tmp_path: Path, task: str) -> None:
    init(tmp_path / "new", "--example", "--task", task)
    check(tmp_path / "new")
    plan = read_engagement(tmp_path / "new" / "engagement.yaml")
    assert plan.data.task == task
    assert plan.data.synthetic
    assert {arm.kind for arm in plan.built_arms()} >= {"majority"}
    schema = json.loads((tmp_path / "new" / "engagement.schema.json").read_text())
    text = (tmp_path / "new" / "engagement.yaml").read_text()
    assert text.startswith(f"{HEADER}\n")
    assert list(Draft202012Validator(schema).iter_errors(yaml.safe_load(text))) == []


@pytest.mark.parametrize("task", sorted(TASKS))
def test_own_data_are_recognised(tmp_path: Path, task: str) -> None:
    init(tmp_path / "example", "--example", "--task", task)
    data = tmp_path / "example"
    init(tmp_path / "own", "--train", data / "train.jsonl", "--test", data / "test.jsonl")
    plan = read_engagement(tmp_path / "own" / "engagement.yaml", outside=True)
    assert plan.data.task == task
    assert plan.data.text == "text"
    check(tmp_path / "own", "--allow-outside")


@pytest.mark.parametrize("task", sorted(TASKS))
def test_what_is_commented_out_is_right_too(
    tmp_path: Path, task: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each optional line may be switched on."""
    monkeypatch.setenv("CHROME_PATH", sys.executable)  # a PDF is among the formats; none is written
    text = engagement_text(Start(task=task, groups=("site",), labels=("urgent", "routine")))
    lines = []
    for line in text.splitlines():
        found = re.match(r"^( *)# (- kind:|  +\w+:|\w+:(?= [^A-Z]|$)|  - )(.*)$", line)
        sentence = line.startswith(("# Check", "# Run", "# Topics", "# yaml"))
        lines.append(f"{found[1]}{found[2]}{found[3]}" if found and not sentence else line)
    on = (
        "\n".join(lines)
        .replace("metric: …", "metric: null")
        .replace("text_may_leave: false", "text_may_leave: true")
    )
    file = tmp_path / "engagement.yaml"
    file.write_text(on, encoding="utf-8")
    plan = read_engagement(file)
    assert plan.client is not None
    assert plan.label_budgets == [50, 100, 200]
    assert plan.mlflow is not None
    kinds = [arm.kind for arm in plan.built_arms()]
    assert kinds.count("prompted") == 2
    assert {"fine_tuned", "domain_adapted", "lora"} <= set(kinds)


def test_models_that_are_named_are_run(tmp_path: Path) -> None:
    init(tmp_path, "--encoder", "bert-base-uncased", "--llm", "Qwen/Qwen3-8B")
    arms = read_engagement(tmp_path / "engagement.yaml").built_arms()
    assert [arm.kind for arm in arms] == [
        "majority",
        "tfidf_logistic",
        "fine_tuned",
        "domain_adapted",
        "prompted",
    ]


def test_files_that_are_there_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_text("mine")
    with pytest.raises(DecideError, match=r"train\.jsonl is there already.*--force"):
        init(tmp_path, "--example")
    assert [file.name for file in tmp_path.iterdir()] == ["train.jsonl"]
    assert (tmp_path / "train.jsonl").read_text() == "mine"
    init(tmp_path, "--example", "--force")
    assert (tmp_path / "train.jsonl").read_text() != "mine"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--example", "--train", "a.csv", "--test", "b.csv"], "brings its own data"),
        (["--train", "a.csv"], "both --train and --test"),
        (["--task", "texts"], "Unknown task 'texts'"),
        (["--train", "nowhere.csv", "--test", "nowhere.csv"], "does not exist"),
    ],
)
def test_options_that_do_not_fit_are_refused(tmp_path: Path, arguments: list[str], message: str) -> None:
    with pytest.raises(DecideError, match=message):
        init(tmp_path / "new", *arguments)
    assert not (tmp_path / "new").exists()


def test_the_columns_taken_are_said_and_those_that_may_be_meant(tmp_path: Path) -> None:
    """Nothing but the number of their values tells a site from a label here."""
    rows = "".join(
        f'"Ticket {i}: the router is down",{"abc"[i % 3]},{["Nord", "Süd"][i % 2]}\n' for i in range(20)
    )
    for name in ("train.csv", "test.csv"):
        (tmp_path / name).write_text(f"Anliegen,Art,Ort\n{rows}", encoding="utf-8")
    given = ["--train", tmp_path / "train.csv", "--test", tmp_path / "test.csv"]
    said = init(tmp_path / "one", *given)
    assert "Text: Anliegen. Label: Ort (Nord, Süd)." in said
    assert "The label may also be Art; then say so by --label." in said
    said = init(tmp_path / "two", *given, "--label", "Art")
    assert "Label: Art (a, b, c)." in said
    assert "may also be" not in said


def test_columns_are_found_by_what_is_in_them(tmp_path: Path) -> None:
    file = tmp_path / "train.csv"
    rows = "".join(f'{i},"Ticket {i}: the router is down, again",{"ab"[i % 2]},north\n' for i in range(20))
    file.write_text(f"id,ticket,queue,site\n{rows}")
    found = inspect(file)
    assert (found.task, found.text, found.label, found.groups) == (
        "text_classification",
        "ticket",
        "queue",
        ("site",),
    )
    assert set(found.labels) == {"a", "b"}
    with pytest.raises(DataError, match="no column 'desk'"):
        inspect(file, label="desk")


def test_a_file_without_an_annotation_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "train.csv"
    file.write_text("id,text\n" + "".join(f"{i},text number {i}\n" for i in range(20)))
    with pytest.raises(DataError, match="no column looks like the annotation"):
        inspect(file)
