"""A key goes to the server and nowhere else: not into files, logs, messages, reports or command lines."""

from __future__ import annotations

import base64
import logging
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

import decide
from arms.llm import FakeServer
from arms.llm.fake_server import Fault, server_error
from decide.exporting import known_formats
from decide.terms import ANSWERS
from evalsets import EvalSet

from .kept_answers import prompted

KEY = "zq-canary-7d1f/40c2+very=private"
VARIABLE = "DECIDE_CANARY_KEY"
SPELT = {
    KEY,
    urllib.parse.quote(KEY, safe=""),
    base64.b64encode(KEY.encode()).decode().rstrip("="),
    KEY.encode().hex(),
    KEY[: len(KEY) // 2],
}


class Watcher(threading.Thread):
    """Notes the command lines of everything that this process starts, for as long as it runs."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.lines: set[str] = set()
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(0.02):
            for process in psutil.Process().children(recursive=True):
                try:
                    self.lines.add(" ".join(process.cmdline()))
                except psutil.Error:
                    continue


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    thread = Watcher()
    thread.start()
    yield thread
    thread.ended.set()
    thread.join()


def assert_clean(what: str, content: str) -> None:
    for spelt in SPELT:
        assert spelt not in content, f"{what} holds the key"


def assert_files_clean(folder: Path) -> int:
    files = [file for file in folder.rglob("*") if file.is_file()]
    for file in files:
        assert_clean(str(file), str(file) + file.read_bytes().decode("latin-1"))
    return len(files)


def test_a_key_is_nowhere_after_a_comparison_full_of_faults(
    small: EvalSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    watcher: Watcher,
) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
    monkeypatch.setenv("OPENAI_LOG", "debug")  # in the arms' processes, whose words come to our output
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    caplog.set_level(logging.DEBUG)
    said: list[Any] = []
    page = f"<html><title>bad key {KEY}</title></html>"
    # A server that repeats the key wherever it can.
    echoes = [
        Fault(400, f"bad key {KEY}"),
        Fault(text=KEY),
        Fault(502, raw=page, content_type="text/html", headers={"Retry-After": "0.01"}),
        Fault(raw=f'{{"error": {{"message": "who is {KEY}?"}}}}'),
        Fault(raw=f'{{"choices": "{KEY}'),
        Fault(drop=True),
    ]
    run_dir = tmp_path / "run"
    with FakeServer(api_key=KEY) as fake, FakeServer(api_key="another") as stranger:
        settings = {"api_key_env": VARIABLE, "max_retries": 0, "concurrency": 1}
        arms = [
            prompted(fake.base_url, name="faulty", **settings),
            prompted(stranger.base_url, name="locked out", **settings),
            decide.Majority(),
        ]
        arguments: dict[str, Any] = {"seeds": 1, "run_dir": run_dir, "on_event": said.append}
        # A trial and 24 calls for latency come first.
        fake.faults.extend([Fault()] * 26 + echoes + [server_error()] * 9)
        broken = decide.compare(small, arms, **arguments)
        assert [arm.status for arm in broken.arms] == ["failed", "failed", "ok"]
        assert list((run_dir / ANSWERS).glob("*.jsonl")), "the answers that were had are kept"
        assert_files_clean(tmp_path)
        fake.faults.clear()
        result = decide.compare(small, arms, isolate=False, **arguments)
        assert fake.requests[-1]["headers"]["authorization"] == f"Bearer {KEY}"
    assert [arm.status for arm in result.arms] == ["ok", "failed", "ok"]
    assert VARIABLE in (result.arm("locked out").failure or "")
    for kind, one in (("broken", broken), ("whole", result)):
        one.to_json(run_dir / f"{kind}.json")
        for suffix in ("html", "md", "csv") if one is broken else ("md", "csv"):
            known_formats([suffix])
            one.export(run_dir / f"{kind}.{suffix}")
        assert_clean(kind, repr(one) + one.table().to_string())
    assert assert_files_clean(tmp_path) >= 10
    assert_clean("an event", repr(said))
    assert_clean("the log", caplog.text + repr([record.args for record in caplog.records]))
    captured = capfd.readouterr()
    assert_clean("the output", captured.out + captured.err)
    assert "HTTP Request" in captured.err or "Request options" in captured.err, "the debug log was on"
    assert any("decide.worker" in line for line in watcher.lines)
    assert_clean("a command line", repr(watcher.lines))


def test_an_error_of_a_comparison_in_this_process_holds_no_key(
    small: EvalSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what is chained to it, and the variables a crash reporter would send along."""
    import traceback

    monkeypatch.setenv(VARIABLE, KEY)
    from .kept_answers import work

    with FakeServer(api_key="another") as stranger:
        arm = prompted(stranger.base_url, api_key_env=VARIABLE, max_retries=0)
        with pytest.raises(decide.ArmError) as caught:
            work(arm, small, tmp_path)
    assert_clean("the traceback", "".join(traceback.format_exception(caught.value)))
    assert_clean("the arm", repr(arm) + repr(arm.config()))
