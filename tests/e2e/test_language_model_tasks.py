"""A real small language model in process on entities and records: every answer is JSON of the form asked for.

Its quality is not the claim; the model is far too small for that.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from arms import ArmError, FitContext, LoRA, Prompted
from arms.prompted import LLMArm
from evalsets import EvalSet

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def llm() -> str:
    pytest.importorskip("gguf")
    from decide import demo_models

    try:
        return str(demo_models.llm())
    except ArmError as error:
        pytest.skip(str(error))


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Steps of one token are too small to share; threads that wait for each other take most of the time."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def small(data: EvalSet, train: int = 24) -> EvalSet:
    return replace(
        data,
        train=data.train.take(range(train)),
        dev=data.dev.take(range(4)),
        test=data.test.take(range(2)),
    )


def check(arm: LLMArm, data: EvalSet, folder: Path) -> None:
    arm.check(data)
    form = arm.answer_format(data)
    with arm.fit(data, 0, FitContext(folder)) as fitted:
        answers = form.ask(
            fitted._client,  # type: ignore[attr-defined]
            [fitted._template.prompt(text, fitted._examples) for text in data.test.texts],  # type: ignore[attr-defined]
            arm.answer_method(form),
        )
        held = fitted._client.facts()["held_to_schema_by"]  # type: ignore[attr-defined]
    assert held.startswith("llguidance")
    for answer in answers:
        assert answer.cut is None, answer.text
        jsonschema.validate(json.loads(answer.text or ""), form.schema)  # type: ignore[attr-defined]
    readings = [form.read(answer, text) for answer, text in zip(answers, data.test.texts, strict=True)]
    assert all(reading.value is not None for reading in readings), readings
    assert 0 <= data.task.score(data.test.labels, [reading.value for reading in readings]) <= 1


def test_entities_of_abstracts(llm: str, shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "ncbi_disease"
    data = EvalSet.from_files(
        train=str(folder / "train.conll"),
        dev=str(folder / "dev.conll"),
        test=str(folder / "test.conll"),
        task="token_classification",
        allow=("leakage", "duplicates", "conflicting_labels"),
    )
    data = small(data)
    check(Prompted(llm, shots=1, max_answer_tokens=700), data, tmp_path)
    check(LoRA(llm, epochs=1, batch_size=4, max_train=8, max_answer_tokens=700), data, tmp_path)


def test_records_of_bundled_notes(llm: str, tmp_path: Path) -> None:
    from evalsets.demo import clinical_fields

    data = small(clinical_fields(seed=0))
    check(Prompted(llm, max_answer_tokens=600), data, tmp_path)
    check(LoRA(llm, epochs=1, batch_size=4, max_train=8, max_answer_tokens=600), data, tmp_path)
