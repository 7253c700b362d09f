"""Arms of a saved comparison run again."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import decide
from arms import Arm, FitContext, FittedArm, arm_from_config
from arms.base import FitRecord
from arms.llm import FakeServer
from decide import cli
from decide.reproduction import reproduce
from decide.source import Source, find_engagement, source_of
from evalsets import DecideError, EvalSet
from tests.decide.test_cli import engagement, write_split
from tests.decide.test_compare import Fixed
from tests.decide.test_stability import Rule

__all__ = ["engagement"]


class Moody(Fixed):
    """The same settings, other answers."""

    kind = "test_fixed"

    def fit(self, evalset: EvalSet, seed: int, context: FitContext) -> FittedArm:
        return Rule(lambda text: "network" if text[0] in "abc" else self.answer, FitRecord())


@pytest.fixture
def saved(engagement: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A comparison of two arms made from an engagement file, in this process."""
    in_process(monkeypatch)
    done = CliRunner().invoke(cli.app, ["compare", str(engagement)])
    assert done.exit_code == 0, done.output
    return engagement.parent / "runs" / "comparison.json"


def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of the command line without a process of their own, which takes seconds to start."""
    monkeypatch.setattr("decide.runner.work_isolated", lambda job, *access: job.work())


def test_an_engagement_is_found_again_and_everything_is_identical(saved: Path) -> None:
    text = saved.read_text()
    assert str(saved.parent.parent) not in json.dumps(json.loads(text)["source"])
    assert json.loads(text)["source"] == {"kind": "engagement", "file": "engagement.yaml", "levels_up": 1}
    before = sorted(p.name for p in (saved.parent / "runs").iterdir())
    found = reproduce(saved, isolate=False)
    assert found.verdict == "identical"
    assert [a.arm for a in found.arms] == ["Majority", "TF-IDF"]
    for arm in found.arms:
        assert arm.then is not None
        assert (arm.difference, arm.equal_predictions, arm.differences) == (0, 1, [])
        assert arm.seed_scores_then == arm.seed_scores_now
    assert found.differences == []
    assert sorted(p.name for p in (saved.parent / "runs").iterdir()) == before
    assert json.loads(found.to_json(saved.with_name("r.json")).read_text())["verdict"] == "identical"


def test_a_moved_comparison_asks_for_the_data(saved: Path, tmp_path: Path, toy: EvalSet) -> None:
    elsewhere = tmp_path / "sent" / "to" / "comparison.json"
    elsewhere.parent.mkdir(parents=True)
    shutil.copy(saved, elsewhere)
    (tmp_path / "engagement.yaml").rename(tmp_path / "kept.yaml")
    with pytest.raises(DecideError, match=r"was made from engagement\.yaml .* not there\. Give"):
        reproduce(elsewhere, isolate=False)
    (tmp_path / "data.yaml").write_text(
        "data: {train: train.jsonl, dev: dev.jsonl, test: test.jsonl, group: site}\n"
    )
    found = reproduce(elsewhere, data=tmp_path / "data.yaml", arms=["TF-IDF"], isolate=False)
    assert found.verdict == "identical"
    assert found.arms[0].equal_predictions is None
    assert "not beside" in found.arms[0].predictions_missing
    again = reproduce(elsewhere, data=tmp_path / "kept.yaml", arms=["Majority"], isolate=False)
    assert again.verdict == "identical"


def test_other_data_are_refused_before_anything_runs(saved: Path, toy: EvalSet) -> None:
    write_split(saved.parent.parent / "train.jsonl", toy.train.take(range(50)))
    with pytest.raises(DecideError, match=r"not those of the comparison.*train 60 then and 50 now"):
        reproduce(saved, isolate=False)
    other = saved.parent / "x.yaml"
    other.write_text("arms: []")
    with pytest.raises(DecideError, match="has no data part"):
        reproduce(saved, data=other)
    other.write_text("data: {test: t.csv}")
    with pytest.raises(DecideError, match=r"x\.yaml:1: data\.train: is missing"):
        reproduce(saved, data=other)


def test_a_comparison_without_source_says_what_to_give(toy: EvalSet) -> None:
    result = decide.compare(toy, [decide.Majority()], isolate=False)
    with pytest.raises(DecideError, match="does not say where its data are"):
        decide.reproduce(result, isolate=False)
    assert decide.reproduce(result, data=toy, isolate=False).verdict == "identical"


def test_changed_answers_are_counted_and_judged(
    toy: EvalSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = decide.compare(toy, [Fixed(name="F")], run_dir=tmp_path, isolate=False, seeds=2)
    file = result.to_json(tmp_path / "comparison.json")
    monkeypatch.setattr(Fixed, "fit", Moody.fit)
    changed = sum(text[0] in "abc" for text in toy.test.texts) / len(toy.test)
    assert changed > 0
    found = decide.reproduce(file, data=toy, isolate=False)
    (arm,) = found.arms
    assert arm.equal_predictions == pytest.approx(1 - changed)
    assert arm.then is not None
    assert arm.now is not None
    assert arm.then.low is not None
    inside = arm.then.low <= arm.now <= (arm.then.high or 0)
    assert arm.verdict == ("within the interval" if inside else "different")
    narrow = result.model_copy(
        update={
            "arms": [
                result.arms[0].model_copy(
                    update={
                        "score": arm.then.model_copy(update={"low": arm.then.value, "high": arm.then.value})
                    }
                )
            ]
        }
    )
    assert decide.reproduce(narrow, data=toy, isolate=False).verdict == "different"
    one = decide.reproduce(file, data=toy, seeds=[1], isolate=False).arms[0]
    assert (one.seeds, len(one.seed_scores_then)) == ([1], 1)


def test_what_differs_around_a_run_is_listed(toy: EvalSet, tmp_path: Path) -> None:
    result = decide.compare(toy, [Fixed(name="F")], run_dir=tmp_path, isolate=False, seeds=1)
    place = result.environment
    old = result.model_copy(
        update={
            "environment": place.model_copy(
                update={"hardware": "an old machine", "versions": {**place.versions, "torch": "0.4"}}
            ),
            "arms": [result.arms[0].model_copy(update={"conditions": {"python": "2.7"}})],
        }
    )
    found = decide.reproduce(old, data=toy, isolate=False)
    assert {d.what: d.then for d in found.differences} == {
        "hardware": "an old machine",
        "version of torch": "0.4",
    }
    assert ("python", "2.7") in [(d.what, d.then) for d in found.arms[0].differences]
    assert any("an old machine then" in line for line in found.lines())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"arms": ["nobody"]}, "No arm is called 'nobody'. Arms are: F, broken"),
        ({"arms": ["broken"]}, "broken has no result to compare with: RuntimeError"),
        ({"seeds": [7]}, "Seed 7 was not run then. Seeds are 0"),
        ({"seeds": []}, "No seed to run with"),
    ],
)
def test_wrong_wishes_are_refused(toy: EvalSet, arguments: dict[str, Any], message: str) -> None:
    arms = [Fixed(name="F"), Fixed(name="broken", fails="now")]
    result = decide.compare(toy, arms, isolate=False, seeds=1)
    with pytest.raises(DecideError, match=message):
        decide.reproduce(result, data=toy, isolate=False, **arguments)


def test_cascades_are_skipped_and_failures_recorded(
    toy: EvalSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arms = [
        decide.TfidfLogistic(name="cheap"),
        Fixed(name="dear"),
        decide.Cascade(first="cheap", then="dear", name="both"),
    ]
    result = decide.compare(toy, arms, isolate=False, seeds=1)

    def broken(self: Fixed, evalset: EvalSet, seed: int, context: FitContext) -> FittedArm:
        raise RuntimeError("lost")

    monkeypatch.setattr(Fixed, "fit", broken)
    found = decide.reproduce(result, data=toy, isolate=False)
    assert {a.arm: a.status for a in found.arms} == {"cheap": "ok", "dear": "failed", "both": "skipped"}
    assert found.failed
    assert found.verdict == "identical"


def test_text_leaves_only_if_said_again(toy: EvalSet, tmp_path: Path) -> None:
    result = decide.compare(toy, [Fixed(name="F")], isolate=False, seeds=1)
    log = tmp_path / "log"
    remote = result.arms[0].model_copy(
        update={"config": {**result.arms[0].config, "host": "api.example.com", "log": str(log)}}
    )
    hostile = result.model_copy(
        update={
            "arms": [remote],
            "workload": decide.Workload(
                text_may_leave=True,
                prices=decide.Prices(input_million_tokens=1, output_million_tokens=1, source="test"),
            ),
        }
    )
    found = decide.reproduce(hostile, data=toy, isolate=False)
    assert found.arms[0].status == "refused"
    assert "api.example.com" in found.arms[0].failure
    assert not log.exists()
    said = decide.reproduce(hostile, data=toy, text_may_leave=True, isolate=False)
    assert said.arms[0].status == "ok", said.arms[0].failure
    assert log.exists()


def test_a_hidden_secret_asks_for_the_engagement(small: EvalSet) -> None:
    with FakeServer() as fake:
        server = decide.OpenAIServer(
            base_url=fake.base_url, api_key_env=None, extra_body={"api_token": "s3cret"}
        )
        arm = decide.Prompted("fake", server=server, name="Asked")
        result = decide.compare(small, [arm], isolate=False, seeds=1)
        found = decide.reproduce(result, data=small, isolate=False)
    assert "s3cret" not in result.model_dump_json()
    assert "was hidden when the comparison was saved" in found.arms[0].failure


def test_a_prompted_model_is_asked_again(small: EvalSet) -> None:
    with FakeServer() as fake:
        server = decide.OpenAIServer(base_url=fake.base_url, api_key_env=None)
        arm = decide.Prompted("fake", server=server, shots=1, name="Asked")
        result = decide.compare(small, [arm], isolate=False, seeds=1)
        before = len(fake.chats())
        assert decide.reproduce(result, data=small, isolate=False).verdict == "identical"
        assert len(fake.chats()) >= before + len(small.test)


@pytest.mark.parametrize("key", ["../../outside", "/etc/hostname", "A" * 64, "0" * 63])
def test_run_keys_of_unknown_origin_lead_nowhere(toy: EvalSet, tmp_path: Path, key: str) -> None:
    folder = tmp_path / "runs-of-it"
    result = decide.compare(toy, [Fixed(name="F")], run_dir=folder, isolate=False, seeds=1)
    outside = tmp_path / "outside.json"
    outside.write_text("{}")
    arm = result.arms[0].model_copy(update={"run_keys": [key]})
    file = result.model_copy(update={"arms": [arm]}).to_json(folder / "comparison.json")
    found = decide.reproduce(file, data=toy, isolate=False)
    assert found.arms[0].equal_predictions is None
    assert outside.read_text() == "{}"  # a file that is no run would be set aside


@pytest.mark.parametrize("name", ["../x.yaml", "/etc/passwd", "a/b.yaml", "..", "C:x.yaml", "a\\b"])
def test_a_source_names_no_other_folder(name: str) -> None:
    with pytest.raises(ValueError, match="bare name"):
        Source(kind="engagement", file=name, levels_up=1)


def test_a_source_is_seen_from_the_saved_file(tmp_path: Path) -> None:
    engagement = tmp_path / "e.yaml"
    engagement.touch()
    saved = tmp_path / "a" / "b" / "comparison.json"
    source = source_of(engagement, saved)
    assert source == Source(kind="engagement", file="e.yaml", levels_up=2)
    assert find_engagement(source, saved) == engagement.resolve()
    assert source_of(tmp_path / "a" / "e.yaml", tmp_path / "elsewhere" / "c.json") is None


def test_the_demo_finds_its_data_and_arms_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from decide import demo

    monkeypatch.setattr(demo, "demo_arms", lambda: [decide.Majority()])
    monkeypatch.setattr(demo, "SIZES", {"train": 30, "dev": 10, "test": 20, "unlabeled": 5})
    in_process(monkeypatch)
    demo.run_demo(tmp_path, lambda event: None)
    found = decide.reproduce(tmp_path / "comparison.json", isolate=False)
    assert found.verdict == "identical"
    assert found.arms[0].equal_predictions == 1


def invoke(*arguments: str | Path) -> Any:
    return CliRunner().invoke(cli.app, ["reproduce", *map(str, arguments)])


def test_exit_codes_of_the_command(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = invoke(saved.parent, "--arm", "Majority")
    assert done.exit_code == 0, done.output
    assert "Majority (seed 0): identical." in done.stdout
    assert "Verdict: identical." in done.stdout
    record = json.loads(invoke(saved, "--json").stdout.splitlines()[-1])
    assert record["verdict"] == "identical"

    data = json.loads(saved.read_text())
    data["arms"][0]["seed_scores"] = [data["arms"][0]["seed_scores"][0] + 1e-9]
    saved.write_text(json.dumps(data))
    assert invoke(saved, "--arm", "Majority").exit_code == 0
    assert invoke(saved, "--arm", "Majority", "--exact").exit_code == 4
    data["arms"][0]["score"].update(low=0.9, high=0.95)
    saved.write_text(json.dumps(data))
    assert invoke(saved, "--arm", "Majority").exit_code == 4
    data["arms"][0]["config"]["kind"] = "magic"
    saved.write_text(json.dumps(data))
    broken = invoke(saved, "--arm", "Majority")
    assert broken.exit_code == 3
    assert "Unknown arm kind 'magic'" in broken.stdout

    monkeypatch.setattr(sys, "argv", ["decide", "reproduce", str(saved), "--arm", "nobody"])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 1


@pytest.mark.parametrize(
    "arm",
    [
        decide.Majority(),
        decide.TfidfLogistic(),
        decide.FineTuned("owner/model", learning_rate=(2e-5, 5e-5)),
        decide.DomainAdapted("owner/model", rung="vocabulary+task_text"),
        decide.Prompted("owner/model", shots=(0, 4), server=decide.VLLMServer(extra_args=("--seed", "1"))),
        decide.LoRA("owner/model"),
        decide.Prompted(
            "m", server=decide.OpenAIServer(base_url="http://localhost:1/v1", api_key_env=None, pinned=True)
        ),
        decide.CRF(),
        decide.Gazetteer(),
        decide.FieldPatterns(),
        decide.NearestExample(),
        decide.Cascade(first="a", then="b"),
    ],
    ids=lambda arm: arm.kind,
)
def test_every_arm_is_rebuilt_from_what_is_saved(arm: Arm) -> None:
    saved = json.loads(json.dumps(arm.config()))
    rebuilt = arm_from_config({**saved, "name": "as it was"})
    assert rebuilt.config() == arm.config()
    assert rebuilt.label == "as it was"
