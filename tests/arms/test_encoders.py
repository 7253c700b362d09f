from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from arms import ArmError, FineTuned, FitContext
from arms.encoder.batching import encode, inference_order, training_order
from arms.encoder.preparation import tokenizer_of
from evalsets import EvalSet


def fast(model: Path, **changes: object) -> FineTuned:
    settings = {"epochs": 10, "learning_rate": 5e-3, "batch_size": 8, "patience": 10, **changes}
    return FineTuned(str(model), **settings)  # type: ignore[arg-type]


def test_fine_tuning_learns_and_records_what_dev_chose(
    toy: EvalSet, tiny_encoder: Path, tmp_path: Path
) -> None:
    with fast(tiny_encoder, epochs=15, learning_rate=(1e-7, 5e-3)).fit(
        toy, 0, FitContext(tmp_path)
    ) as fitted:
        predictions = fitted.predict(toy.test.texts)
        # The majority label alone scores 0.14.
        assert toy.task.score(toy.test.labels, predictions.values) > 0.5
        assert fitted.record.facts["learning_rate"] == 5e-3
        assert set(fitted.record.facts["dev_score_by_learning_rate"]) == {"1e-07", "0.005"}
        by_epoch = fitted.record.facts["dev_score_by_epoch"]
        assert fitted.record.facts["dev_score"] == max(by_epoch)
        assert by_epoch.index(max(by_epoch)) + 1 == fitted.record.facts["best_epoch"]
        assert fitted.record.parameters
        still_learning = any("raise epochs" in note for note in fitted.record.notes)
        assert still_learning == (fitted.record.facts["best_epoch"] == 15)


def test_same_seed_same_predictions_other_seed_other_weights(
    toy: EvalSet, tiny_encoder: Path, tmp_path: Path
) -> None:
    arm = fast(tiny_encoder, epochs=1)
    runs = [
        arm.fit(toy, seed, FitContext(tmp_path)).predict(toy.test.texts).probabilities for seed in (0, 0, 1)
    ]
    assert runs[0] is not None
    assert runs[1] is not None
    assert runs[2] is not None
    np.testing.assert_allclose(runs[0], runs[1], atol=1e-4)
    assert np.abs(runs[0] - runs[2]).max() > 1e-3


def test_prediction_does_not_depend_on_the_batch(toy: EvalSet, tiny_encoder: Path, tmp_path: Path) -> None:
    fitted = fast(tiny_encoder, epochs=1).fit(toy, 0, FitContext(tmp_path))
    texts = [*toy.test.texts[:5], "router", " ".join(toy.test.texts[:3])]
    together = fitted.predict(texts).probabilities
    alone = np.concatenate([fitted.predict([t]).probabilities for t in texts])  # type: ignore[list-item]
    assert together is not None
    np.testing.assert_allclose(together, alone, atol=2e-2)
    assert fitted.predict([]).values == []


def test_truncation_is_counted_and_said(toy: EvalSet, tiny_encoder: Path, tmp_path: Path) -> None:
    long = replace(toy, test=replace(toy.test, texts=("router " * 300, *toy.test.texts[1:])))
    arm = fast(tiny_encoder, epochs=1, long_documents="truncate")
    record = arm.fit(long, 0, FitContext(tmp_path)).record
    assert record.facts["truncated_texts"] == 1
    assert "longer than 64 tokens" in record.notes[0]
    assert "Dev was best after the last epoch allowed (1)" in record.notes[-1]
    assert record.facts["best_at_the_end"] is True


def test_encode_cuts_at_the_limit(tiny_encoder: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_encoder)
    texts = [" ".join(["router"] * n) for n in (2, 6, 7)]
    assert [len(row) for row in encode(tokenizer, texts, max_length=8)] == [4, 8, 8]
    assert encode(tokenizer, [], max_length=8) == []


def test_a_tokenizer_stored_as_a_sentencepiece_model_is_a_fast_one(tmp_path: Path) -> None:
    import sentencepiece

    file, words = tmp_path / "sentencepiece.bpe", ["router", "invoice", "parcel", "window"]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([f"the {word} is here" for word in words] * 20),
        model_prefix=str(file),
        vocab_size=26,
        minloglevel=2,
    )
    (tmp_path / "config.json").write_text('{"model_type": "xlm-roberta", "vocab_size": 30}')
    tokenizer = tokenizer_of(tmp_path)
    assert tokenizer.is_fast
    assert "".join(tokenizer.tokenize("the router")) == "▁the▁router"


def test_orders_visit_every_item_once() -> None:
    lengths = np.random.default_rng(0).integers(1, 60, 333)
    trained = np.concatenate(training_order(lengths, 16, np.random.default_rng(1)))
    inferred = list(inference_order(lengths, 256))
    assert sorted(trained) == sorted(np.concatenate(inferred)) == list(range(333))
    assert all(len(b) * lengths[b].max() <= 256 for b in inferred)


@pytest.mark.parametrize(
    ("model", "message"),
    [("./nowhere", "No folder"), ("a/b/c", "No folder")],
)
def test_a_wrong_path_is_refused_with_the_remedy(toy: EvalSet, model: str, message: str) -> None:
    with pytest.raises(ArmError, match=message):
        FineTuned(model).check(toy)


def test_weights_that_can_run_code_are_refused(toy: EvalSet, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"x")
    with pytest.raises(ArmError, match="safetensors"):
        FineTuned(str(tmp_path)).check(toy)
