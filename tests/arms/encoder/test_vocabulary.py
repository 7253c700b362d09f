from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arms.encoder.held_out import DocumentLosses, change
from arms.encoder.preparation import _extend
from arms.encoder.vocabulary import add_rows, add_words, choose_words, fertility, fragmented, token_ids

TEXTS = ["the nephrologist saw the patient", "The Nephrologist wrote", "kidney stones hurt"] * 6


def word_piece() -> Any:
    """An uncased WordPiece tokenizer that knows a few pieces."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "neph", "##ro", "##logist", "kid", "##ney"]
    pieces += ["saw", "patient", "wrote", "stones", "hurt"]
    backend = Tokenizer(models.WordPiece({p: i for i, p in enumerate(pieces)}, unk_token="[UNK]"))
    backend.normalizer = normalizers.BertNormalizer(lowercase=True)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    )


def byte_level() -> Any:
    """A cased byte-level BPE tokenizer, as RoBERTa has, trained on a few words."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=290,
        special_tokens=["<s>", "</s>", "<mask>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    backend.train_from_iterator(["the patient saw the stones"] * 20, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, bos_token="<s>", eos_token="</s>", mask_token="<mask>"
    )


def test_words_are_ranked_by_the_tokens_a_token_of_their_own_saves() -> None:
    occurrences = {"nephrologist": 6, "kidney": 9, "the": 50, "zzz": 7, "rare": 4}
    # nephrologist saves 6 × 2, kidney 9 × 1, an unknown word 7 × 1; "rare" is not frequent.
    assert fragmented(word_piece(), occurrences) == [("nephrologist", 6), ("kidney", 9), ("zzz", 7)]


def test_spellings_that_the_tokenizer_does_not_tell_apart_are_one_word() -> None:
    occurrences = {"nephrologist": 3, "Nephrologist": 4, "kidney": 5}
    assert choose_words(word_piece(), occurrences, 10) == ["Nephrologist", "kidney"]
    assert choose_words(word_piece(), occurrences, 1) == ["Nephrologist"]


@pytest.mark.parametrize("make", [word_piece, byte_level])
def test_added_words_are_one_token_wherever_they_stand_and_nothing_else_changes(make: Any) -> None:
    plain, extended = make(), make()
    pieces = _extend(plain, extended, ["nephrologist"])
    ((new, old),) = pieces.items()
    assert new == len(plain)
    assert len(old) > 1
    for text in ("the nephrologist saw", "nephrologist", "the nephrologist."):
        assert new in extended(text, add_special_tokens=False)["input_ids"], text
    for text in ("the nephrologists saw", "the patient saw the stones", "kidney"):
        assert extended(text)["input_ids"] == plain(text)["input_ids"], text
    assert fertility(extended, TEXTS) < fertility(plain, TEXTS)


def test_an_extended_tokenizer_survives_saving(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    extended = word_piece()
    assert add_words(extended, ["Nephrologist"]) == 1
    extended.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    ids = [tokenizer("NEPHROLOGIST nephrologist")["input_ids"] for tokenizer in (extended, again)]
    assert ids[0] == ids[1] == [16, 16]
    assert add_words(extended, []) == 0


@pytest.mark.parametrize("tied", [True, False])
def test_new_rows_are_the_average_of_the_old_pieces_rows(tied: bool) -> None:
    import torch
    from transformers import BertConfig, BertForMaskedLM

    tokenizer, extended = word_piece(), word_piece()
    config = BertConfig(
        vocab_size=16, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8,
        tie_word_embeddings=tied,
    )  # fmt: skip
    model = BertForMaskedLM(config)
    with torch.no_grad():
        model.get_output_embeddings().bias.copy_(torch.arange(16.0))
    before = model.get_input_embeddings().weight.detach().clone()
    output = model.get_output_embeddings().weight.detach().clone()
    pieces = _extend(tokenizer, extended, ["nephrologist"])
    assert pieces == {16: [6, 7, 8]} == {16: token_ids(tokenizer, ["nephrologist"])[0]}
    add_rows(model, extended, pieces)
    assert torch.allclose(model.get_input_embeddings().weight[16], before[[6, 7, 8]].mean(0))
    assert torch.allclose(model.get_output_embeddings().weight[16], output[[6, 7, 8]].mean(0))
    assert float(model.get_output_embeddings().bias[16]) == pytest.approx(7.0)
    assert torch.equal(model.get_input_embeddings().weight[:16], before)
    assert (model.get_output_embeddings().weight is model.get_input_embeddings().weight) is tied
    assert model(input_ids=torch.tensor([[5, 16]])).logits.shape == (1, 2, 17)


def test_a_change_in_loss_is_paired_over_documents() -> None:
    rng = np.random.default_rng(0)
    base = rng.gamma(2.0, 2.0, 200)
    ones = np.full(200, 4.0)
    before = DocumentLosses(base, ones, ones, ones)
    after = DocumentLosses(base - 0.4 + rng.normal(0, 0.1, 200), ones, ones, ones)
    value, low, high = change(before, after)
    assert value == pytest.approx(after.per_word() - before.per_word())
    assert low < value < high < 0
    assert high - low < 0.02  # unpaired, documents differ far more than that
    assert before.per_word() == pytest.approx(base.sum() / ones.sum())
    one = DocumentLosses(*(c[:1] for c in (base, ones, ones, ones)))
    assert change(one, one) == (0.0, 0.0, 0.0)
