"""Each task from its training texts to its predictions, on the tiny encoder."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from arms import ArmError, DomainAdapted, FineTuned, FitContext
from arms.encoder.fine_tuning import FineTuning, window_reader
from arms.encoder.heads import HEADS, TokenClassificationHead, head_class
from evalsets import EvalSet, Span


def fast(model: Path, **changes: object) -> FineTuned:
    settings = {"epochs": 12, "learning_rate": 5e-3, "batch_size": 8, "patience": 12, **changes}
    return FineTuned(str(model), **settings)  # type: ignore[arg-type]


def test_entities_are_found_where_they_stand(
    toy_entities: EvalSet, tiny_encoder: Path, tmp_path: Path
) -> None:
    data = toy_entities
    fitted = fast(tiny_encoder).fit(data, 0, FitContext(tmp_path))
    predicted = fitted.predict(data.test.texts)
    assert data.task.score(data.test.labels, predicted.values) > 0.8
    assert predicted.probabilities is None
    assert fitted.record.facts["tagged_units"] == "words"
    alone = [fitted.predict([text]).values[0] for text in data.test.texts[:5]]
    assert alone == predicted.values[:5]
    assert fitted.predict([""]).values == [()]


def test_entities_at_the_end_of_a_long_document_are_found(
    toy_entities: EvalSet, tiny_encoder: Path, tmp_path: Path
) -> None:
    test = toy_entities.test
    filler = "the customer said it is was now " * 20
    long = replace(
        toy_entities,
        test=replace(
            test,
            texts=tuple(filler + text for text in test.texts),
            labels=tuple(
                tuple(Span(s.start + len(filler), s.end + len(filler), s.label) for s in spans)
                for spans in test.labels
            ),
        ),
    )
    scores = {}
    for what, epochs in (("windows", 16), ("truncate", 1)):
        # The toy model knows only the first places of a window, so windows are short.
        arm = fast(tiny_encoder, max_length=14, epochs=epochs, long_documents=what)
        fitted = arm.fit(long, 0, FitContext(tmp_path))
        scores[what] = long.task.score(long.test.labels, fitted.predict(long.test.texts).values)
        counted = "divided_texts" if what == "windows" else "truncated_texts"
        assert fitted.record.facts[counted] == len(long.test)
        assert f"{len(long.test)} texts are longer than 14 tokens" in fitted.record.notes[0]
    assert scores["truncate"] == 0
    assert scores["windows"] > 0.6


@pytest.mark.parametrize(("long_documents", "differ"), [("windows", True), ("truncate", False)])
def test_the_end_of_a_long_text_matters_where_windows_are_read(
    toy: EvalSet, tiny_encoder: Path, tmp_path: Path, long_documents: str, differ: bool
) -> None:
    arm = fast(tiny_encoder, max_length=16, epochs=1, long_documents=long_documents)
    fitted = arm.fit(toy, 0, FitContext(tmp_path))
    filler = "the customer said it is was now again since my help please " * 2
    first, second = fitted.predict([filler + "router modem wifi", filler + "refund price card"]).probabilities  # type: ignore[misc]
    np.testing.assert_allclose([first.sum(), second.sum()], 1)
    assert (np.abs(first - second).max() > 1e-3) == differ


def test_any_number_of_labels_with_a_threshold_that_dev_chose(
    toy_topics: EvalSet, tiny_encoder: Path, tmp_path: Path
) -> None:
    data = toy_topics
    fitted = fast(tiny_encoder).fit(data, 0, FitContext(tmp_path))
    predicted = fitted.predict(data.test.texts)
    assert data.task.score(data.test.labels, predicted.values) > 0.8
    threshold = fitted.record.facts["label_threshold"]
    assert predicted.probabilities is not None
    assert predicted.probabilities.shape == (len(data.test), 3)
    for row, value in zip(predicted.probabilities, predicted.values, strict=True):
        assert [label for label, p in zip(data.task.labels, row, strict=True) if p >= threshold] == list(
            value
        )


def test_a_saved_model_says_how_its_outputs_become_answers(
    toy_topics: EvalSet, tiny_encoder: Path, tmp_path: Path
) -> None:
    fitted = fast(tiny_encoder, epochs=1).fit(toy_topics, 0, FitContext(tmp_path))
    fitted.save(tmp_path / "model")  # type: ignore[attr-defined]
    told = json.loads((tmp_path / "model" / "head.json").read_text())
    assert told["label_threshold"] == fitted.record.facts["label_threshold"]
    assert told["task"] == json.loads(json.dumps(toy_topics.task.to_json()))
    from transformers import AutoModelForSequenceClassification

    again = AutoModelForSequenceClassification.from_pretrained(tmp_path / "model")
    assert tuple(again.config.id2label.values()) == toy_topics.task.labels


def test_records_from_spans_and_from_the_whole_text(
    toy_records: EvalSet, tiny_encoder: Path, tmp_path: Path
) -> None:
    data = toy_records
    fitted = fast(tiny_encoder, epochs=15).fit(data, 0, FitContext(tmp_path))
    facts, notes = fitted.record.facts, " ".join(fitted.record.notes)
    assert facts["fields_from_spans"] == ["device", "papers"]
    assert facts["fields_from_text"] == ["urgent"]
    assert facts["fields_not_learned"] == ["ticket"]
    assert "Cannot be learned" in notes
    predicted = fitted.predict(data.test.texts).values
    f1 = {s.label: s.f1 for s in data.task.per_label(data.test.labels, predicted)}
    assert f1["device"] > 0.9
    assert f1["papers"] > 0.8
    assert f1["urgent"] > 0.8
    assert f1["ticket"] == 0
    assert all(isinstance(record.get("papers", []), list) for record in predicted)


def test_every_task_with_a_head_can_be_done_after_adaptation(
    toy_entities: EvalSet, tiny_encoder: Path, tmp_path: Path
) -> None:
    arm = DomainAdapted(str(tiny_encoder), rung="vocabulary", epochs=1)
    arm.check(toy_entities)
    assert set(arm.tasks) == set(HEADS)
    values = arm.fit(toy_entities, 0, FitContext(tmp_path)).predict(toy_entities.test.texts[:3]).values
    assert len(values) == 3


def test_entities_need_a_fast_tokenizer(tiny_encoder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers import AutoTokenizer

    slow = SimpleNamespace(is_fast=False)
    monkeypatch.setattr(AutoTokenizer, "from_pretrained", lambda folder, **options: slow)
    settings = FineTuning(1, 1, (1e-3,), 8, 0.0, 0.1, None, None, "windows")
    with pytest.raises(ArmError, match=r"no fast tokenizer.*Convert it"):
        window_reader(tiny_encoder, TokenClassificationHead, settings)


def test_windows_that_cannot_be_are_refused_before_training(
    toy_entities: EvalSet, toy: EvalSet, tiny_encoder: Path
) -> None:
    for data in (toy_entities, toy):
        with pytest.raises(ArmError, match="Make stride smaller"):
            fast(tiny_encoder, max_length=16, stride=15).check(data)


def test_an_unknown_task_has_no_head() -> None:
    with pytest.raises(ArmError, match="cannot do poetry"):
        head_class(SimpleNamespace(kind="poetry", kinds=lambda: ("poetry",)))  # type: ignore[arg-type]


def test_same_seed_same_entities(toy_entities: EvalSet, tiny_encoder: Path, tmp_path: Path) -> None:
    arm = fast(tiny_encoder, epochs=2)
    runs = [arm.fit(toy_entities, 3, FitContext(tmp_path)) for _ in range(2)]
    first, second = (r.record.facts["dev_score_by_epoch"] for r in runs)
    np.testing.assert_allclose(first, second, atol=0.02)
