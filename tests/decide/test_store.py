"""The run directory under damage, full disks and several processes."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import arms.locks
import decide
from arms import artifacts
from arms.locks import alone
from decide.run import Run
from decide.store import RunStore
from evalsets import DecideError, EvalSet
from evalsets.files import machine, remove_left_over, write_atomically
from tests.decide.test_compare import Fixed
from tests.freeze import KEY, run
from tests.reports.fixture_gap import gap

OTHER = "6e" * 32


def stored(folder: Path) -> tuple[RunStore, Path, Run]:
    store = RunStore(folder)
    return store, store.put(run()), run()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.booleans(), place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_a_run_with_any_byte_changed_or_cut_off_is_never_returned_as_another(
    tmp_path: Path, cut: bool, place: int, bit: int
) -> None:
    store, file, want = stored(tmp_path)
    raw = bytearray(file.read_bytes())
    if cut:
        raw = raw[: place % len(raw)]
    else:
        raw[place % len(raw)] ^= 1 << bit
    file.write_bytes(bytes(raw))
    found = store.get(KEY)
    assert found in (None, want)
    assert file.exists() is (found is not None)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: "[]",
        lambda text: '"run"',
        lambda text: json.dumps({"sha256": json.loads(text)["sha256"]}),
        lambda text: json.dumps({**json.loads(text), "key": OTHER}),
        lambda text: json.dumps({**json.loads(text), "written": 9e9}),
        lambda text: text[: len(text) // 2],
        lambda text: text + "}",
    ],
    ids=["empty", "list", "string", "no run", "other key", "other time", "half", "more"],
)
@pytest.mark.parametrize("what", ["run", "gap"])
def test_a_damaged_file_is_set_aside(
    tmp_path: Path, damage: Any, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store = RunStore(tmp_path)
    file = store.put(run()) if what == "run" else store.put_gap(KEY, gap())
    file.write_text(damage(file.read_text()))
    assert (store.get(KEY) if what == "run" else store.get_gap(KEY)) is None
    assert [f.name for f in file.parent.iterdir()] == [f"{KEY}.damaged"]
    assert "is damaged. It was set aside" in capsys.readouterr().err
    assert (store.put(run()) if what == "run" else store.put_gap(KEY, gap())).is_file()


@pytest.mark.parametrize("what", ["run", "gap"])
def test_a_result_under_the_name_of_another_is_set_aside(tmp_path: Path, what: str) -> None:
    store = RunStore(tmp_path)
    file = store.put(run()) if what == "run" else store.put_gap(KEY, gap())
    file.rename(file.with_name(f"{OTHER}.json"))
    assert (store.get(OTHER) if what == "run" else store.get_gap(OTHER)) is None


def test_a_file_that_cannot_be_read_is_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, file, _ = stored(tmp_path)
    read = Path.read_bytes

    def refused(path: Path) -> bytes:
        if path.stem == KEY:
            raise PermissionError(errno.EACCES, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refused)
    assert store.get(KEY) is None
    assert not file.exists()
    store.put(run())
    monkeypatch.setattr(Path, "replace", lambda *_: refused(file))
    with pytest.raises(DecideError, match=rf"{KEY}.json: cannot be read .* nor renamed"):
        store.get(KEY)


def test_a_good_file_written_meanwhile_is_not_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, file, want = stored(tmp_path)
    good, load = file.read_bytes(), json.loads
    file.write_bytes(b"{")

    def loads(text: Any) -> Any:
        file.write_bytes(good)  # another process sets the damaged file aside and makes it again
        return load(text)

    with monkeypatch.context() as patch:
        patch.setattr(json, "loads", loads)
        assert store.get(KEY) is None
    assert store.get(KEY) == want


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_is_one_clear_error_and_leaves_nothing_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, call: str
) -> None:
    store, file, want = stored(tmp_path)

    def full(*_: Any) -> None:
        raise OSError(number, os.strerror(number))

    other = want.model_copy(update={"key": OTHER})
    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        with pytest.raises(DecideError, match=rf"{OTHER}.json: cannot be written, there is no room .* Free"):
            store.put(other)
    assert list(file.parent.iterdir()) == [file]
    assert store.get(KEY) == want


LIMITED = """
import resource, sys, signal
from pathlib import Path
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
from arms import artifacts
from evalsets import DecideError
from evalsets.files import write_atomically
folder = Path(sys.argv[1])
def safetensors(partial):
    import numpy
    from safetensors.numpy import save_file
    save_file({"w": numpy.zeros(100_000)}, partial / "model.safetensors")
def torch(partial):
    import torch
    torch.save(torch.zeros(100_000), partial / "optimizer.bin")
def plain(partial):
    (partial / "x.bin").write_bytes(b"x" * 100_000)
for fill in (plain, safetensors, torch):
    try:
        with artifacts.making(folder / "adapter") as partial:
            fill(partial)
    except DecideError as error:
        assert "adapter: cannot be written, there is no room" in str(error), error
    else:
        raise SystemExit(f"{fill.__name__}: no error")
try:
    write_atomically(folder / "run.json", "x" * 100_000)
except DecideError as error:
    assert "run.json: cannot be written, there is no room" in str(error), error
print(*folder.iterdir())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of file size are POSIX")
def test_no_room_for_weights_is_told_whatever_library_writes_them(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", LIMITED, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""


def test_one_arm_without_room_fails_and_what_was_finished_stays(
    toy: EvalSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arms_ = [decide.Majority(), Fixed(answer="network")]
    decide.compare(toy, arms_[:1], run_dir=tmp_path, seeds=1, isolate=False)

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        result = decide.compare(toy, arms_, run_dir=tmp_path, seeds=1, isolate=False)
    assert "there is no room" in (result.arm("Fixed network").failure or "")
    assert result.arm("Majority").cached
    assert len(list((tmp_path / "runs").iterdir())) == 1


def test_left_over_files_of_dead_writers_go_and_those_of_live_ones_stay(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    names = {
        "dead": f".a.json.{machine()}-{gone.pid}.x.part",
        "live": f".a.json.{machine()}-{os.getpid()}.x.part",
        "elsewhere": ".a.json.0a1b2c3d-1.x.part",
        "old": ".a.json.0a1b2c3d-2.x.part",
    }
    for name in names.values():
        (tmp_path / name).write_text("half")
    os.utime(tmp_path / names["old"], (0, 0))
    write_atomically(tmp_path / "a.json", "whole")
    assert {f.name for f in remove_left_over(tmp_path)} == {names["dead"], names["old"]}
    assert {f.name for f in tmp_path.iterdir()} == {"a.json", names["live"], names["elsewhere"]}


def test_left_over_folders_go_unless_their_maker_lives(tmp_path: Path) -> None:
    for name in ("dead", "live"):
        (tmp_path / f"{name}.partial").mkdir()
    with alone(artifacts.lock_of(tmp_path / "live"), "live"):
        assert [f.name for f in artifacts.remove_left_over(tmp_path)] == ["dead.partial"]
    (tmp_path / "swapped.old").mkdir()  # killed after the old one was moved away
    artifacts.remove_left_over(tmp_path)
    assert (tmp_path / "swapped").is_dir()


def made_of() -> bytes:
    return bytes(range(256)) * 40


def made(folder: Path) -> Path:
    with artifacts.making(folder) as partial:
        (partial / "model.safetensors").write_bytes(made_of())
        (partial / "deeper").mkdir()
        (partial / "deeper" / "config.json").write_text("{}")
    return folder


@pytest.mark.parametrize(
    "damage",
    [
        lambda f: (f / "model.safetensors").write_bytes(made_of()[:5000]),
        lambda f: (f / "model.safetensors").write_bytes(
            b"\1" + bytes(range(1, 256)) + bytes(range(256)) * 39
        ),
        lambda f: (f / "deeper" / "config.json").unlink(),
        lambda f: (f / artifacts.SEAL).unlink(),
        lambda f: (f / artifacts.SEAL).write_text("{"),
        lambda f: (f / artifacts.SEAL).write_text("[]"),
    ],
    ids=["truncated", "flipped", "file missing", "no seal", "half a seal", "no list"],
)
def test_a_damaged_artifact_is_set_aside_and_made_again(tmp_path: Path, damage: Any) -> None:
    folder = made(tmp_path / "adapter")
    assert artifacts.ready(folder)
    damage(folder)
    assert not artifacts.ready(folder)
    assert [f.name for f in tmp_path.iterdir()] == ["adapter.damaged"]
    assert artifacts.ready(made(folder))


def test_an_artifact_from_before_is_kept_until_the_new_one_is_whole(tmp_path: Path) -> None:
    folder = made(tmp_path / "adapter")
    assert not artifacts.ready(folder, since=time.time() + 1)
    with pytest.raises(KeyError), artifacts.making(folder):
        raise KeyError
    assert artifacts.ready(folder)
    assert [f.name for f in tmp_path.iterdir()] == ["adapter"]


TWO = """
import sys, time
from pathlib import Path
import decide
from tests.decide.test_store import Slowly
from tests.decide.killing import data
result = decide.compare(data(), [Slowly(log=sys.argv[1] + "/log")], run_dir=sys.argv[1] + "/runs", seeds=2,
    isolate=False)
result.to_json(sys.argv[1] + "/runs/comparison.json")
print(result.arms[0].score.value)
"""


class Slowly(Fixed):
    kind = "test_slowly"

    def fit(self, evalset: EvalSet, seed: int, context: Any) -> Any:
        fitted = super().fit(evalset, seed, context)
        folder = Path(self.log).parent
        (folder / f"here-{os.getpid()}").touch()
        until = time.monotonic() + 300
        while len(list(folder.glob("ready-*"))) < 1 and time.monotonic() < until:
            time.sleep(0.05)
        return fitted


def test_two_processes_on_one_directory_share_the_work(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([str(root), *(p for p in sys.path if p)]))
    command = [sys.executable, "-c", TWO, str(tmp_path)]
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": environment}
    with subprocess.Popen(command, **pipes) as first, subprocess.Popen(command, **pipes) as second:
        # Whoever is second says that it waits; then the first may go on.
        told: list[str] = []

        def watch(process: subprocess.Popen[str]) -> None:
            assert process.stderr is not None
            for line in process.stderr:
                told.append(line)
                if "another process is at it" in line:
                    (tmp_path / "ready-1").touch()

        watchers = [threading.Thread(target=watch, args=(p,)) for p in (first, second)]
        for watcher in watchers:
            watcher.start()
        said = [p.stdout.read() for p in (first, second) if p.stdout is not None]
        for watcher in watchers:
            watcher.join()
    assert (first.returncode, second.returncode) == (0, 0), told
    assert said[0] == said[1]
    assert any("another process is at it" in line for line in told), told
    assert sorted((tmp_path / "log").read_text().split()) == ["0", "1"]
    assert decide.load(tmp_path / "runs" / "comparison.json").arms[0].seeds == [0, 1]


def test_without_locks_the_work_goes_on_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import fcntl

    def none(*_: Any) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(arms.locks, "_told", set())
    monkeypatch.setattr(fcntl, "flock", none)
    for _ in range(2):
        with alone(tmp_path / "locks" / "a.lock", "work"):
            pass
    assert capsys.readouterr().err.count("files cannot be locked here") == 1
