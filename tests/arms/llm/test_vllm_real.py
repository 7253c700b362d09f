"""The real vLLM, from the interpreter that DECIDE_VLLM_PYTHON names."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from arms.llm import InProcess, VLLMServer
from arms.llm.vllm_command import PYTHON_VARIABLE
from tests.arms.test_keeper import members, wait

from .conftest import LABELS, PROMPTS

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.vllm,
    pytest.mark.skipif(
        not os.environ.get(PYTHON_VARIABLE), reason=f"{PYTHON_VARIABLE} names no interpreter with vLLM"
    ),
]
PARENT = """
import sys, time
from arms.llm import VLLMServer
with VLLMServer(max_model_len=512).connect(sys.argv[1]) as client:
    print(client.process_group, flush=True)
    time.sleep(600)
"""


def test_base_adapter_and_structured_choice(tiny_llama, tiny_adapter):
    with InProcess(dtype="float32", device="cpu").connect(str(tiny_llama), adapter=tiny_adapter) as here:
        expected = here.choose(PROMPTS, LABELS, "constrained")
    server = VLLMServer(dtype="float32", max_model_len=512)
    with server.connect(str(tiny_llama), adapter=tiny_adapter) as client:
        group = client.process_group
        assert len(members(group)) > 1
        answers = client.choose(PROMPTS, LABELS, "constrained")
        assert all(a.error is None for a in answers)
        # The same tokens were read: templates agree between the server and us.
        assert [a.input_tokens for a in answers] == [a.input_tokens for a in expected]
        free = client.choose(PROMPTS[:1], LABELS, "free")[0]
        assert free.text is not None
        again = client.choose(PROMPTS, LABELS, "constrained")
        assert [a.choice for a in again] == [a.choice for a in answers]
        command = Path(f"/proc/{group}/cmdline")
        if command.exists():
            key = Path(f"/proc/{group}/environ").read_text().split("VLLM_API_KEY=")[1].split("\0")[0]
            assert key not in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
    assert members(group) == []


def test_nothing_is_left_after_an_error_inside(tiny_llama):
    groups = []

    def use():
        with VLLMServer(max_model_len=512).connect(str(tiny_llama)) as client:
            groups.append(client.process_group)
            assert client.choose(PROMPTS[:1], LABELS, "constrained")[0].error is None
            raise KeyError("inside")

    with pytest.raises(KeyError, match="inside"):
        use()
    assert members(groups[0]) == []


def test_nothing_is_left_after_the_parent_is_killed(tiny_llama):
    command = [sys.executable, "-c", PARENT, str(tiny_llama)]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    group = int(parent.stdout.readline())
    assert len(members(group)) > 1
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait(lambda: members(group) == [], 60)


def test_entities_under_a_schema_with_and_without_an_adapter(tiny_llama, tiny_adapter):
    """What the model writes is held to the schema, and is read to spans of the text."""
    import json

    import jsonschema

    from arms.llm.formats import format_of
    from arms.prompts import PromptTemplate
    from evalsets import Span, Split, TokenClassification

    task = TokenClassification(("disease", "drug"))
    texts = ("tamoxifen for gout", "nothing here", "gout, then gout again")
    golds = ((Span(0, 9, "drug"), Span(14, 18, "disease")), (), (Span(0, 4, "disease"),))
    form = format_of(task, Split(texts, golds))
    prompts = [PromptTemplate(task).prompt(text) for text in texts]
    for adapter in (None, tiny_adapter):
        server = VLLMServer(dtype="float32", max_model_len=512)
        with server.connect(str(tiny_llama), adapter=adapter, structured=True) as client:
            held = client.compose(prompts, form.schema, "constrained", 200)
            free = client.compose(prompts, form.schema, "free", 20)
            # Each answer of one entity at most fits, so that none is cut.
            items = {**form.schema["properties"]["entities"], "maxItems": 1}
            text = {**items["items"]["properties"]["text"], "maxLength": 5}
            members = {**items["items"]["properties"], "text": text}
            items["items"] = {**items["items"], "properties": members}
            small = {**form.schema, "properties": {"entities": items}}
            whole = client.compose(prompts, small, "constrained", 200)
            facts = client.facts()
        assert facts["constraint"] == "vllm"
        assert [a.error for a in (*held, *free)] == [None] * 6
        for answer in whole:
            assert answer.cut is None
            jsonschema.validate(json.loads(answer.text), small)
            assert answer.text == json.dumps(json.loads(answer.text), ensure_ascii=False)
        for answer, document in zip((*held, *whole), texts * 2, strict=True):
            assert answer.text.startswith('{"entities": [')
            assert (form.read(answer, document).value is None) == (answer.cut is not None)
