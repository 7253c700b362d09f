import json
import warnings
from pathlib import Path

import pytest

import decide
from arms import Majority
from decide import terminal
from decide.events import KINDS, Event, Guarded
from evalsets import EvalSet


def test_an_event_as_json_has_what_it_has() -> None:
    event = Event("unit_finished", "A", seconds=1.5, seed=0, unit="20 labels", score=0.5, key="ab")
    data = json.loads(event.to_json())
    assert data.pop("time").endswith("+00:00")
    assert data == {
        "kind": "unit_finished",
        "arm": "A",
        "seconds": 1.5,
        "seed": 0,
        "unit": "20 labels",
        "score": 0.5,
        "key": "ab",
    }
    assert set(json.loads(Event("arm_cached", "A").to_json())) == {"kind", "arm", "time"}


def test_events_that_differ_in_time_alone_are_equal() -> None:
    assert Event("arm_cached", "A", time="1") == Event("arm_cached", "A", time="2")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_line_on_the_terminal(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show(Event(kind, "Arm", "why", 2.0, seed=3, unit="main", score=0.25))  # type: ignore[arg-type]
    line = capsys.readouterr().err
    assert "Arm" in line
    assert ("main, seed 3" in line) == kind.startswith("unit")
    assert ("score 0.250" in line) == (kind == "unit_finished")


def test_a_hook_that_raises_is_reported_once_and_loses_nothing(toy: EvalSet, tmp_path: Path) -> None:
    seen: list[Event] = []

    def broken(event: Event) -> None:
        seen.append(event)
        raise RuntimeError("no disk")

    with pytest.warns(RuntimeWarning, match="on_event raised RuntimeError: no disk") as told:
        result = decide.compare(
            toy, [Majority()], seeds=1, run_dir=tmp_path, isolate=False, gap=False, on_event=broken
        )
    assert len([w for w in told if "on_event" in str(w.message)]) == 1
    assert result.arms[0].status == "ok"
    assert len(seen) >= 2


def test_a_hook_may_interrupt() -> None:
    def stop(event: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Guarded(stop)(Event("arm_cached", "A"))


def test_a_guarded_hook_is_not_guarded_twice_and_survives_strict_warnings() -> None:
    def broken(event: Event) -> None:
        raise ValueError

    hook = Guarded(Guarded(broken))
    assert hook.hook is broken
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("error")
        hook(Event("arm_cached", "A"))
