"""What goes wrong with a served model, kind by kind, and what becomes of the comparison. See the document
docs/language-model-faults.md, whose table this tests."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import decide
from arms.llm import FakeServer
from arms.llm.fake_server import (
    Fault,
    dropped_midway,
    proxy_page,
    rate_limited,
    server_error,
    too_long,
    truncated,
)
from arms.llm.replies import LARGEST_REPLY
from decide.comparison import ArmResult, Comparison
from evalsets import EvalSet
from tests.conftest import WORDS

from .kept_answers import prompted

PLACE = 5
"""Which test document is hit."""
FINE = Fault()


def right(messages: Any, choices: Any) -> str:
    """What the text is about."""
    text = messages[-1]["content"].rsplit("Text:", 1)[-1]
    return max(WORDS, key=lambda label: sum(word in text for word in WORDS[label]))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short pauses, and no calls that measure latency, of which there are many."""
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.01)
    monkeypatch.setattr("decide.run.measure_latency", lambda *args: [1.0])


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer(right) as fake:
        yield fake


def compared(fake: FakeServer, data: EvalSet, run_dir: Path, **settings: Any) -> Comparison:
    settings = {"concurrency": 1, "max_retries": 1, "name": "asked", **settings}
    arm = prompted(fake.base_url, **settings)
    return decide.compare(data, [arm, decide.Majority()], seeds=1, run_dir=run_dir, isolate=False)


def hit(fake: FakeServer, *faults: Fault) -> None:
    """Script faults of one test document; a trial comes before all documents."""
    fake.faults.extend([FINE] * (1 + PLACE) + list(faults))


def finished(comparison: Comparison) -> ArmResult:
    """The arm, and the other one is there in any case."""
    assert comparison.arm("Majority").status == "ok"
    return comparison.arm("asked")


def reply(**more: Any) -> str:
    return json.dumps({"id": "x", "object": "chat.completion", "created": 0, "model": "m", **more})


LATE = "did not answer in time"
PASSING = {
    "too slow": (Fault(delay=5), LATE),
    "too many requests": (rate_limited(0.01), "429: too many requests"),
    "internal error": (server_error(0.01), "500: internal error"),
    "overloaded": (Fault(503, "overloaded", headers={"Retry-After": "0.01"}), "503: overloaded"),
    "connection reset": (Fault(drop=True), "connection"),
    "reset in the middle of a body": (dropped_midway(), "connection"),
    "reset in the middle of chunks": (dropped_midway(chunked=True), "connection"),
    "a byte now and then": (Fault(drip=0.05), LATE),
    "page of a proxy": (proxy_page(), "502: a web page (502 Bad Gateway)"),
    "page in place of a reply": (proxy_page(200), "cannot be read"),
    "broken JSON": (Fault(raw='{"choices": [{"mess'), "not valid JSON"),
    "bytes that are no text": (Fault(raw=b'{"choices": "\xff\xfe\x80"}'), "not valid JSON"),
    "error in place of an answer": (
        Fault(raw=reply(error={"message": "upstream <b>busy</b>", "code": 502})),
        "an error in place of an answer: upstream <b>busy</b>",
    ),
    "no choice": (Fault(empty=True), "holds no answer"),
}


def patience(says: str) -> dict[str, float]:
    """Little where the fault is to be late; a busy machine answers within that what is not."""
    return {"timeout_s": 1.5} if says == LATE else {}


@pytest.mark.parametrize("kind", PASSING)
def test_what_passes_is_asked_again_and_the_score_is_the_same(
    kind: str, server: FakeServer, small: EvalSet, tmp_path: Path
) -> None:
    fault, says = PASSING[kind]
    hit(server, fault)
    arm = finished(compared(server, small, tmp_path, **patience(says)))
    assert (arm.status, arm.seed_scores, arm.unanswered) == ("ok", [1.0], 0)
    assert len(server.chats()) == 1 + 16 + 6 + 1


@pytest.mark.parametrize("kind", PASSING)
def test_what_lasts_is_counted_as_unanswered_with_its_reason(
    kind: str, server: FakeServer, small: EvalSet, tmp_path: Path
) -> None:
    fault, says = PASSING[kind]
    hit(server, fault, fault)
    comparison = compared(server, small, tmp_path, **patience(says))
    arm = finished(comparison)
    assert (arm.status, arm.unanswered) == ("ok", 1)
    assert arm.seed_scores[0] < 1
    ((reason, count),) = arm.unanswered_reasons.items()
    assert says in reason
    assert count == 1


def test_what_a_server_says_is_shown_and_no_markup(
    server: FakeServer, small: EvalSet, tmp_path: Path
) -> None:
    fault, _ = PASSING["error in place of an answer"]
    hit(server, fault, fault)
    comparison = compared(server, small, tmp_path)
    html = comparison.to_html(tmp_path / "report.html").read_text()
    assert "No usable answer to 1 documents" in html
    assert "<b>busy" not in html
    assert "upstream &lt;b&gt;busy&lt;/b&gt;" in html


FINAL = {
    "a label that does not exist": (Fault(text="shipping"), "not one of the labels: 'shipping'"),
    "two labels": (Fault(text="billing or account"), "not one of the labels"),
    "nothing": (Fault(text=""), "the model wrote nothing"),
    "null": (
        Fault(raw=reply(choices=[{"index": 0, "message": {"role": "assistant", "content": None}}])),
        "the model wrote nothing",
    ),
    "a refusal": (
        Fault(raw=reply(choices=[{"index": 0, "message": {"role": "assistant", "refusal": "I will not"}}])),
        "the model refused: I will not",
    ),
    "a prompt that is too long": (too_long(), "maximum context length"),
    "a filter": (Fault(400, "content management policy", "content_filter"), "content management policy"),
    "an answer that is cut": (truncated(), "cut by the server: length"),
    "no Unicode": (Fault(text="\ud800\udfff\ud800 \x00\x07 \u202e"), "not one of the labels"),
    "a long answer": (Fault(text="very " * 100_000), "not one of the labels"),
    "a huge reply": (Fault(raw=b" " * (LARGEST_REPLY + 1)), "longer than 16 MB"),
}


@pytest.mark.parametrize("kind", FINAL)
def test_what_the_model_or_the_prompt_is_to_blame_for_is_not_asked_again(
    kind: str, server: FakeServer, small: EvalSet, tmp_path: Path
) -> None:
    fault, says = FINAL[kind]
    hit(server, fault)
    comparison = compared(server, small, tmp_path)
    arm = finished(comparison)
    assert (arm.status, arm.unanswered) == ("ok", 1)
    assert arm.seed_scores[0] < 1
    ((reason, _),) = arm.unanswered_reasons.items()
    assert says in reason
    assert len(reason) <= 200
    assert len(server.chats()) == 1 + 16 + 6
    saved = decide.load(comparison.to_json(tmp_path / "c.json"))
    assert saved.arm("asked").unanswered == 1
    # A document takes a second; the summary and the table show the reason as well.
    saved.to_html(tmp_path / "report.html") if kind == "no Unicode" else saved.to_markdown(tmp_path / "c.md")


ENDING = {
    "key revoked": (Fault(401, "no such key", "invalid_api_key"), 1, "refused the key"),
    "model withdrawn": (Fault(404, "gone", "model_not_found"), 1, "does not know model"),
    "account is empty": (Fault(402, "insufficient balance"), 1, "no quota left"),
    "quota is used up": (
        Fault(429, "exceeded your quota", "insufficient_quota", {"Retry-After": "0.01"}),
        2,
        "no quota left",
    ),
    "a wait of hours": (rate_limited(7200), 1, "asks to wait 7,200 s"),
    "errors without end": (
        server_error(0.01),
        16,
        "has failed 8 times in a row; the last time the server answered 500",
    ),
    "limits without end": (rate_limited(0.01), 16, "the last time the server answered 429"),
    "broken replies without end": (Fault(raw="<"), 9, "in a row"),
}


@pytest.mark.parametrize("kind", ENDING)
def test_what_would_hit_all_ends_the_arm_and_a_rerun_asks_for_the_rest(
    kind: str, server: FakeServer, small: EvalSet, tmp_path: Path
) -> None:
    fault, times, says = ENDING[kind]
    hit(server, *[fault] * times)
    arm = finished(compared(server, small, tmp_path))
    assert arm.status == "failed"
    assert says in (arm.failure or "")
    server.faults.clear()
    seen = len(server.chats())
    again = finished(compared(server, small, tmp_path))
    assert (again.status, again.seed_scores) == ("ok", [1.0])
    assert len(server.chats()) - seen == 1 + (16 - PLACE) + 6
    assert any(note.startswith(f"{PLACE} of 16 answers") for note in again.notes)


def test_a_wait_beyond_the_librarys_is_respected(
    server: FakeServer, small: EvalSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openai._base_client.MAX_RETRY_AFTER_DELAY", 0.1)
    monkeypatch.setattr("openai._constants.MAX_RETRY_AFTER_DELAY", 0.1)
    hit(server, rate_limited(0.5))
    arm = finished(compared(server, small, tmp_path))
    assert (arm.status, arm.seed_scores) == ("ok", [1.0])
    assert arm.phase_seconds["test"] >= 0.5


@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_server_that_dies_ends_the_arm_and_only_the_rest_is_asked_of_its_successor(
    concurrency: int, small: EvalSet, tmp_path: Path
) -> None:
    enough, gone = threading.Event(), threading.Event()

    def answer(messages: Any, choices: Any) -> str:
        if len(first.chats()) > 1 + 8:
            enough.set()
            gone.wait(60)  # or all would be answered before the other thread gets its turn
        return right(messages, choices)

    with FakeServer(answer) as first:
        port = int(first.base_url.split(":")[2].split("/")[0])

        def kill() -> None:
            enough.wait(60)
            first.__exit__(None, None, None)
            gone.set()

        killer = threading.Thread(target=kill)
        killer.start()
        arm = finished(compared(first, small, tmp_path, concurrency=concurrency, max_retries=0))
        killer.join()
    assert arm.status == "failed"
    assert "stopped answering" in (arm.failure or "")
    assert "answers that were had are kept" in (arm.failure or "")
    with FakeServer(right, port=port) as second:
        again = finished(compared(second, small, tmp_path, concurrency=concurrency, max_retries=0))
        asked = len(second.chats()) - 1 - 6
    assert (again.status, again.seed_scores) == ("ok", [1.0])
    assert 0 < asked <= 16 - 8 + concurrency


def test_a_server_that_comes_back_in_time_costs_nothing(
    small: EvalSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.1)
    enough, servers = threading.Event(), []

    def answer(messages: Any, choices: Any) -> str:
        if len(first.chats()) >= 1 + 8:
            enough.set()
        return right(messages, choices)

    first = FakeServer(answer).__enter__()
    port = int(first.base_url.split(":")[2].split("/")[0])

    def restart() -> None:
        enough.wait(60)
        first.__exit__(None, None, None)
        time.sleep(0.2)
        servers.append(FakeServer(right, port=port).__enter__())

    restarter = threading.Thread(target=restart)
    restarter.start()
    try:
        arm = finished(compared(first, small, tmp_path, max_retries=8))
    finally:
        restarter.join()
        for one in servers:
            one.__exit__(None, None, None)
    assert (arm.status, arm.seed_scores, arm.unanswered) == ("ok", [1.0], 0)


def test_faults_on_dev_do_not_touch_the_score(server: FakeServer, small: EvalSet, tmp_path: Path) -> None:
    server.faults.extend([FINE] * (1 + 16) + [Fault(text="shipping")])
    assert finished(compared(server, small, tmp_path)).seed_scores == [1.0]
