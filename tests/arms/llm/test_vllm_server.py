"""VLLMServer against a stand-in for vLLM: a package of that name that runs the fake server."""

from __future__ import annotations

import json
import sys
import textwrap
from pathlib import Path

import pytest

from arms.base import ArmError
from arms.llm import VLLMServer
from arms.llm import vllm_command as commands
from tests.arms.test_keeper import members, wait

from .conftest import prompt, save_tiny_llama

ROOT = str(Path(__file__).parents[3])
SERVER = textwrap.dedent("""
    import json, os, sys
    arguments = dict(zip(sys.argv[1:], sys.argv[2:]))
    modules = json.loads(arguments.get("--lora-modules", "{{}}"))
    key = os.environ["VLLM_API_KEY"]
    print("key", key, flush=True)
    if os.environ.get("FAIL"):
        raise SystemExit("out of cache blocks")
    if os.environ.get("HANG"):
        import time; time.sleep(600)
    sys.path.insert(0, {root!r})
    from arms.llm.fake_server import FakeServer
    model = modules.get("name", arguments["--served-model-name"])
    from tokenizers import Tokenizer  # without transformers, which takes seconds to import
    FakeServer(
        model=model,
        owned_by="vllm",
        api_key=key,
        port=int(arguments["--port"]),
        decode=Tokenizer.from_file(arguments["--model"] + "/tokenizer.json").decode,
    ).serve_forever()
""")


@pytest.fixture
def fake_vllm(tmp_path, monkeypatch):
    """This interpreter, finding a package ``vllm`` that is not vLLM."""
    package = tmp_path / "site" / "vllm" / "entrypoints" / "openai"
    package.mkdir(parents=True)
    for folder in (package, package.parent, package.parent.parent):
        (folder / "__init__.py").touch()
    (package / "api_server.py").write_text(SERVER.format(root=ROOT))
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    monkeypatch.delenv(commands.PYTHON_VARIABLE, raising=False)
    return sys.executable


def test_starts_answers_and_stops(fake_vllm, tiny_llama):
    with VLLMServer().connect(str(tiny_llama)) as client:
        answers = client.choose([prompt("billing"), prompt("account")], ("account", "billing"), "constrained")
        assert [a.text for a in answers] == ["billing", "account"]
        assert client.location.remote is False
        assert client.parameters() > 1000
        assert client.model_bytes() > 1000
        assert client.facts()["constraint"] == "vllm"
        group = client.process_group
        arguments = Path(f"/proc/{group}/cmdline")
        if arguments.exists():
            environment = Path(f"/proc/{group}/environ").read_text()
            key = environment.split("VLLM_API_KEY=")[1].split("\0")[0]
            assert len(key) > 20
            assert key not in arguments.read_text() + repr(client) + str(client.facts())
            assert "VLLM_NO_USAGE_STATS=1" in environment
        assert members(group)
    assert members(group) == []


def test_stops_after_an_error_inside(fake_vllm, tiny_llama):
    groups = []

    def use():
        with VLLMServer().connect(str(tiny_llama)) as client:
            groups.append(client.process_group)
            raise KeyError("inside")

    with pytest.raises(KeyError, match="inside"):
        use()
    assert members(groups[0]) == []


def test_json_is_held_to_its_schema_the_way_vllm_does(fake_vllm, tiny_llama):
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    with VLLMServer().connect(str(tiny_llama), structured=True) as client:
        command = Path(f"/proc/{client.process_group}/cmdline")
        if command.exists():
            assert '{"backend": "guidance"}' in command.read_text()
        for method in ("constrained", "free"):
            answer = client.compose([prompt("about 7 of them")], schema, method, 40)[0]
            assert answer.error is None
            assert (answer.text == '{"n": 7}') == (method == "constrained")


def test_serves_an_adapter_under_its_own_name(fake_vllm, tiny_llama, tiny_adapter):
    with VLLMServer().connect(str(tiny_llama), adapter=tiny_adapter) as client:
        assert client.model.endswith("-adapter")
        assert client.choose([prompt("billing")], ("billing",), "constrained")[0].choice == 0


@pytest.mark.parametrize(
    ("variable", "says", "patience_s"),
    [("FAIL", "out of cache blocks", 60), ("HANG", "startup_timeout_s", 4)],
)
def test_a_start_that_fails_shows_the_log_without_the_key(fake_vllm, tiny_llama, variable, says, patience_s):
    server = VLLMServer(env={variable: "1"}, startup_timeout_s=patience_s)
    with pytest.raises(ArmError, match=says) as caught, server.connect(str(tiny_llama)):
        pass
    assert "key ***" in str(caught.value)


def test_a_server_that_dies_stops_the_run(fake_vllm, tiny_llama):
    import os
    import signal

    with VLLMServer().connect(str(tiny_llama)) as client:
        os.killpg(client.process_group, signal.SIGKILL)
        wait(lambda: not members(client.process_group))
        with pytest.raises(ArmError, match=r"has died|stopped answering"):
            client.choose([prompt("billing")] * 100, ("billing",), "constrained")


def test_model_without_chat_template_gets_ours(fake_vllm, tmp_path):
    folder = save_tiny_llama(tmp_path / "plain", template=None)
    with VLLMServer().connect(str(folder)) as client:
        command = Path(f"/proc/{client.process_group}/cmdline").read_text().split("\0")
        template = Path(command[command.index("--chat-template") + 1])
        assert "messages" in template.read_text()
        assert client.choose([prompt("billing")], ("billing",), "constrained")[0].choice == 0
    assert not template.exists()


def test_interpreter_is_looked_for_and_checked(monkeypatch, tmp_path):
    monkeypatch.delenv(commands.PYTHON_VARIABLE, raising=False)
    with pytest.raises(ArmError, match="No interpreter"):
        VLLMServer(python=str(tmp_path / "python")).check()
    if commands.importlib.util.find_spec("vllm") is None:
        with pytest.raises(ArmError, match=commands.PYTHON_VARIABLE):
            VLLMServer().check()
        with pytest.raises(ArmError, match="has no vLLM"):
            VLLMServer(python=sys.executable).check()
        monkeypatch.setenv(commands.PYTHON_VARIABLE, sys.executable)
        with pytest.raises(ArmError, match="has no vLLM"):
            VLLMServer().check()


@pytest.mark.parametrize(("rank", "room"), [(4, "8"), (8, "8"), (24, "32"), (512, "512")])
def test_room_for_the_rank(tmp_path, rank, room):
    (tmp_path / "adapter_config.json").write_text(json.dumps({"r": rank}))
    arguments = commands.lora_arguments("a", tmp_path)
    assert arguments[arguments.index("--max-lora-rank") + 1] == room


def test_rank_beyond_vllm(tmp_path):
    (tmp_path / "adapter_config.json").write_text('{"r": 1024}')
    with pytest.raises(ArmError, match="1024"):
        commands.lora_arguments("a", tmp_path)


def test_settings_hide_secrets():
    server = VLLMServer(env={"HF_TOKEN": "hf_secretsecret", "OMP_NUM_THREADS": "2"})
    assert "hf_secretsecret" not in repr(server) + json.dumps(server.config())
    assert server.config()["env"]["OMP_NUM_THREADS"] == "2"
    assert server.destination().remote is False
