"""Words of a domain that a tokenizer cuts to pieces, and giving them tokens of their own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from evalsets.words import words_of

CHUNK = 10_000
FREQUENT = 5
"""Occurrences from which a word counts as frequent."""
LONGEST = 40
"""Characters of a word that may become a token; longer runs are rarely words."""


def fragmented(tokenizer: Any, occurrences: Mapping[str, float]) -> list[tuple[str, int]]:
    """Frequent words that are cut or unknown, with their occurrences.

    Ordered by what a token of its own would save each word: occurrences × (pieces - 1), where an unknown
    word counts as cut at least once.
    """
    frequent = [(word, int(n)) for word, n in occurrences.items() if n >= FREQUENT]
    ranked = []
    for (word, n), ids in zip(frequent, token_ids(tokenizer, [w for w, _ in frequent]), strict=True):
        unknown = tokenizer.unk_token_id is not None and tokenizer.unk_token_id in ids
        saved = n * max(len(ids) - 1, int(unknown))
        if saved:
            ranked.append((-saved, word, n))
    return [(word, n) for _, word, n in sorted(ranked)]


def token_ids(tokenizer: Any, words: Sequence[str]) -> list[list[int]]:
    """Token ids of each word by itself, as it stands within a sentence (after a space)."""
    found: list[list[int]] = []
    for start in range(0, len(words), CHUNK):
        chunk = [f" {w}" for w in words[start : start + CHUNK]]
        found += tokenizer(chunk, add_special_tokens=False, return_attention_mask=False)["input_ids"]
    return found


def choose_words(tokenizer: Any, occurrences: Mapping[str, float], most: int) -> list[str]:
    """The words, at most ``most``, whose own tokens would save most.

    Spellings that the tokenizer does not tell apart, such as upper and lower case for an uncased one, are
    counted together and stand once, in their most frequent spelling.
    """
    words = [w for w in occurrences if len(w) <= LONGEST]
    spellings: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for word, ids in zip(words, token_ids(tokenizer, words), strict=True):
        # Words with unknown tokens share ids without being the same word.
        known = tokenizer.unk_token_id is None or tokenizer.unk_token_id not in ids
        spellings[tuple(ids) if known else (word,)].append(word)
    together = {
        max(same, key=lambda w: (occurrences[w], w)): sum(occurrences[w] for w in same)
        for same in spellings.values()
    }
    return [word for word, _ in fragmented(tokenizer, together)[:most]]


def add_words(tokenizer: Any, words: Sequence[str]) -> int:
    """Give each word a token, in place, and return how many tokens were added.

    The tokens match whole words only, after the tokenizer's own normalisation. Where a word's first piece
    carries the space before it, the new token takes that space in as well.
    """
    from tokenizers import AddedToken

    if not words:
        return 0
    space_belongs = any(piece[:1] in ("Ġ", "▁") for piece in tokenizer.tokenize("a b"))
    return int(
        tokenizer.add_tokens(
            [AddedToken(w, single_word=True, normalized=True, lstrip=space_belongs) for w in words]
        )
    )


def add_rows(model: Any, tokenizer: Any, pieces: Mapping[int, Sequence[int]]) -> None:
    """Resize the embeddings of a masked-LM model; each new row is the average of its old pieces' rows.

    Args:
        model: The model, changed in place. Output weights that are not tied, and the output bias, get
            averages as well.
        tokenizer: The extended tokenizer.
        pieces: Id of each new token to the ids of the tokens that stood for its word before.
    """
    import torch

    # An embedding may have more rows than the tokenizer has tokens; rows must never be taken away.
    size = max(len(tokenizer), model.get_input_embeddings().num_embeddings)
    model.resize_token_embeddings(size, mean_resizing=False)
    tables = [model.get_input_embeddings().weight]
    output = model.get_output_embeddings()
    if output is not None:
        if output.weight is not tables[0]:
            tables.append(output.weight)
        if getattr(output, "bias", None) is not None:
            tables.append(output.bias)
    with torch.no_grad():
        for new, old in pieces.items():
            for table in tables:
                table[new] = table[list(old)].mean(dim=0)


def fertility(tokenizer: Any, documents: Iterable[str]) -> float:
    """Tokens per word over the running text of documents; NaN where there is no word."""
    texts = list(documents)
    words = sum(len(words_of(text)) for text in texts)
    if not words:
        return float("nan")
    rows = tokenizer(texts, add_special_tokens=False, return_attention_mask=False, verbose=False)["input_ids"]
    return float(np.sum([len(row) for row in rows]) / words)
