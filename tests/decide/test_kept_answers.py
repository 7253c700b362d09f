"""A run that is killed and started again asks for no answer twice and ends in the same result."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import decide
from arms.llm import FakeServer
from arms.llm.fake_answers import by_keyword
from arms.llm.fake_server import Fault, server_error
from decide.run import Run
from decide.store import RunStore
from decide.terms import ANSWERS
from evalsets import EvalSet

from .kept_answers import prompted, start, work

SAME = ("values", "errors", "score", "dev_values", "input_tokens", "cached_tokens", "output_tokens")


@pytest.fixture
def slow() -> Iterator[FakeServer]:
    """A server that takes long enough over an answer to be killed in between."""

    def answer(messages: Any, choices: Any) -> str:
        time.sleep(0.004)
        return by_keyword(messages, choices)

    with FakeServer(answer) as server:
        yield server


def asked(server: FakeServer, texts: tuple[str, ...]) -> Counter[str]:
    """How often each text was asked about."""
    # Of a client that was killed while it wrote, the server has no more than the head of a request.
    whole = [body for body in server.chats() if "messages" in body]
    contents = Counter(str(body["messages"][-1]["content"]) for body in whole)
    return Counter({text: sum(n for c, n in contents.items() if text in c) for text in texts})


def wait_for(condition: Callable[[], bool], process: Any) -> None:
    until = time.monotonic() + 60
    while not condition() and process.is_alive() and time.monotonic() < until:
        time.sleep(0.0005)


def same(run: Run, other: Run) -> None:
    for name in SAME:
        assert getattr(run, name) == getattr(other, name), name


@pytest.mark.parametrize("seed", range(12))
def test_killed_at_any_instant_a_run_goes_on(
    seed: int, small: EvalSet, slow: FakeServer, tmp_path: Path
) -> None:
    arm, rng = prompted(slow.base_url), random.Random(seed)
    process = start(arm, small, tmp_path / "killed")
    # 1 trial and 8 calls for latency come first, then 16 of test and 6 of dev.
    count = rng.randrange(14, 31)
    wait_for(lambda: len(slow.chats()) >= count, process)
    time.sleep(rng.random() * 0.004)
    process.kill()
    process.join()
    killed = not list((tmp_path / "killed" / "runs").glob("*.json"))
    had = list((tmp_path / "killed" / ANSWERS).glob("*"))
    run = work(arm, small, tmp_path / "killed")
    times = asked(slow, small.test.texts)
    assert all(times[text] >= 1 for text in small.test.texts)
    assert sum(n - 1 for n in times.values()) <= 3, "at most what was under way is asked again"
    undisturbed = work(arm, small, tmp_path / "undisturbed")
    same(run, undisturbed)
    if killed:
        assert had
        assert any("kept from an attempt" in note for note in run.notes)
        assert not any((tmp_path / "killed" / ANSWERS).glob("*")), "a finished run needs them no more"


def killed_after(calls: int, server: FakeServer, arm: Any, data: EvalSet, run_dir: Path) -> None:
    """Begin the run of an arm, and kill it when the server has seen so many requests."""
    process = start(arm, data, run_dir)
    wait_for(lambda: len(server.chats()) >= calls, process)
    process.kill()
    process.join()


def test_what_a_finished_run_left_behind_is_removed(small: EvalSet, tmp_path: Path) -> None:
    """It was killed between storing the run and removing its answers."""
    with FakeServer() as server:
        run = work(prompted(server.base_url), small, tmp_path)
        left, other = (tmp_path / ANSWERS / f"{key}.jsonl" for key in (run.key, "0" * 64))
        left.touch()
        other.touch()
        work(prompted(server.base_url, shots=1), small, tmp_path)
    assert not left.exists()
    assert other.exists(), "that run is not finished"


def test_an_interrupted_comparison_says_how_many_answers_were_kept(small: EvalSet, tmp_path: Path) -> None:
    with FakeServer() as server:
        arm = prompted(server.base_url, max_retries=0, concurrency=1)
        # A trial, warm-up, 18 calls for latency, nine answers, then nothing works any more.
        calls = 1 + 6 + 18
        server.faults.extend([Fault()] * (calls + 9) + [server_error()] * 8)
        arms = [arm, decide.Majority()]
        failed = decide.compare(small, arms, seeds=1, run_dir=tmp_path)  # in processes of their own
        assert failed.arm("Majority").status == "ok"
        result = failed.arm(arm.label)
        assert result.status == "failed"
        assert "500: internal error" in (result.failure or "")
        assert "are kept" in (result.failure or "")
        seen = len(server.chats())
        again = decide.compare(small, arms, seeds=1, run_dir=tmp_path, isolate=False).arm(arm.label)
        assert again.status == "ok"
        assert any(note.startswith("9 of 16 answers to test documents were kept") for note in again.notes)
        assert len(server.chats()) - seen == calls + 16 - 9 + 6
        assert again.input_tokens_per_document
    with FakeServer() as server:
        whole = prompted(server.base_url, concurrency=1)
        other = decide.compare(small, [whole], seeds=1, isolate=False)
    undisturbed = other.arm(whole.label)
    assert again.seed_scores == undisturbed.seed_scores
    assert again.input_tokens_per_document == undisturbed.input_tokens_per_document
    assert again.confusion == undisturbed.confusion


def test_throughput_counts_the_time_of_all_attempts(small: EvalSet, tmp_path: Path) -> None:
    def answer(messages: Any, choices: Any) -> str:
        time.sleep(0.02)
        return by_keyword(messages, choices)

    with FakeServer(answer) as server:
        arm = prompted(server.base_url, concurrency=1)
        killed_after(9 + 12, server, arm, small, tmp_path)
        run = work(arm, small, tmp_path)
    # One after another no document can take less than the server does.
    assert run.timing.documents_timed == 16
    assert run.timing.documents_per_second <= 1 / 0.02
    assert run.phase_seconds["test"] >= 16 * 0.02
    assert len(run.latency_ms) == 2


def test_a_damaged_answer_is_asked_again(small: EvalSet, slow: FakeServer, tmp_path: Path) -> None:
    arm = prompted(slow.base_url)
    killed_after(9 + 12, slow, arm, small, tmp_path)
    (file,) = (tmp_path / ANSWERS).glob("*.jsonl")
    lines = file.read_bytes().split(b"\n")
    place = next(i for i, line in enumerate(lines) if line)
    lines[place] = lines[place].replace(b'"choice":', b'"choice": 1')
    file.write_bytes(b"\n".join(lines))
    seen = len(slow.chats())
    run = work(arm, small, tmp_path)
    assert any("1 answers kept from an earlier attempt were damaged" in note for note in run.notes)
    assert len(slow.chats()) > seen
    same(run, work(arm, small, tmp_path / "other"))


def test_no_text_and_no_prompt_is_written(small: EvalSet, slow: FakeServer, tmp_path: Path) -> None:
    arm = prompted(slow.base_url)
    killed_after(9 + 12, slow, arm, small, tmp_path)
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert any(file.parent.name == ANSWERS for file in files)
    for file in files:
        content = file.read_text(errors="replace")
        assert not any(text in content for text in (*small.test.texts, *small.dev.texts))
        assert "Classify" not in content


def test_a_repetition_takes_no_answer_from_the_run(small: EvalSet, tmp_path: Path) -> None:
    with FakeServer() as server:
        arm = prompted(server.base_url)
        decide.compare(small, [arm], seeds=1, repeats=2, run_dir=tmp_path, isolate=False)
        assert set(asked(server, small.test.texts).values()) == {2}


def test_the_same_text_twice_is_asked_twice(small: EvalSet, tmp_path: Path) -> None:
    texts = (small.test.texts[0], *small.test.texts[:-1])
    twice = replace(small, test=replace(small.test, texts=texts))
    with FakeServer() as server:
        work(prompted(server.base_url), twice, tmp_path)
        assert asked(server, texts)[texts[0]] == 2


def test_wrong_labels_are_answers_and_are_kept(small: EvalSet, tmp_path: Path) -> None:
    with FakeServer(lambda messages, choices: "no such label") as server:
        arm = prompted(server.base_url, concurrency=1, max_retries=0)
        server.faults.extend([Fault()] * (9 + 6) + [server_error()] * 8)
        with pytest.raises(decide.ArmError, match="failed 8 times in a row"):
            work(arm, small, tmp_path)
        server.faults.clear()
        run = work(arm, small, tmp_path)
        assert run.values == [None] * 16
        times = asked(server, small.test.texts)
    assert [times[text] for text in small.test.texts[:6]] == [1] * 6, "a wrong label is not asked again"
    assert times[small.test.texts[6]] == 2, "what the server failed at is"


def test_seeds_and_dev_choices_are_gone_on_with(small: EvalSet, tmp_path: Path) -> None:
    with FakeServer() as server:
        arm = prompted(server.base_url, shots=(0, 1), max_retries=0, concurrency=1)
        server.faults.extend([Fault()] * (1 + 6 + 3) + [server_error()] * 8)
        with pytest.raises(decide.ArmError, match="in a row"):
            work(arm, small, tmp_path)
        server.faults.clear()
        seen = len(server.chats())
        run = work(arm, small, tmp_path)
        assert len(server.chats()) - seen == 1 + 3 + 8 + 16 + 6
        assert any(note.startswith("0 of 16 answers to test documents, and 9 others") for note in run.notes)
    assert RunStore(tmp_path).get(run.key) is not None
