"""Texts as a model reads them: token ids in windows that overlap where a text is too long for one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from arms.base import ArmError
from evalsets.spans import Offsets

LongDocuments = Literal["windows", "truncate"]
Floats = NDArray[np.float64]


class Window(NamedTuple):
    """A stretch of the tokens of one text, half-open.

    Args:
        text: Which text.
        start: Its first token.
        stop: The token after its last.
        own: First of the tokens that have more context in this window than in any other.
        own_stop: The token after the last of them.
    """

    text: int
    start: int
    stop: int
    own: int
    own_stop: int


@dataclass(frozen=True)
class Windows:
    """Texts cut into windows.

    Args:
        rows: Token ids of each window, special tokens included.
        places: What each window holds; windows of a text follow each other.
        lead: Special tokens in front of each window.
        offsets: Of each text, the characters of its tokens that are read; empty without a fast tokenizer.
        words: Of each text, the word that each token belongs to; likewise.
        divided: Texts that took more than one window.
        cut: Texts whose end is not read.
    """

    rows: list[list[int]]
    places: list[Window]
    lead: int
    offsets: list[Offsets] = field(default_factory=list)
    words: list[list[int]] = field(default_factory=list)
    divided: int = 0
    cut: int = 0

    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each window, shape ``(windows,)``."""
        return np.fromiter((len(row) for row in self.rows), dtype=np.int64, count=len(self.rows))

    def texts(self) -> NDArray[np.int64]:
        """The text of each window, shape ``(windows,)``."""
        return np.fromiter((p.text for p in self.places), dtype=np.int64, count=len(self.places))

    def per_text(self) -> NDArray[np.int64]:
        """Windows of each text, shape ``(texts,)``."""
        return np.bincount(self.texts())

    def mean(self, values: Floats) -> Floats:
        """The mean over the windows of each text: shape ``(windows, k)`` to ``(texts, k)``."""
        sums: Floats = np.zeros((len(self.per_text()), values.shape[1]))
        np.add.at(sums, self.texts(), values)
        return sums / self.per_text()[:, None]

    def joined(self, values: Sequence[Floats]) -> list[Floats]:
        """Values of the tokens of each text, each from the window in which the token has most context.

        Args:
            values: Of each window, shape ``(len(row), k)``.
        """
        parts: list[list[Floats]] = [[] for _ in range(self.places[-1].text + 1 if self.places else 0)]
        for place, value in zip(self.places, values, strict=True):
            first = self.lead + place.own - place.start
            parts[place.text].append(value[first : first + place.own_stop - place.own])
        return [p[0] if len(p) == 1 else np.concatenate(p) for p in parts]


@dataclass(frozen=True)
class WindowReader:
    """Cuts texts into windows that a model can take.

    Args:
        tokenizer: The model's tokenizer.
        max_length: Tokens of a window, special tokens included.
        stride: Tokens that two neighbouring windows share.
        long_documents: ``windows``, or ``truncate`` to read only the first window of a text.
        lead: Special tokens in front of a window.
        tail: Special tokens behind it.
        with_offsets: Whether it is noted which characters and words tokens stand for, where the tokenizer
            says so.
    """

    tokenizer: Any
    max_length: int
    stride: int
    long_documents: LongDocuments
    lead: tuple[int, ...] = ()
    tail: tuple[int, ...] = ()
    with_offsets: bool = True

    @classmethod
    def of(
        cls,
        tokenizer: Any,
        max_length: int,
        stride: int | None,
        long_documents: LongDocuments,
        with_offsets: bool = True,
    ) -> WindowReader:
        """A reader with the special tokens that the tokenizer puts around a text.

        Raises:
            ArmError: If neighbouring windows would share everything they hold.
        """
        row = tokenizer("a", return_special_tokens_mask=True)
        inside = [i for i, special in enumerate(row["special_tokens_mask"]) if not special]
        ids = row["input_ids"]
        lead, tail = tuple(ids[: inside[0]]), tuple(ids[inside[-1] + 1 :])
        chosen = max_length // 4 if stride is None else stride
        room = max_length - len(lead) - len(tail)
        if chosen >= room:
            raise ArmError(
                f"stride is {chosen}, but a window holds only {room} tokens of a text. "
                "Make stride smaller or max_length larger; a quarter of max_length is usual."
            )
        return cls(tokenizer, max_length, chosen, long_documents, lead, tail, with_offsets)

    def read(self, texts: Sequence[str]) -> Windows:
        """Tokenise every text once and cut what is too long for one window."""
        windows = Windows([], [], len(self.lead))
        if not texts:
            return windows
        noted = self.with_offsets and bool(self.tokenizer.is_fast)
        encoded = self.tokenizer(
            list(texts),
            add_special_tokens=False,
            return_attention_mask=False,
            return_token_type_ids=False,
            return_offsets_mapping=noted,
            verbose=False,
        )
        room = self.max_length - len(self.lead) - len(self.tail)
        divided = cut = 0
        for i, ids in enumerate(encoded["input_ids"]):
            read = min(len(ids), room) if self.long_documents == "truncate" else len(ids)
            cut += read < len(ids)
            divided += read > room
            for place in windows_of(i, read, room, self.stride):
                row = [*self.lead, *ids[place.start : place.stop], *self.tail]
                # A model without special tokens must still read something of an empty text.
                windows.rows.append(row or [self.tokenizer.pad_token_id])
                windows.places.append(place)
            if noted:
                windows.offsets.append(encoded["offset_mapping"][i][:read])
                words = encoded.word_ids(i)[:read]
                windows.words.append([-1 if word is None else word for word in words])
        return Windows(
            windows.rows, windows.places, windows.lead, windows.offsets, windows.words, divided, cut
        )


def windows_of(text: int, tokens: int, room: int, stride: int) -> list[Window]:
    """Windows of ``room`` tokens over a text, neighbours sharing at least ``stride``.

    The last window ends with the text and is as full as the others. A token that two windows hold belongs
    to the one whose edge is further away from it.
    """
    if tokens <= room:
        return [Window(text, 0, tokens, 0, tokens)]
    starts = [*range(0, tokens - room, room - stride), tokens - room]
    # Halfway between the start of a window and the end of the one before.
    borders = [0, *((a + room + b + 1) // 2 for a, b in pairwise(starts)), tokens]
    return [Window(text, start, start + room, borders[i], borders[i + 1]) for i, start in enumerate(starts)]
