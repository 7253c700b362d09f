from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsets import DecideError, Extraction, TextClassification, TokenClassification, metrics

LABELS = ("a", "b", "c", "d")


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return {name: metrics.load(name) for name in metrics.NAMES}


@settings(max_examples=60, deadline=None)
@given(
    pairs=st.lists(
        st.tuples(st.sampled_from(LABELS[:3]), st.sampled_from([*LABELS, None, "unknown"])),
        min_size=1,
        max_size=30,
    )
)
@pytest.mark.parametrize("name", metrics.NAMES)
def test_task_and_module_agree(
    modules: dict[str, Any], name: Any, pairs: list[tuple[str, str | None]]
) -> None:
    gold, predicted = [g for g, _ in pairs], [p for _, p in pairs]
    score = TextClassification(LABELS, metric=name).score(gold, predicted)
    module = modules[name].compute(predictions=predicted, references=gold, labels=list(LABELS))
    assert module == {name: pytest.approx(score, abs=1e-9)}
    assert 0 <= score <= 1


@pytest.mark.parametrize(("name", "expected"), [("macro_f1", 5 / 6), ("micro_f1", 0.8), ("accuracy", 2 / 3)])
def test_no_answer_is_a_miss_and_no_false_positive(
    modules: dict[str, Any], name: Any, expected: float
) -> None:
    # a: 1 hit of 1 gold, 1 predicted. b: 1 hit of 2 gold, 1 predicted, so F1 is 2/3.
    gold, predicted = ["a", "b", "b"], ["a", None, "b"]
    task = TextClassification(("a", "b"), metric=name)
    assert task.score(gold, predicted) == pytest.approx(expected)
    assert modules[name].compute(predictions=predicted, references=gold)[name] == pytest.approx(expected)
    assert task.item_scores(gold, predicted).tolist() == [1, 0, 1]
    b = task.per_label(gold, predicted)[1]
    assert (b.precision, b.recall, b.support) == (1.0, 0.5, 2)
    assert task.confusion(gold, predicted).tolist() == [[1, 0, 0], [0, 1, 1]]


def test_no_answer_at_all(modules: dict[str, Any]) -> None:
    for name, module in modules.items():
        assert module.compute(predictions=[None, None], references=["a", "b"]) == {name: 0.0}
        module.add(prediction=None, reference="a")
        module.add(prediction="b", reference="b")
        assert 0 < module.compute()[name] < 1


def test_unknown_metric() -> None:
    with pytest.raises(
        DecideError, match=r"Unknown metric 'f1'\. Use macro_f1, micro_f1, accuracy, entity_f1 or field_f1"
    ):
        metrics.load("f1")


def test_entities_and_fields() -> None:
    entities = metrics.load("entity_f1")
    gold = [[(0, 3, "a"), (5, 9, "b")], [], [(1, 2, "a")]]
    predicted = [[(0, 3, "a"), (4, 9, "b")], [(0, 1, "b")], None]
    task = TokenClassification(("a", "b"))
    score = entities.compute(predictions=predicted, references=gold)
    assert score == {"entity_f1": pytest.approx(task.score(gold, [p and list(p) for p in predicted]))}
    assert score == {"entity_f1": pytest.approx(1 / 3)}
    with pytest.raises(DecideError, match="Spans overlap"):
        entities.compute(predictions=[[(0, 3, "a"), (2, 4, "b")]], references=[[]])
    fields = metrics.load("field_f1")
    schema = {"properties": {"n": {"type": "integer"}, "s": {"type": "string"}}}
    records: list[Any] = [{"n": 1, "s": "x"}, {"s": "y"}]
    answers: list[Any] = [{"n": 2, "s": "X"}, None]
    for tolerance in (0, 1):
        task_score = Extraction(schema, absolute_tolerance=tolerance).score(records, answers)
        found = fields.compute(
            predictions=answers, references=records, schema=schema, absolute_tolerance=tolerance
        )
        assert found == {"field_f1": pytest.approx(task_score)}


OFFLINE = """
import socket
def refuse(*args, **kwargs):
    raise SystemExit("the network was used")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
from evalsets import metrics
for name in metrics.NAMES:
    assert metrics.load(name).compute(predictions=["a"], references=["a"]) == {name: 1.0}
"""


def test_works_without_a_network_in_an_empty_home(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    env = os.environ | {"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE], env=env, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
