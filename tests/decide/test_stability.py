"""Flip rates, repetitions and models that may change under their name."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as plain_data

import decide
from arms import Arm, FitContext, FittedArm, Predictions, register_arm
from arms.base import FitRecord
from arms.llm import FakeServer
from arms.llm.pinning import snapshot, why_unpinned
from decide.comparison import Comparison
from decide.engagement import read_engagement
from decide.protocols.served import served_model
from decide.protocols.stability import flips, same
from decide.run import QUICK, Measure, execute, run_key
from decide.store import RunStore
from evalsets import EvalSet
from evalsets.spans import Span


@dataclass
class Rule(FittedArm):
    answers: Any
    record: FitRecord

    def predict(self, texts: Sequence[str]) -> Predictions:
        return Predictions(values=[self.answers(text) for text in texts])


@register_arm
@plain_data(frozen=True, config=ConfigDict(extra="forbid"))
class Drifting(Arm):
    """Answers "billing" to texts that start late in the alphabet; where that is, a file counts up."""

    kind: ClassVar[str] = "test_drifting"
    counter: str
    fails_at: int = 99
    name: str | None = None

    def default_name(self) -> str:
        return "Drifting"

    def summary(self) -> str:
        return "Changes its mind."

    def fit(self, evalset: EvalSet, seed: int, context: FitContext) -> FittedArm:
        file = Path(self.counter)
        made = len(file.read_text().split()) if file.exists() else 0
        if made >= self.fails_at:
            raise RuntimeError("no more")
        (context.artifacts / "trained").touch(exist_ok=False)
        with file.open("a") as stream:
            stream.write(f"{seed}\n")
        rng = random.Random(made)
        letters = set(rng.sample("abcdefghilmnoprstuwy", 12))
        return Rule(lambda text: "billing" if text[0] in letters else "network", FitRecord())


def test_flip_rate_is_the_mean_over_pairs_and_its_interval_holds_it() -> None:
    runs = [["a", "b", "c", "a"], ["a", "b", "c", "b"], ["a", "c", "c", "b"]]
    found = flips(runs)
    assert (found.pairs, found.items) == (3, 4)
    assert (found.least, found.most) == (0.25, 0.5)
    assert found.rate.value == pytest.approx((0.25 + 0.5 + 0.25) / 3)
    assert found.rate.low is not None
    assert found.rate.high is not None
    assert found.rate.low <= found.rate.value <= found.rate.high


def test_no_flip_among_few_items_still_has_an_upper_bound() -> None:
    one = flips([["a"] * 20, ["a"] * 20])
    several = flips([["a"] * 20] * 3)
    for found in (one, several):
        assert found.rate.value == found.rate.low == 0
        assert found.rate.high == pytest.approx(0.1611, abs=1e-4)  # Wilson's for 0 of 20


@pytest.mark.parametrize(
    ("first", "second", "equal"),
    [
        ((Span(0, 3, "x"), Span(5, 8, "y")), (Span(5, 8, "y"), Span(0, 3, "x")), True),
        ((Span(0, 3, "x"),), (Span(0, 3, "y"),), False),
        (("a", "b"), ("a",), False),
        ({"name": "A", "dose": None}, {"name": "A", "dose": "5"}, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        (None, None, True),
        (None, (), False),
    ],
)
def test_an_item_changes_when_any_part_of_its_answer_does(first: Any, second: Any, equal: bool) -> None:
    assert same(first, second) is equal


def test_without_repeats_the_record_says_that_it_was_not_measured(toy: EvalSet, tmp_path: Path) -> None:
    result = decide.compare(toy, [decide.Majority()], run_dir=tmp_path, isolate=False, seeds=2)
    assert result.stability is not None
    (arm,) = result.stability.arms
    assert (result.stability.repeats, arm.repeats, arm.between_seeds) == (1, None, None)
    assert arm.seeds_missing == "chance has no part in it"
    assert "made once" in arm.repeats_missing
    assert len(list((tmp_path / "runs").iterdir())) == 1


def test_a_repetition_trains_anew_and_its_flips_are_counted(toy: EvalSet, tmp_path: Path) -> None:
    arms = [Drifting(counter=str(tmp_path / "made")), decide.Majority()]
    store = RunStore(tmp_path / "runs")
    result = decide.compare(toy, arms, run_dir=store.folder, isolate=False, seeds=1, repeats=2)
    assert (tmp_path / "made").read_text().split() == ["0", "0"]
    assert result.stability is not None
    drifting, fixed = result.stability.arms
    assert drifting.repeats is not None
    first, again = store.get(result.arm("Drifting").run_keys[0]), store.get(drifting.repeats.run_keys[0])
    assert first is not None
    assert again is not None
    assert (first.repeat, again.repeat, again.dev_values) == (0, 1, [])
    expected = sum(a != b for a, b in zip(first.values, again.values, strict=True)) / len(toy.test)
    assert drifting.repeats.flips.rate.value == pytest.approx(expected)
    assert expected > 0
    assert drifting.repeats.scores == [first.score, again.score]
    assert drifting.repeats.scores_agree is (first.score == again.score)
    assert fixed.repeats is not None
    assert fixed.repeats.scores_agree
    assert fixed.repeats.flips.rate.value == 0
    assert fixed.repeats.largest_change == 0.0
    assert f"{expected:.1%}" in drifting.statement

    again_asked = decide.compare(toy, arms, run_dir=store.folder, isolate=False, seeds=1, repeats=2)
    assert again_asked.stability == result.stability
    assert (tmp_path / "made").read_text().split() == ["0", "0"]


def test_a_failed_repetition_leaves_the_rest_of_the_comparison(toy: EvalSet, tmp_path: Path) -> None:
    arms = [Drifting(counter=str(tmp_path / "made"), fails_at=1), decide.Majority()]
    result = decide.compare(toy, arms, run_dir=tmp_path / "runs", isolate=False, seeds=1, repeats=2)
    assert result.arm("Drifting").status == "ok"
    assert result.stability is not None
    assert result.stability.arms[0].repeats is None
    assert "the repetition failed: RuntimeError: no more" in result.stability.arms[0].repeats_missing


def test_seeds_that_disagree_are_counted(toy: EvalSet, tmp_path: Path) -> None:
    runs = []
    arm = Drifting(counter=str(tmp_path / "made"))
    for seed in (0, 1, 2):
        folder = tmp_path / f"kept-{seed}"
        folder.mkdir()
        runs.append(execute(arm, toy, seed, FitContext(folder), QUICK))
    found = flips([run.answers(toy.task) for run in runs], toy.test.groups)
    assert 0 < found.rate.value < 1
    assert found.pairs == 3


def test_an_engagement_can_ask_for_repetitions(tmp_path: Path) -> None:
    file = tmp_path / "e.yaml"
    file.write_text("data: {train: t.csv, test: u.csv}\narms: [{kind: majority}]\nrepeats: 2\n")
    assert read_engagement(file).repeats == 2
    file.write_text(file.read_text().replace("repeats: 2", "repeats: 0"))
    with pytest.raises(decide.DecideError, match="repeats: Input should be greater than or equal to 1"):
        read_engagement(file)


def test_fewer_than_one_run_is_refused(toy: EvalSet) -> None:
    with pytest.raises(decide.DecideError, match="at least once"):
        decide.compare(toy, [decide.Majority()], repeats=0)


def test_a_repetition_has_a_key_of_its_own(toy: EvalSet) -> None:
    arm = decide.Majority()
    keys = {run_key(arm, toy, 0, Measure(repeat=n)) for n in range(3)}
    assert len(keys) == 3
    assert run_key(arm, toy, 0) in keys


def test_threads_are_part_of_the_key(toy: EvalSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    before = run_key(decide.Majority(), toy, 0)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert run_key(decide.Majority(), toy, 0) != before


@pytest.mark.parametrize(
    "model",
    [
        "gpt-4o-2024-08-06",
        "claude-sonnet-4-20250514",
        "claude-3-5-sonnet@20240620",
        "anthropic.claude-3-5-sonnet-20241022-v2:0",
        "ft:gpt-4o-mini-2024-07-18:org::abc",
        "gpt-4-0613",
        "gpt-4-1106-preview",
        "mistral-large-2407",
        "command-r-08-2024",
        "gemini-2.0-flash-001",
        "Qwen/Qwen3-8B@9c925d64d72725edaf899c6cb9c377fd0709d9c5",
        "model@sha256:0f1e2d3c4b5a",
    ],
)
def test_dated_numbered_and_hashed_names_are_pinned(model: str) -> None:
    assert snapshot(model)
    assert why_unpinned(model) is None


@pytest.mark.parametrize(
    "model",
    [
        "gpt-5-mini",
        "gpt-4o",
        "claude-3-5-sonnet-latest",
        "chatgpt-4o-latest",
        "mistral-large-latest",
        "gemini-2.5-pro",
        "llama3:8b",
        "llama-3.1-70b-versatile",
        "Qwen/Qwen3-8B",
        "Qwen/Qwen3-8B@main",
        "mixtral-8x7b-32768",
        "deepseek-chat",
    ],
)
def test_other_names_may_move_on(model: str) -> None:
    assert snapshot(model) is None
    assert model in (why_unpinned(model) or "")
    assert why_unpinned(model, pinned=True) is None


def prompted(fake: FakeServer, model: str = "fake", pinned: bool | None = None) -> decide.Prompted:
    server = decide.OpenAIServer(base_url=fake.base_url, api_key_env=None, pinned=pinned)
    return decide.Prompted(model, server=server, shots=1, name="Asked")


@pytest.fixture(scope="module")
def asked(small: EvalSet, tmp_path_factory: pytest.TempPathFactory) -> tuple[Comparison, int]:
    """A comparison of one arm that asks a server, and how many requests that took."""
    with FakeServer() as fake:
        folder = tmp_path_factory.mktemp("asked")
        made = decide.compare(small, [prompted(fake)], run_dir=folder, isolate=False, seeds=2, repeats=2)
        return made, len(fake.chats())


def test_a_moving_name_is_marked_and_the_snapshot_that_answered_is_named(
    asked: tuple[Comparison, int], small: EvalSet
) -> None:
    result, requests = asked
    assert result.stability is not None
    arm = result.stability.arms[0]
    assert arm.served is not None
    assert (arm.served.pinned, arm.served.unstable) == (False, True)
    assert arm.served.reported == ["fake-2026-01-01"]
    assert arm.served.system_fingerprints == ["fp_fake"]
    assert "ask for that name to pin it" in arm.served.statement
    assert any("Pin the model of Asked" in step for step in result.recommendation.next_steps)
    assert arm.repeats is not None
    assert arm.repeats.flips.rate.value == 0
    assert requests > 3 * len(small.test)  # two seeds and a repetition, which asks again


def test_what_determines_the_answers_of_a_language_model_is_recorded(
    asked: tuple[Comparison, int], small: EvalSet
) -> None:
    arm = asked[0].arm("Asked")
    assert arm.facts["prompt"].startswith("[system]\n")
    assert "…" in arm.facts["prompt"]
    assert not any(text in arm.facts["prompt"] for text in small.test.texts)
    assert (
        "1 that show each label, taken from train in an order made by seed 0: items "
        in (arm.facts["examples_chosen"])
    )
    assert arm.facts["sampling_temperature"] == 0
    assert [f["prompt"] == arm.facts["prompt"] for f in arm.seed_facts] == [True, False]
    assert arm.conditions["python"]
    assert any(name.startswith("threads_of_") for name in arm.conditions)


def test_the_user_can_say_that_a_name_is_pinned(small: EvalSet, tmp_path: Path) -> None:
    with FakeServer() as fake:
        arm = prompted(fake, pinned=True)
        assert arm.config()["server"]["pinned"] is True
        assert "pinned" not in prompted(fake).config()["server"]
        result = decide.compare(small, [arm], run_dir=tmp_path, isolate=False, seeds=1)
    assert result.stability is not None
    served = result.stability.arms[0].served
    assert served is not None
    assert (served.pinned, served.unstable, served.why) == (True, False, "")
    assert not any("Pin the model" in step for step in result.recommendation.next_steps)


def test_a_pinned_name_that_answers_as_two_models_is_unstable(small: EvalSet, tmp_path: Path) -> None:
    with FakeServer(model="fake-2026-01-01") as fake:
        arm = prompted(fake, model="fake-2026-01-01")
        run = execute(arm, small, 0, FitContext(tmp_path), QUICK)
        moved = run.model_copy(
            update={"facts": {**run.facts, "model_reported": ["other"], "system_fingerprint": "fp_2"}}
        )
    found = served_model(arm, [run, moved])
    assert found is not None
    assert (found.pinned, found.unstable) == (True, True)
    assert found.reported == ["fake-2026-01-01-2026-01-01", "other"]
    assert "changed between answers" in found.statement
