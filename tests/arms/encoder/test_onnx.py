"""Models that ONNX Runtime computes: the same answers, and nearly the same in 8 bits."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoModelForTokenClassification

from arms import ArmError, DomainAdapted, FineTuned, FitContext
from arms.encoder.fused import same_answers
from arms.encoder.onnx_export import export, quantise
from evalsets import EvalSet

pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")


def arm(model: Path, runtime: str, **changes: object) -> FineTuned:
    settings = {"epochs": 3, "learning_rate": 5e-3, "batch_size": 8, "runtime": runtime, **changes}
    return FineTuned(str(model), **settings)  # type: ignore[arg-type]


def loaded(file: Path) -> Any:
    from arms.encoder.onnx_model import OnnxModel

    return OnnxModel(file)


@pytest.mark.parametrize(("kind", "first"), [("Sequence", True), ("Token", False)])
def test_the_exported_model_says_the_same(tiny_encoder: Path, tmp_path: Path, kind: str, first: bool) -> None:
    torch.manual_seed(0)
    cls = {"Sequence": AutoModelForSequenceClassification, "Token": AutoModelForTokenClassification}[kind]
    model = cls.from_pretrained(tiny_encoder, num_labels=3).eval()
    model.train()
    assert export(model, first, tmp_path / "model.onnx")
    assert model.training
    model.eval()
    assert same_answers(model, loaded(tmp_path / "model.onnx"), 1e-4)
    quantise(tmp_path / "model.onnx", tmp_path / "int8.onnx")
    quantised = loaded(tmp_path / "int8.onnx")
    assert same_answers(model, quantised, 0.1)
    assert not same_answers(model, quantised, 1e-9)


def test_a_model_of_other_parts_is_exported_as_it_is(tiny_encoder: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_pretrained(tiny_encoder, num_labels=3).eval()
    for layer in model.bert.encoder.layer:
        layer.attention.self.query.bias = None
    assert not export(model, True, tmp_path / "model.onnx")
    assert same_answers(model, loaded(tmp_path / "model.onnx"), 1e-4)


@pytest.mark.slow
def test_every_task_predicts_by_onnx_what_it_predicts_by_torch(
    toy: EvalSet,
    toy_topics: EvalSet,
    toy_entities: EvalSet,
    toy_records: EvalSet,
    tiny_encoder: Path,
    tmp_path: Path,
) -> None:
    for data in (toy, toy_topics, toy_entities, toy_records):
        plain, fitted = (
            arm(tiny_encoder, runtime).fit(data, 0, FitContext(tmp_path)) for runtime in ("torch", "onnx")
        )
        with plain, fitted:
            texts = [*data.test.texts, "", " ".join(data.test.texts[:9])]
            expected, said = plain.predict(texts), fitted.predict(texts)
            assert said.values == expected.values
            if expected.probabilities is not None:
                assert said.probabilities is not None
                np.testing.assert_allclose(said.probabilities, expected.probabilities, atol=1e-4)
            assert fitted.record.facts["dev_answers_like_torch"] == 1
            assert said.values[:2] == [fitted.predict([text]).values[0] for text in texts[:2]]


def test_eight_bits_are_a_variant_with_a_record_of_its_own(
    toy: EvalSet, tiny_encoder: Path, tmp_path: Path
) -> None:
    one = arm(tiny_encoder, "onnx_int8", epochs=12)
    one.check(toy)
    assert one.label.endswith("· ONNX int8")
    assert one.config()["runtime"] == "onnx_int8"
    with one.fit(toy, 0, FitContext(tmp_path)) as fitted:
        record = fitted.record
        assert record.facts["dev_answers_like_torch"] > 0.8
        assert record.facts["runtime"] == "onnx_int8"
        assert "deployment" in record.seconds
        assert any("ONNX int8" in note for note in record.notes)
        assert toy.task.score(toy.test.labels, fitted.predict(toy.test.texts).values) > 0.5
        folder = tmp_path / "saved"
        fitted.save(folder)  # type: ignore[attr-defined]
    assert json.loads((folder / "head.json").read_text())["runtime"] == "onnx_int8"
    assert (folder / "model.onnx").stat().st_size == record.model_bytes
    trained = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    assert same_answers(trained, loaded(folder / "model.onnx"), 0.2)


def test_a_missing_library_is_named_before_anything_runs(
    toy: EvalSet, tiny_encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "onnxruntime" else found(name, *rest)
    )
    arm(tiny_encoder, "torch").check(toy)
    for one in (
        arm(tiny_encoder, "onnx"),
        DomainAdapted(str(tiny_encoder), rung="task_text", runtime="onnx"),
    ):
        with pytest.raises(ArmError, match=r"onnxruntime is not installed.*pip install 'decide-nlp\[onnx\]'"):
            one.check(toy)
