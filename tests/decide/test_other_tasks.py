"""Comparisons on the tasks whose gold is not one label: values survive the run directory and the report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic.dataclasses import dataclass
from typer.testing import CliRunner

from arms import Arm
from arms.base import FitContext, FitRecord, FittedArm, Predictions
from decide import cli, compare, load
from decide.engagement import DataConfig, read_engagement
from evalsets import DecideError, EvalSet, Extraction, MultiLabel, Split
from evalsets.demo import clinical_entities, clinical_fields
from evalsets.demo.derived import FIELDS_SCHEMA


class Recalled(FittedArm):
    def __init__(self, known: dict[str, Any], every: int) -> None:
        self.known, self.every, self.record = known, every, FitRecord()

    def predict(self, texts: Sequence[str]) -> Predictions:
        wrong = [len(text) % self.every == 0 for text in texts]
        values = [None if bad else self.known.get(t) for bad, t in zip(wrong, texts, strict=True)]
        return Predictions(values, errors=["forgotten" if v is None else None for v in values])


@dataclass(frozen=True)
class Recall(Arm):
    """Knows the answers, test included, but forgets one text in so many: for testing what surrounds arms."""

    kind: ClassVar[str] = "recall"
    tasks: ClassVar[tuple[str, ...]] = ("multi_label", "token_classification", "extraction")
    every: int = 4
    name: str | None = None

    def default_name(self) -> str:
        return f"Recall 1/{self.every}"

    def summary(self) -> str:
        return "Looks answers up."

    def fit(self, evalset: EvalSet, seed: int, context: FitContext) -> FittedArm:
        parts = (evalset.train, evalset.dev, evalset.test)
        return Recalled({t: g for p in parts for t, g in zip(p.texts, p.labels, strict=True)}, self.every)


def topics() -> EvalSet:
    def split(n: int, start: int) -> Split:
        kinds = ((), ("a",), ("a", "b"))
        return Split(
            tuple(f"text {'x' * (i % 9)} {i}" for i in range(start, start + n)),
            tuple(kinds[i % 3] for i in range(n)),
        )

    return EvalSet("Topics", MultiLabel(("a", "b")), split(30, 0), split(12, 100), split(40, 200))


@pytest.mark.parametrize(
    "data",
    [topics(), clinical_entities(30, 12, 40, 0), clinical_fields(30, 12, 40, 0)],
    ids=lambda data: data.task.kind,
)
def test_compare(data: EvalSet, tmp_path: Path) -> None:
    arms = [Recall(3), Recall(5)]
    result = compare(data, arms, seeds=1, run_dir=tmp_path, isolate=False)
    again = compare(data, arms, seeds=1, run_dir=tmp_path, isolate=False)
    assert [arm.cached for arm in again.arms] == [True, True]
    for arm, cached in zip(result.arms, again.arms, strict=True):
        assert arm.status == "ok", arm.failure
        assert arm.score is not None
        assert 0 < arm.score.value < 1
        assert arm.score == cached.score
        assert set(arm.other_scores) == set(data.task.metrics) - {data.task.metric}
        assert [row.label for row in arm.labels] == list(data.task.labels)
        assert arm.confusion == []
        assert arm.examples
        assert all(example.predicted is None for example in arm.examples)
    assert result.data.metric == data.task.metric
    assert set(result.data.label_counts["test"]) <= set(data.task.labels)
    file = result.to_json(tmp_path / "result.json")
    assert load(file) == result
    assert data.task.labels[0] in result.to_html(tmp_path / "report.html").read_text()


def test_an_engagement_names_a_schema_beside_itself(tmp_path: Path) -> None:
    import json

    (tmp_path / "fields.json").write_text(json.dumps(FIELDS_SCHEMA))
    data = clinical_fields(30, 12, 40, 0)
    for part in ("train", "test"):
        split: Split = getattr(data, part)
        rows = zip(split.texts, split.labels, split.groups or (), strict=True)
        lines = [json.dumps({"text": t, "record": r, "site": g}) for t, r, g in rows]
        (tmp_path / f"{part}.jsonl").write_text("\n".join(lines))
    file = tmp_path / "engagement.yaml"
    file.write_text(
        "data: {train: train.jsonl, test: test.jsonl, task: extraction, schema: fields.json, group: site}\n"
        "arms: [{kind: majority}]\n"
    )
    plan = read_engagement(file)
    task = plan.evalset(tmp_path).task
    assert isinstance(task, Extraction)
    assert task.schema == FIELDS_SCHEMA
    done = CliRunner().invoke(cli.app, ["check", str(file)])
    assert done.exit_code == 0, done.stdout
    files = [str(tmp_path / "train.jsonl"), str(tmp_path / "test.jsonl"), "--task", "extraction"]
    done = CliRunner().invoke(cli.app, ["check", *files, "--setting", f"schema={tmp_path / 'fields.json'}"])
    assert done.exit_code == 0, done.stdout
    assert "tiny_test" in done.stdout
    file.write_text(file.read_text().replace("schema:", "shema:"))
    with pytest.raises(DecideError, match=r"data\.shema: is no option .*Did you mean schema\?"):
        read_engagement(file)


def test_keys_of_other_tasks_are_refused() -> None:
    with pytest.raises(ValueError, match="'schema' is no option of reading text_classification"):
        DataConfig(train=Path("a.csv"), test=Path("b.csv"), schema="x.json")  # type: ignore[call-arg]
