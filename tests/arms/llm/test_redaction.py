"""Language models see redacted texts in training, examples and prediction."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import decide
from arms.pii import Redaction
from evalsets import EvalSet

pytest.importorskip("presidio_analyzer")
ADDRESS = "jane.roe@example.com"


def addressed(data: EvalSet) -> EvalSet:
    train = replace(data.train, texts=tuple(f"{text} {ADDRESS}" for text in data.train.texts))
    return replace(data, train=train)


def test_an_adapter_is_trained_on_redacted_texts(toy: EvalSet, tiny_llama: Path) -> None:
    from transformers import AutoTokenizer

    data, tokenizer = addressed(toy), AutoTokenizer.from_pretrained(tiny_llama)
    for redact, kept in ((None, True), (Redaction(), False)):
        arm = decide.LoRA(str(tiny_llama), redact=redact)
        rows, _ = arm._rows(tokenizer, data.train, data)
        text = tokenizer.decode(rows[0][0])
        assert (ADDRESS in text) is kept
        assert ("<EMAIL_ADDRESS>" in text) is not kept


def test_redaction_is_among_what_determines_a_run(tiny_llama: Path) -> None:
    plain, redacted = (decide.Prompted(str(tiny_llama), redact=r) for r in (None, True))
    assert "presidio-analyzer" in redacted.fingerprint()
    assert "presidio-analyzer" not in plain.fingerprint()
    assert redacted.config()["redact"] == Redaction().config()
    assert {k: v for k, v in redacted.config().items() if k != "redact"} == plain.config()


def test_false_means_no_redaction(tiny_llama: Path) -> None:
    assert decide.Prompted(str(tiny_llama), redact=False) == decide.Prompted(str(tiny_llama))
