from __future__ import annotations

import re
import subprocess
import sys

from arms.llm import SERVERS, FakeServer, InProcess, OpenAIServer, Server, VLLMServer
from arms.llm.fake_answers import by_keyword

from .conftest import prompt


def test_answers_are_deterministic():
    messages = [{"role": "user", "content": "whatever"}]
    assert by_keyword(messages, ("a1", "b1")) == by_keyword(messages, ("a1", "b1"))
    assert by_keyword([{"role": "user", "content": "say B1"}], ("a1", "b1")) == "b1"


def test_own_answerer():
    with FakeServer(lambda messages, choices: choices[-1]) as fake:
        server = OpenAIServer(fake.base_url, api_key_env=None)
        with server.connect("fake") as client:
            assert client.choose([prompt("x")], ("a", "b"), "constrained")[0].choice == 1


def test_runs_as_a_program():
    command = [sys.executable, "-m", "arms.llm.fake_server", "--port", "0", "--model", "m"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        url = re.match(r"(http://\S+)", process.stdout.readline()).group(1)
        with OpenAIServer(url, api_key_env=None).connect("m") as client:
            assert client.choose([prompt("say b")], ("a", "b"), "constrained")[0].choice is not None
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def test_registry_knows_every_server():
    assert {"in_process": InProcess, "openai": OpenAIServer, "vllm": VLLMServer} == SERVERS
    settings = {"openai": {"base_url": "http://localhost/v1"}}
    for kind, server in SERVERS.items():
        made = server(**settings.get(kind, {}))
        assert issubclass(server, Server)
        config = made.config()
        assert config.pop("kind") == kind
        assert server(**config) == made
