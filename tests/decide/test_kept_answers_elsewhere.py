"""Answers are kept of models in this process too, and of answers in JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

import decide
from arms.llm import FakeServer, InProcess
from arms.llm.fake_answers import by_gazetteer
from arms.llm.fake_server import Fault, server_error
from arms.llm.formats import FORMATS
from decide.budget import spending_of
from evalsets import EvalSet
from tests.arms.llm.conftest import save_tiny_llama
from tests.arms.llm.test_arms_on_tasks import PHRASES, SETS

from .kept_answers import prompted, work


@pytest.mark.parametrize("method", ["likelihood", "free"])
def test_batches_of_a_model_in_this_process(method: str, small: EvalSet, tmp_path: Path) -> None:
    model = str(save_tiny_llama(tmp_path / "model"))
    server = InProcess("float32", device="cpu", max_batch_tokens=300)
    arm = decide.Prompted(model, server=server, method=method)  # type: ignore[arg-type]
    whole = work(arm, small, tmp_path / "whole")
    spent = spending_of(tmp_path / "whole", None)
    assert spent is not None
    assert spent.usd == 0
    assert spent.arms[0].answers == 8 + 16 + 6
    stop = decide.Budget(tokens=round(spent.tokens * 16 / 30))
    with pytest.raises(decide.ArmError, match="is used up"):
        work(arm, small, tmp_path / "run", stop)
    run = work(arm, small, tmp_path / "run")
    (note,) = [note for note in run.notes if "kept from an attempt" in note]
    assert 0 < int(note.split(" of ")[0]) < 16
    assert run.values == whole.values
    assert run.errors == whole.errors
    assert (run.input_tokens, run.output_tokens) == (whole.input_tokens, whole.output_tokens)
    if whole.probabilities is not None and run.probabilities is not None:
        # What a batch holds moves the last digits of a sum.
        for now, then in zip(run.probabilities, whole.probabilities, strict=True):
            assert now == pytest.approx(then, abs=1e-4)


@pytest.mark.parametrize("kind", sorted(set(FORMATS) - {"text_classification"}))
def test_answers_in_json(kind: str, tmp_path: Path) -> None:
    data = SETS[kind]
    with FakeServer(compose=by_gazetteer(PHRASES)) as server:
        arm = prompted(server.base_url, concurrency=1, max_retries=0)
        whole = work(arm, data, tmp_path / "whole")
        calls = len(server.chats())
        until = calls - len(data.dev) - len(data.test) + 1
        server.faults.extend([Fault()] * until + [server_error()] * 12)
        with pytest.raises(decide.ArmError, match="are kept"):
            work(arm, data, tmp_path / "run")
        server.faults.clear()
        seen = len(server.chats())
        run = work(arm, data, tmp_path / "run")
        assert len(server.chats()) - seen == calls - 1
        assert any(note.startswith("1 of 12 answers") for note in run.notes)
    assert (run.values, run.errors, run.input_tokens) == (whole.values, whole.errors, whole.input_tokens)
