"""Domain text packed into blocks of token ids on disk, in memory that does not grow with the text."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from arms.progress import track
from evalsets.words import words_of

CHUNK = 1000
HELD_OUT_DOCUMENTS = 500
"""Most documents kept out of training: enough for an interval, quickly read."""
REMEMBERED = 2_000_000
"""Most documents remembered to leave out repeats, which bounds memory."""
DISTINCT_WORDS = 1_000_000
"""Most distinct words counted; beyond, the rarest are forgotten."""

Texts = Callable[[], Iterable[str]]
"""Gives the same documents at every call."""


@dataclass(frozen=True)
class Survey:
    """What a first pass over the text found.

    Args:
        documents: Distinct documents.
        occurrences: Occurrences of each word, empty where they were not asked for.
    """

    documents: int
    occurrences: Counter[str]


def survey(texts: Texts, description: str, *, count_words: bool) -> Survey:
    """Count documents and, if asked to, words."""
    occurrences: Counter[str] = Counter()
    documents = 0
    for text in distinct(track(texts(), description)):
        documents += 1
        if count_words:
            occurrences.update(words_of(text))
            if len(occurrences) > DISTINCT_WORDS:
                occurrences = Counter(dict(occurrences.most_common(DISTINCT_WORDS * 3 // 4)))
    return Survey(documents, occurrences)


def distinct(texts: Iterable[str]) -> Iterator[str]:
    """The documents without exact repeats, as far as :data:`REMEMBERED` reaches."""
    seen: set[bytes] = set()
    for text in texts:
        key = hashlib.blake2b(text.encode(), digest_size=8).digest()
        if key in seen:
            continue
        if len(seen) < REMEMBERED:
            seen.add(key)
        yield text


def unit(text: str, seed: int) -> float:
    """A number in [0, 1) that a document keeps at every reading, for drawing samples of a stream."""
    digest = hashlib.blake2b(text.encode(), digest_size=8, key=seed.to_bytes(8, "big", signed=True)).digest()
    return int.from_bytes(digest, "big") / 2**64


def take_held_out(texts: Iterable[str], share: float, seed: int, kept: list[str]) -> Iterator[str]:
    """Pass on the documents to train on; put the others into ``kept``, drawn with probability ``share``.

    The first document is kept where chance would keep none.
    """
    first: str | None = None
    for text in distinct(texts):
        if unit(text, seed) < share:
            kept.append(text)
            continue
        if first is None:
            first = text
            continue
        yield text
    if first is not None and kept:
        yield first
    elif first is not None:
        kept.append(first)


def pack(tokenizer: Any, texts: Iterable[str], block: int, file: Path) -> tuple[int, int]:
    """Tokenise documents, join them by separators and write them to ``file`` as blocks without padding.

    The rest that does not fill a block is dropped.

    Returns:
        Number of blocks and number of documents.
    """
    kind = id_type(tokenizer)
    room = block - 2
    documents = count = 0
    rest: list[int] = []
    stream = iter(texts)
    with file.open("wb") as out:
        while chunk := list(islice(stream, CHUNK)):
            documents += len(chunk)
            rows = tokenizer(chunk, add_special_tokens=False, return_attention_mask=False, verbose=False)
            for ids in rows["input_ids"]:
                rest += [*ids, tokenizer.sep_token_id]
            full = len(rest) // room
            out.write(np.array(rest[: full * room], dtype=kind).tobytes())
            count += full
            rest = rest[full * room :]
    return count, documents


class Blocks:
    """Packed blocks, read from disk where they are needed.

    Args:
        file: What :func:`pack` wrote.
        tokenizer: The tokenizer it was written with.
        block: Tokens of a block, special tokens included.
    """

    def __init__(self, file: Path, tokenizer: Any, block: int) -> None:
        kind = id_type(tokenizer)
        room = block - 2
        n = file.stat().st_size // (room * np.dtype(kind).itemsize)
        self._body = (
            np.memmap(file, dtype=kind, mode="r", shape=(n, room)) if n else np.zeros((0, room), dtype=kind)
        )
        self._edges = (tokenizer.cls_token_id, tokenizer.sep_token_id)

    def __len__(self) -> int:
        return len(self._body)

    def __getitem__(self, places: Any) -> np.ndarray:
        """The blocks at ``places`` with their special tokens, shape ``(len(places), block)``."""
        body = np.asarray(self._body[places], dtype=np.int64)
        edge = np.ones((len(body), 1), dtype=np.int64)
        return np.hstack([edge * self._edges[0], body, edge * self._edges[1]])


def id_type(tokenizer: Any) -> type[np.unsignedinteger[Any]]:
    """The narrowest type that holds every token id."""
    return np.uint16 if len(tokenizer) <= 1 << 16 else np.uint32
