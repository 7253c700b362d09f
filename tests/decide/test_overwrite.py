"""What is done with results that are there already."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import decide
from arms import FitContext
from arms.domain_adapted import DomainAdapted
from decide import cli
from decide.engagement import read_engagement
from decide.orchestrate import Event
from evalsets import EvalSet
from tests.decide.test_compare import Fixed


def files(folder: Path) -> dict[str, int]:
    return {f.name: f.stat().st_mtime_ns for f in (folder / "runs").iterdir()}


def test_all_computes_everything_anew_and_each_run_once(toy: EvalSet, tmp_path: Path) -> None:
    log = tmp_path / "log"
    arm = Fixed(log=str(log))
    first = decide.compare(toy, [arm], run_dir=tmp_path, seeds=2, isolate=False)
    before = files(tmp_path)
    again = decide.compare(toy, [arm], run_dir=tmp_path, seeds=2, isolate=False, overwrite="all")
    assert log.read_text().split() == ["0", "1", "0", "1"]
    assert files(tmp_path).keys() == before.keys()
    assert all(files(tmp_path)[name] > when for name, when in before.items())
    assert not again.arms[0].cached
    assert again.arms[0].score == first.arms[0].score
    decide.compare(toy, [arm], run_dir=tmp_path, seeds=2, isolate=False)
    assert len(log.read_text().split()) == 4


def test_a_run_that_fails_when_made_anew_leaves_the_old_one(toy: EvalSet, tmp_path: Path) -> None:
    decide.compare(toy, [Fixed()], run_dir=tmp_path, seeds=1, isolate=False)
    before = files(tmp_path)

    class Failing(Fixed):
        def fit(self, *_: Any) -> Any:
            raise RuntimeError("the disk is on fire")

    result = decide.compare(toy, [Failing()], run_dir=tmp_path, seeds=1, isolate=False, overwrite="all")
    assert "on fire" in (result.arms[0].failure or "")
    assert files(tmp_path) == before


def test_never_computes_nothing_and_says_what_is_missing(toy: EvalSet, tmp_path: Path) -> None:
    log = tmp_path / "log"
    there, missing = Fixed(log=str(log)), Fixed(answer="network", log=str(log))
    decide.compare(toy, [there], run_dir=tmp_path, seeds=1, isolate=False)
    events: list[Event] = []
    result = decide.compare(
        toy,
        [there, missing],
        run_dir=tmp_path,
        seeds=1,
        isolate=False,
        overwrite="never",
        on_event=events.append,
    )
    assert log.read_text().split() == ["0"]
    assert [e.kind for e in events] == ["arm_cached", "arm_failed"]
    why = result.arm("Fixed network").failure or ""
    assert "not in" in why
    assert "overwrite='never' computes nothing" in why
    assert "overwrite='only-missing'" in why
    assert result.recommendation.arm == "Fixed billing"


def test_never_measures_no_gap(toy: EvalSet, tiny_encoder: Path, tmp_path: Path) -> None:
    arms = [decide.Majority(), DomainAdapted(str(tiny_encoder))]
    result = decide.compare(toy, arms, run_dir=tmp_path, seeds=1, isolate=False, overwrite="never")
    assert "overwrite='never'" in result.gap_missing
    assert {arm.status for arm in result.arms} == {"failed"}


def test_another_word_is_refused(toy: EvalSet, tmp_path: Path) -> None:
    with pytest.raises(decide.DecideError, match=r"overwrite is 'some'.*only-missing, all, never"):
        decide.compare(toy, [Fixed()], run_dir=tmp_path, overwrite="some")  # type: ignore[arg-type]
    file = tmp_path / "engagement.yaml"
    file.write_text("data: {train: a.csv}\narms: [{kind: majority}]\noverwrite: some\n")
    with pytest.raises(decide.DecideError, match=r"overwrite: Input should be 'only-missing', 'all' or"):
        read_engagement(file)
    file.write_text(file.read_text().replace("some", "all"))
    assert read_engagement(file).overwrite == "all"
    done = CliRunner().invoke(cli.app, ["compare", str(file), "--overwrite", "some"])
    assert "only-missing, all, never" in str(done.exception)


def test_all_adapts_the_encoder_anew_once_for_all_seeds(
    toy: EvalSet, tiny_encoder: Path, tmp_path: Path
) -> None:
    import time

    arm = DomainAdapted(str(tiny_encoder), rung="vocabulary", epochs=1, new_tokens=2)
    data = replace(toy, train=toy.train.take(range(40)))

    def sealed(since: float) -> float:
        arm.fit(data, 0, FitContext(tmp_path, since=since)).close()
        return next(tmp_path.glob("adapted-*/complete.json")).stat().st_mtime_ns

    first = sealed(0.0)
    assert sealed(0.0) == first
    began = time.time()
    second = sealed(began)
    assert second > first
    assert sealed(began) == second


def test_a_truncated_adapted_encoder_is_made_again(toy: EvalSet, tiny_encoder: Path, tmp_path: Path) -> None:
    arm = DomainAdapted(str(tiny_encoder), rung="vocabulary", epochs=1, new_tokens=2)
    want = arm.fit(toy, 0, FitContext(tmp_path)).predict(toy.test.texts).values
    weights = next(tmp_path.glob("adapted-*/model.safetensors"))
    weights.write_bytes(weights.read_bytes()[:1000])
    assert arm.fit(toy, 0, FitContext(tmp_path)).predict(toy.test.texts).values == want
    assert len(list(tmp_path.glob("adapted-*.damaged"))) == 1
