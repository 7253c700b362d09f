from __future__ import annotations

import email.utils
import logging
import time
import traceback
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from pydantic import ValidationError

from arms.base import ArmError
from arms.llm import FakeServer, OpenAIServer
from arms.llm.dialect import Dialect
from arms.llm.fake_server import Fault, rate_limited, server_error, too_long
from arms.llm.masking import mask
from arms.llm.replies import asked_to_wait

from .conftest import prompt

CHOICES = ("billing", "network outage", "account")
TEXTS = ("my billing is wrong", "network outage again", "reset my account", "billing!", "account?")
WANTED = [0, 1, 2, 0, 2]
PROMPTS = [prompt(text) for text in TEXTS]
KEY = "zq-3f9a-very-private-0451"
VARIABLE = "DECIDE_TEST_KEY"


def server(fake, **settings):
    return OpenAIServer(fake.base_url, **{"api_key_env": None, "concurrency": 1, **settings})


def ask(fake, faults=(), prompts=PROMPTS, method="constrained", **settings):
    with server(fake, **settings).connect("fake") as client:
        fake.faults.extend(faults)
        return client.choose(prompts, CHOICES, method), client


@pytest.mark.parametrize("concurrency", [1, 4])
def test_answers_in_order_with_tokens(fake, concurrency):
    answers, client = ask(fake, concurrency=concurrency)
    assert [a.choice for a in answers] == WANTED
    assert all(a.error is None and a.probabilities is None for a in answers)
    assert all(a.input_tokens > a.cached_tokens > 0 and a.output_tokens > 0 for a in answers)
    assert client.facts() == {
        "constraint": "json_schema",
        "sampling_temperature": 0,
        "model_reported": "fake-2026-01-01",
        "system_fingerprint": "fp_fake",
    }


def test_requests_are_greedy_and_held_to_the_labels(fake):
    ask(fake)
    body = fake.chats()[-1]
    assert body["temperature"] == 0
    assert body["max_tokens"] >= len("network outage") + 12
    schema = body["response_format"]["json_schema"]
    assert schema["strict"] is True
    assert schema["schema"]["properties"]["label"]["enum"] == list(CHOICES)
    assert "structured_outputs" not in body
    assert body["messages"] == [{"role": m.role, "content": m.content} for m in PROMPTS[-1]]


def test_vllm_is_recognised_and_held_its_own_way():
    with FakeServer(owned_by="vllm") as fake:
        answers, client = ask(fake)
        assert [a.choice for a in answers] == WANTED
        assert fake.chats()[-1]["structured_outputs"] == {"choice": list(CHOICES)}
        assert "response_format" not in fake.chats()[-1]
        assert client.facts()["constraint"] == "vllm"
        with pytest.raises(ArmError, match="serves fake"), server(fake).connect("other"):
            pass


def test_free_method_sends_no_constraint(fake):
    fake.answer = lambda messages, choices: "Label: Billing."
    answers, _ = ask(fake, method="free")
    assert [a.choice for a in answers] == [0] * len(PROMPTS)
    assert "response_format" not in fake.chats()[-1]


@pytest.mark.parametrize(
    "fault", [rate_limited(), server_error(), Fault(503, headers={"retry-after-ms": "10"}), Fault(drop=True)]
)
def test_passing_faults_are_retried(fake, fault):
    answers, _ = ask(fake, [fault])
    assert [a.choice for a in answers] == WANTED


def test_retry_after_is_a_number_or_a_date():
    def error(value):
        headers = {} if value is None else {"retry-after": value}
        return SimpleNamespace(response=SimpleNamespace(headers=headers))

    assert asked_to_wait(error("120")) == 120
    assert asked_to_wait(error("1.5")) == 1.5
    assert asked_to_wait(error("-3")) == 0
    later = email.utils.format_datetime(datetime.now(UTC) + timedelta(seconds=300), usegmt=True)
    assert 295 < asked_to_wait(error(later)) <= 300
    assert asked_to_wait(error("soon")) is None
    assert asked_to_wait(error(None)) is None
    assert asked_to_wait(ValueError()) is None


def test_many_that_wait_are_woken_by_a_failure_of_one(fake, monkeypatch):
    monkeypatch.setattr("openai._base_client.MAX_RETRY_AFTER_DELAY", 0.1)
    monkeypatch.setattr("openai._constants.MAX_RETRY_AFTER_DELAY", 0.1)
    # The refusal comes when the two others, sent at the same time, have been told to wait.
    waits = Fault(429, "too many requests", headers={"Retry-After": "40"}, delay=0.5)
    refusal = Fault(401, "no such key", "invalid_api_key", delay=1.0)
    started = time.perf_counter()
    with pytest.raises(ArmError, match="refused the key"):
        ask(fake, [waits, waits, refusal], concurrency=3)
    assert time.perf_counter() - started < 40


def test_retry_after_is_respected(fake):
    with server(fake).connect("fake") as client:
        fake.faults.append(rate_limited(0.7))
        started = time.perf_counter()
        client.choose(PROMPTS[:1], CHOICES, "constrained")
        assert time.perf_counter() - started >= 0.7


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (rate_limited(), "429"),
        (server_error(), "500: internal error"),
        (Fault(drop=True), "connection"),
        (Fault(delay=5.0), "in time"),
        (Fault(raw='{"choices": [{"mess'), "JSON"),
        (Fault(raw='"just words"'), "cannot be read"),
        (Fault(raw="{}"), "no answer"),
        (Fault(raw='{"choices": [{"index": 0}]}'), "cannot be read"),
        (Fault(empty=True), "no answer"),
        (Fault(text="shipping"), "not one of the labels: 'shipping'"),
        (Fault(text="billing or account"), "not one of the labels"),
        (Fault(text=""), "nothing"),
        (too_long(), "maximum context length"),
    ],
)
def test_lasting_faults_cost_one_answer_and_the_others_go_on(fake, fault, says):
    # A busy machine takes a while over the answers that have no fault.
    answers, _ = ask(fake, [fault], max_retries=0, timeout_s=1.5 if fault.delay else 60)
    assert answers[0].choice is None
    assert says in answers[0].error
    assert [a.choice for a in answers[1:]] == WANTED[1:]


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("response_format", "free text"),
        ("max_tokens", "max_completion_tokens"),
        ("temperature", "temperature"),
        ("system", "user turn"),
    ],
)
def test_what_the_server_refuses_is_adapted_and_recorded(field, change):
    with FakeServer(
        lambda messages, choices: "billing" if not choices else choices[0], refuses=[field]
    ) as fake:
        answers, client = ask(fake, concurrency=4)
        assert [a.choice for a in answers] == [0] * len(PROMPTS)
        assert change in client.facts()["adapted_to_server"][0]
        assert (client.facts()["constraint"] == "none") == (field == "response_format")
        assert field not in fake.chats()[-1]


def test_a_constraint_asked_for_is_not_given_up():
    with FakeServer(refuses=["response_format"]) as fake:
        answers, client = ask(fake, constraint="json_schema")
        assert all(a.error and "400" in a.error for a in answers)
        assert client.facts()["constraint"] == "json_schema"


def test_long_prompt_is_not_mistaken_for_an_unknown_parameter():
    vllm_words = (
        "'max_tokens' or 'max_completion_tokens' is too large: the maximum context length is 512 tokens"
    )
    assert Dialect("vllm").adapted(vllm_words) is None


def test_extra_body_is_sent_and_wins(fake):
    ask(fake, extra_body={"max_completion_tokens": 500, "reasoning_effort": "low"}, prompts=PROMPTS[:1])
    body = fake.chats()[-1]
    assert body["max_completion_tokens"] == 500
    assert body["reasoning_effort"] == "low"
    assert "max_tokens" not in body


def test_unknown_model_stops_the_run(fake):
    with pytest.raises(ArmError, match="does not know model 'other'"), server(fake).connect("other"):
        pass


def test_exhausted_quota_stops_the_run(fake):
    fault = Fault(429, "You exceeded your current quota", "insufficient_quota", {"Retry-After": "0.01"})
    with pytest.raises(ArmError, match="no quota"):
        ask(fake, [fault] * 3, max_retries=1)


def test_no_server_is_said_at_once():
    with FakeServer() as gone:
        pass
    with pytest.raises(ArmError, match="No server answers"), server(gone, max_retries=0).connect("fake"):
        pass


def test_server_that_dies_stops_the_run():
    with FakeServer() as fake:
        context = server(fake, max_retries=0).connect("fake")
        client = context.__enter__()
    with pytest.raises(ArmError, match="stopped answering"):
        client.choose(PROMPTS * 4, CHOICES, "constrained")
    context.__exit__(None, None, None)


def test_missing_key_is_refused_before_anything(fake, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(ArmError, match=VARIABLE):
        server(fake, api_key_env=VARIABLE).check()
    with pytest.raises(ArmError, match=VARIABLE), server(fake, api_key_env=VARIABLE).connect("fake"):
        pass
    assert fake.requests == []
    server(fake).check()


def test_key_is_sent_and_shown_nowhere(monkeypatch, caplog):
    monkeypatch.setenv(VARIABLE, KEY)
    caplog.set_level(logging.DEBUG)
    with FakeServer(api_key=KEY) as fake:
        asked = server(fake, api_key_env=VARIABLE)
        with asked.connect("fake") as client:
            fake.faults.extend([Fault(400, f"bad key {KEY}"), Fault(text=KEY), rate_limited()])
            answers = client.choose(PROMPTS, CHOICES, "constrained")
            shown = [repr(asked), asked.config(), repr(client), client.facts(), [a.error for a in answers]]
        assert fake.requests[-1]["headers"]["authorization"] == f"Bearer {KEY}"
        assert [a.choice for a in answers[2:]] == WANTED[2:]
        fake.api_key = "another"
        with pytest.raises(ArmError) as caught, asked.connect("fake"):
            pass
    shown += [
        "".join(traceback.format_exception(caught.value)),
        caplog.text,
        [r.args for r in caplog.records],
    ]
    assert VARIABLE in str(caught.value)
    assert KEY not in str(shown)


def test_key_revoked_midway_stops_the_run(monkeypatch):
    monkeypatch.setenv(VARIABLE, KEY)
    with FakeServer(api_key=KEY) as fake, server(fake, api_key_env=VARIABLE).connect("fake") as client:
        fake.api_key = "another"
        with pytest.raises(ArmError, match="refused the key") as caught:
            client.choose(PROMPTS * 3, CHOICES, "constrained")
        assert KEY not in "".join(traceback.format_exception(caught.value))


def test_keys_echoed_in_part_are_masked():
    assert (
        mask("Incorrect API key provided: sk-proj-********wxyz.", None) == "Incorrect API key provided: ***"
    )
    assert mask("no secrets here", "") == "no secrets here"


def test_credentials_in_settings_are_refused_or_hidden():
    for url in (f"https://user:{KEY}@host/v1", f"https://host/v1?api_key={KEY}", "ftp://host", "host/v1"):
        with pytest.raises(ValidationError) as refused:
            OpenAIServer(url)
        assert KEY not in str(refused.value)
    hidden = OpenAIServer("https://host/v1", extra_body={"auth_token": KEY, "user": "me"})
    assert KEY not in str(hidden.config()) + repr(hidden)
    assert hidden.config()["extra_body"]["user"] == "me"


@pytest.mark.parametrize(
    ("url", "host", "remote"),
    [
        ("http://127.0.0.1:8000/v1", "127.0.0.1", False),
        ("http://localhost:8000/v1", "localhost", False),
        ("http://[::1]:8000/v1", "::1", False),
        ("https://api.openai.com/v1", "api.openai.com", True),
        ("http://10.0.0.7/v1", "10.0.0.7", True),
        ("http://localhost.evil.example/v1", "localhost.evil.example", True),
    ],
)
def test_destination(url, host, remote):
    location = OpenAIServer(url).destination()
    assert (location.host, location.remote) == (host, remote)


def test_no_adapter_and_no_likelihood(fake, tmp_path):
    assert not OpenAIServer.serves_adapters
    assert OpenAIServer(fake.base_url, constraint="none").methods() == ("free",)
    with pytest.raises(ArmError, match="VLLMServer"), server(fake).connect("fake", adapter=tmp_path):
        pass
    with server(fake).connect("fake") as client, pytest.raises(ArmError, match="InProcess"):
        client.choose(PROMPTS, CHOICES, "likelihood")
