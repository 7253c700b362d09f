import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

import decide
from arms import Arm, FitContext, FittedArm, Location, Predictions, register_arm
from arms.base import FitRecord
from decide.orchestrate import Event
from evalsets import EvalSet


class Echo(FittedArm):
    def __init__(self, answer: str | None) -> None:
        self.record, self.answer = FitRecord(seconds={"training": 1.0}), answer

    def predict(self, texts: Any) -> Predictions:
        why = None if self.answer else "unreadable answer"
        return Predictions(values=[self.answer] * len(texts), errors=[why] * len(texts))


@register_arm
@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Fixed(Arm):
    kind: ClassVar[str] = "test_fixed"
    answer: str | None = "billing"
    fails: str = ""
    host: str = ""
    log: str = ""
    name: str | None = None

    def default_name(self) -> str:
        return f"Fixed {self.answer}"

    def summary(self) -> str:
        return "Always the same."

    def destinations(self) -> tuple[Location, ...]:
        return (Location(self.host, remote=True),) if self.host else (Location(),)

    def fit(self, evalset: EvalSet, seed: int, context: FitContext) -> FittedArm:
        if self.log:
            with Path(self.log).open("a") as stream:
                stream.write(f"{seed}\n")
        if self.fails == "now" or self.fails == str(seed):
            raise RuntimeError("the disk is on fire")
        return Echo(self.answer)


def test_compare_end_to_end_in_isolated_processes(toy: EvalSet, tmp_path: Path) -> None:
    events: list[Event] = []
    arms = [decide.Majority(), decide.TfidfLogistic()]
    result = decide.compare(toy, arms, run_dir=tmp_path, on_event=events.append)
    assert [e.kind for e in events] == ["arm_started", "unit_started", "unit_finished", "arm_finished"] * 2
    best = result.arm("TF-IDF + logistic regression")
    assert result.recommendation.arm == best.name
    assert best.score is not None
    assert best.score.low is not None
    assert best.score.low <= best.score.value <= (best.score.high or 0)
    assert best.timing is not None
    assert best.timing.latency.p50_ms <= best.timing.latency.p95_ms <= best.timing.latency.p99_ms
    assert best.data_flow is not None
    assert (best.data_flow.destinations, best.data_flow.leaves) == (["this machine"], False)
    assert best.peak_memory_mb
    assert 20 < best.peak_memory_mb < 4000
    assert {g.group: g.seen for g in best.groups} == {"north": True, "south": True, "west": False}
    table = result.table()
    assert list(table["arm"]) == [best.name, "Majority"]
    assert table["p95_ms"].notna().all()

    again: list[Event] = []
    repeated = decide.compare(toy, arms, run_dir=tmp_path, on_event=again.append)
    assert [e.kind for e in again] == ["arm_cached"] * 2
    assert repeated.arm(best.name).cached
    assert repeated.arm(best.name).score == best.score
    assert repeated.arm(best.name).timing == best.timing


def test_json_round_trip_and_report(toy: EvalSet, tmp_path: Path) -> None:
    result = decide.compare(toy, [decide.Majority(), Fixed()], isolate=False)
    loaded = decide.load(result.to_json(tmp_path / "c.json"))
    assert loaded == result
    html = loaded.to_html(tmp_path / "deep" / "c.html").read_text()
    assert result.recommendation.headline.split(":")[0] in html
    assert "Fixed billing" in loaded._repr_html_()


def test_one_arm_fails_the_others_finish(toy: EvalSet, tmp_path: Path) -> None:
    result = decide.compare(toy, [Fixed(fails="now"), decide.Majority()], run_dir=tmp_path, isolate=True)
    broken = result.arm("Fixed billing")
    assert broken.status == "failed"
    assert broken.failure == "RuntimeError: the disk is on fire"
    assert result.recommendation.arm == "Majority"


def test_seeds_finished_before_a_failure_are_kept(toy: EvalSet, tmp_path: Path) -> None:
    log = tmp_path / "log"
    decide.compare(toy, [Fixed(fails="2", log=str(log))], run_dir=tmp_path, isolate=False)
    decide.compare(toy, [Fixed(fails="2", log=str(log))], run_dir=tmp_path, isolate=False)
    assert log.read_text().split() == ["0", "1", "2", "2"]


def test_more_seeds_compute_only_what_is_missing(toy: EvalSet, tmp_path: Path) -> None:
    log = tmp_path / "log"
    decide.compare(toy, [Fixed(log=str(log))], run_dir=tmp_path, isolate=False, seeds=1)
    decide.compare(toy, [Fixed(log=str(log))], run_dir=tmp_path, isolate=False, seeds=3)
    assert log.read_text().split() == ["0", "1", "2"]


def test_text_does_not_leave_unless_allowed(toy: EvalSet, tmp_path: Path) -> None:
    log = tmp_path / "log"
    remote = Fixed(host="api.example.com", log=str(log), name="remote")
    result = decide.compare(toy, [remote, decide.Majority()], run_dir=tmp_path, isolate=False)
    assert result.arm("remote").status == "refused"
    assert "api.example.com" in (result.arm("remote").failure or "")
    assert not log.exists()


def test_a_remote_arm_without_a_price_is_refused_before_it_costs(toy: EvalSet, tmp_path: Path) -> None:
    remote = Fixed(host="gateway.invalid", name="remote")
    workload = decide.Workload(text_may_leave=True)
    result = decide.compare(toy, [remote, decide.Majority()], workload=workload, isolate=False)
    assert "No price is known" in (result.arm("remote").failure or "")


def test_unanswered_texts_count_as_errors(toy: EvalSet) -> None:
    result = decide.compare(toy, [Fixed(answer=None, name="mute"), decide.Majority()], isolate=False)
    mute = result.arm("mute")
    assert mute.score is not None
    assert mute.score.value == 0
    assert mute.unanswered == len(toy.test)
    assert mute.unanswered_reasons == {"unreadable answer": 3 * len(toy.test)}
    assert mute.examples[0].predicted is None
    assert mute.examples[0].reason == "unreadable answer"


def test_equal_names_are_refused(toy: EvalSet) -> None:
    with pytest.raises(decide.ArmError, match="Two arms are called 'Majority'"):
        decide.compare(toy, [decide.Majority(), decide.Majority()])
    with pytest.raises(decide.ArmError, match="at least one"):
        decide.compare(toy, [])


def test_a_damaged_run_is_set_aside_and_redone(toy: EvalSet, tmp_path: Path) -> None:
    log = tmp_path / "log"
    arm = Fixed(log=str(log))
    decide.compare(toy, [arm], run_dir=tmp_path, isolate=False, seeds=1)
    file = next((tmp_path / "runs").glob("*.json"))
    file.write_text(file.read_text().replace("billing", "biIling", 1))
    decide.compare(toy, [arm], run_dir=tmp_path, isolate=False, seeds=1)
    assert log.read_text().split() == ["0", "0"]
    assert len(list((tmp_path / "runs").glob("*.damaged"))) == 1


def test_other_data_or_settings_are_other_runs(toy: EvalSet, tmp_path: Path) -> None:
    from decide.run import run_key

    keys = {
        run_key(Fixed(), toy, 0),
        run_key(Fixed(), toy, 1),
        run_key(Fixed(answer="network"), toy, 0),
        run_key(Fixed(), replace(toy, test=toy.test.take(range(10))), 0),
    }
    assert len(keys) == 4
    assert run_key(Fixed(name="renamed"), toy, 0) in keys


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not JSON"),
        ("[]", "no schema_version"),
        (json.dumps({"schema_version": 999}), "newer than this version"),
        (json.dumps({"schema_version": 1}), "not a valid comparison"),
    ],
)
def test_loading_what_is_no_comparison_says_so(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "c.json"
    file.write_text(content)
    with pytest.raises(decide.DecideError, match=message):
        decide.load(file)
    with pytest.raises(decide.DecideError, match="cannot be read"):
        decide.load(tmp_path / "missing.json")


def test_import_is_cheap() -> None:
    code = (
        "import sys; import decide; "
        "heavy = {'torch', 'transformers', 'pandas', 'datasets', 'sklearn', 'openai'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_public_name_exists() -> None:
    for name in decide.__all__:
        assert getattr(decide, name) is not None
