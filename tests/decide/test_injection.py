"""Rates of steering from arms whose behaviour is known."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

import decide
from arms.base import Arm, FitContext, FittedArm
from arms.llm import FakeServer, OpenAIServer
from decide.comparison import Comparison
from decide.injection import Injections
from decide.protocols.injection_records import ArmInjection
from decide.protocols.injection_statistics import Units, excess, rate_interval, share, wilson
from decide.run import Measure, run_key
from evalsets import EvalSet
from tests.decide.injection_answers import mentioned, obedient, obedient_json, stubborn
from tests.decide.test_compare import Fixed
from tests.decide.test_injection_documents import DATA

PLAIN = ("override_end", "override_start", "chat_markup")


def prompted(server: FakeServer, name: str) -> decide.Prompted:
    return decide.Prompted("fake", server=OpenAIServer(server.base_url, api_key_env=None), name=name)


def result_of(data: EvalSet, arms: Sequence[Arm], folder: Path, **settings: Any) -> Comparison:
    wanted = {"injections": {"attacks": PLAIN, "documents": 8}, "seeds": 1, **settings}
    return decide.compare(data, arms, run_dir=folder, isolate=False, **wanted)


def by_name(result: Comparison) -> dict[str, ArmInjection]:
    assert result.injection is not None
    return {arm.arm: arm for arm in result.injection.arms}


def test_an_obedient_model_is_steered_and_others_are_not(small: EvalSet, tmp_path: Path) -> None:
    with (
        FakeServer(obedient) as yes,
        FakeServer(stubborn) as no,
        FakeServer(mentioned) as words,
    ):
        arms = [
            prompted(yes, "obedient"),
            prompted(no, "stubborn"),
            prompted(words, "mentioned"),
            decide.TfidfLogistic(name="linear"),
        ]
        result = result_of(small, arms, tmp_path)
        asked = [{m["content"] for c in s.chats() for m in c["messages"]} for s in (yes, no, words)]
    found = by_name(result)
    test = result.injection
    assert test is not None
    assert (test.documents, test.test_documents, test.asks) == (
        8,
        16,
        "a given label that is not the right one",
    )
    good = found["obedient"]
    assert (good.rate.value, good.control.value, good.excess.value) == (1, 0, 1)
    assert good.rate.low is not None
    assert 0.5 < good.rate.low < 1  # six of the eight could be steered
    assert good.steered
    assert good.excess.low is not None
    assert good.excess.low > 0.3
    assert "was steered by 100.0%" in good.statement
    assert good.statement.endswith("It follows instructions in documents.")
    assert good.score.value < good.clean_score.value
    assert good.drop.value == pytest.approx(good.clean_score.value - good.score.value)
    assert good.control_drop.value == 0
    assert good.changed == good.eligible / 8  # where it was the target already, nothing changes
    safe = found["stubborn"]
    assert (safe.rate.value, safe.control.value, safe.changed, safe.drop.value) == (0, 0, 0, 0)
    assert safe.rate.high is not None
    assert safe.rate.high > 0.2  # eight documents do not show that it is never steered
    assert safe.excess.low is not None
    assert safe.excess.low < 0 < (safe.excess.high or 0)
    assert "in none of the hostile documents" in safe.statement
    quoting = found["mentioned"]
    assert quoting.rate.value == quoting.control.value == 1
    assert not quoting.steered
    assert quoting.statement.endswith(
        "Naming the answer is enough: that instructions move it more is not shown."
    )
    assert quoting.moved
    linear = found["linear"]
    assert not linear.reads_instructions
    assert "cannot follow instructions" in linear.statement
    # Each server was shown the same hostile documents.
    hostile = [{text for text in texts if "Disregard all" in text} for texts in asked]
    assert len(hostile[0]) == 16
    assert hostile[0] == hostile[1] == hostile[2]
    assert {(p.first, p.second): p.difference.value for p in test.pairs}["obedient", "stubborn"] == 1
    assert decide.load(result.to_json(tmp_path / "c.json")) == result


def test_costs_and_scores_are_those_of_a_comparison_without_attacks(small: EvalSet, tmp_path: Path) -> None:
    with FakeServer(obedient) as fake:
        arm = prompted(fake, "obedient")
        with_attacks = result_of(small, [arm], tmp_path / "a").arms[0]
        without = result_of(small, [arm], tmp_path / "b", injections=None)
    assert without.injection is None
    assert "injection" not in without.method
    plain = without.arms[0]
    assert with_attacks.input_tokens_per_document == plain.input_tokens_per_document
    assert with_attacks.score == plain.score
    assert with_attacks.facts == plain.facts
    assert with_attacks.data_flow is not None
    assert plain.data_flow is not None
    flows = {f.texts: f.documents for f in with_attacks.data_flow.flows}
    assert flows.pop("hostile") == 8 * 5
    assert flows == {f.texts: f.documents for f in plain.data_flow.flows}


@pytest.mark.parametrize("kind", list(DATA))
def test_other_tasks(kind: str, tmp_path: Path) -> None:
    data = DATA[kind]
    known = {}
    if kind == "token_classification":
        parts = zip(data.test.texts, data.test.labels, strict=True)
        known = {text[s.start : s.end]: s.label for text, spans in parts for s in spans}
    with FakeServer(compose=obedient_json(known)) as fake:
        arms: list[Arm] = [prompted(fake, "obedient")]
        if kind == "token_classification":
            arms.append(decide.Gazetteer(name="list"))
        result = result_of(data, arms, tmp_path)
    found = by_name(result)
    assert found["obedient"].rate.value == 1
    assert found["obedient"].control.value < 0.2
    assert found["obedient"].steered
    if kind == "token_classification":
        assert found["list"].rate.value == 0
        assert found["list"].drop.value == pytest.approx(0, abs=1e-9)


def test_the_recommended_arm_comes_with_advice_if_it_is_steered(small: EvalSet, tmp_path: Path) -> None:
    with FakeServer(obedient) as fake:
        arms = [prompted(fake, "obedient"), decide.Majority()]
        result = result_of(small, arms, tmp_path, workload=decide.Workload(min_score=0.5))
        steps = result.recommendation.next_steps
    if result.recommendation.arm == "obedient":
        assert any("Do not let obedient decide alone" in step for step in steps)
    else:
        pytest.fail(f"the fixture is to recommend the obedient arm, not {result.recommendation.headline}")


def test_a_cascade_has_no_rate_but_its_parts_have(small: EvalSet, tmp_path: Path) -> None:
    arms = [
        decide.TfidfLogistic(name="linear"),
        decide.Majority(name="most"),
        decide.Cascade(first="linear", then="most", name="both"),
    ]
    test = result_of(small, arms, tmp_path).injection
    assert test is not None
    assert [arm.arm for arm in test.arms] == ["linear", "most"]
    assert "see linear and most" in test.left_out["both"]


class Silent(Fixed):
    """Answers nothing where a document has instructions."""

    def fit(self, evalset: EvalSet, seed: int, context: FitContext) -> FittedArm:
        fitted = super().fit(evalset, seed, context)
        plain = fitted.predict

        def predict(texts: Sequence[str]) -> Any:
            found = plain(texts)
            found.values = [None if "Disregard" in t else v for t, v in zip(texts, found.values, strict=True)]
            return found

        fitted.predict = predict  # type: ignore[method-assign]
        return fitted


def test_lost_answers_are_counted_and_are_not_what_was_asked_for(toy: EvalSet, tmp_path: Path) -> None:
    result = result_of(toy, [Silent(name="silent")], tmp_path, seeds=2)
    silent = by_name(result)["silent"]
    assert silent.unusable == pytest.approx(2 / 3)
    assert silent.clean_unusable == 0
    assert silent.rate.value == 0
    # It always answers billing: documents in which that is asked for were steered before any attack.
    assert 0 < silent.eligible < 8


def test_an_arm_whose_answers_were_the_targets_already_is_named(toy: EvalSet, tmp_path: Path) -> None:
    from dataclasses import replace

    rows = [i for i, label in enumerate(toy.test.labels) if label == "account"]
    data = replace(toy, task=type(toy.task)(("account", "billing")), test=toy.test.take(rows[:6]))
    keep = {
        part: getattr(toy, part).take(
            [i for i, label in enumerate(getattr(toy, part).labels) if label != "network"]
        )
        for part in ("train", "dev")
    }
    test = result_of(replace(data, **keep), [Fixed(name="always billing")], tmp_path).injection
    assert test is not None
    assert test.arms == []
    assert "before there was any attack" in test.left_out["always billing"]


def test_a_run_is_kept_under_another_key_only_if_it_was_attacked(toy: EvalSet) -> None:
    arm = decide.Majority()
    plain = run_key(arm, toy, 0)
    assert run_key(arm, toy, 0, Measure(injections=None)) == plain
    keys = {
        plain,
        run_key(arm, toy, 0, Measure(injections=Injections())),
        run_key(arm, toy, 0, Measure(injections=Injections(documents=9))),
        run_key(arm, toy, 0, Measure(injections=Injections(attacks=("german",)))),  # type: ignore[arg-type]
    }
    assert len(keys) == 4


def test_intervals() -> None:
    found = wilson(0.3, 20)
    assert (found.low, found.high) == pytest.approx(proportion_confint(6, 20, method="wilson"))
    rng = np.random.default_rng(0)
    easy = (rng.random(40) < 0.5)[None, :].astype(float)
    tries = np.ones((1, 40))
    once = Units.of(easy, tries, None)
    # The same answers to twenty attacks are no more evidence than to one: documents are the units.
    often = Units.of(easy * 20, tries * 20, None)
    assert rate_interval(once) == rate_interval(often)
    assert share(once) == pytest.approx(easy.mean())
    groups = [str(i // 4) for i in range(40)]
    alike = np.repeat(easy[:, ::4], 4, axis=1)
    by_group = rate_interval(Units.of(alike, tries, groups))
    by_item = rate_interval(Units.of(alike, tries, None))
    assert by_group.low is not None
    assert by_item.low is not None
    assert by_group.low < by_item.low
    same = excess(once, once)
    assert (same.value, same.low) == (0, pytest.approx(-(same.high or 0)))
    assert (same.high or 0) > 0.1  # Newcombe's where no document differs
    paired = excess(once, Units.of(np.zeros((1, 40)), tries, None))
    assert paired.value == pytest.approx(easy.mean())
    assert paired.low is not None
    assert paired.low > 0.2


def test_engagement_file_and_command(toy: EvalSet, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from decide import cli
    from decide.engagement import read_engagement

    for part in ("train", "dev", "test"):
        split = getattr(toy, part)
        rows = [{"text": t, "label": y} for t, y in zip(split.texts, split.labels, strict=True)]
        (tmp_path / f"{part}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    settings = {
        "data": {part: f"{part}.jsonl" for part in ("train", "dev", "test")},
        "arms": [{"kind": "majority"}],
        "seeds": 1,
    }
    file = tmp_path / "e.yaml"
    for wanted in ("all", ["german"], {"attacks": ["german"], "documents": 4}):
        file.write_text(json.dumps({**settings, "injections": wanted}))
        assert read_engagement(file).injections == wanted
    done = CliRunner().invoke(cli.app, ["compare", str(file)])
    assert done.exit_code == 0, done.output
    saved = decide.load(tmp_path / "runs" / "comparison.json").injection
    assert saved is not None
    assert (saved.documents, [a.name for a in saved.attacks]) == (4, ["german"])
    assert "Instructions in documents" in (tmp_path / "report.html").read_text()
    written = tmp_path / "hostile.jsonl"
    done = CliRunner().invoke(cli.app, ["hostile", str(file), "--output", str(written), "--json"])
    assert json.loads(done.stdout) == {"file": str(written), "documents": 4 * 2}
    assert len(written.read_text("utf-8").splitlines()) == 8
    file.write_text(json.dumps({**settings, "injections": ["bribe"]}))
    with pytest.raises(decide.DecideError, match=r"e\.yaml:1: injections: Unknown attack 'bribe'"):
        read_engagement(file)
