"""Labels that their first tokens tell apart: a server need write no more than one token for an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from arms.llm.questions import Choice


@dataclass(frozen=True)
class FirstToken(Choice):
    """One of several labels, of which the first token is enough.

    Greedy decoding held to the labels' tokens is decided by that token, so the answer is the same.

    Args:
        choices: The labels.
        tokens: First token of each.
        pieces: What each of those tokens is written as.
    """

    tokens: tuple[int, ...]
    pieces: tuple[str, ...]
    cut_on_purpose: ClassVar[bool] = True

    @property
    def room(self) -> int:
        return 1

    def vllm(self, prefix: str) -> dict[str, Any]:
        return {"allowed_token_ids": list(self.tokens)}

    def read(self, text: str | None) -> tuple[int | None, str | None]:
        written = (text or "").strip()
        if written in self.pieces:
            return self.pieces.index(written), None
        return None, f"{written[:40]!r} begins none of the labels" if written else "the model wrote nothing"

    def shown(self, text: str | None, choice: int | None) -> str | None:
        return text if choice is None else self.choices[choice]


def first_token(tokenizer: Any, choices: Sequence[str]) -> FirstToken | None:
    """How to ask for the first token alone; ``None`` if that does not tell the labels apart.

    Args:
        tokenizer: The model's tokenizer.
        choices: The labels.
    """
    from arms.llm.templates import answer_ids

    tokens = tuple(answer_ids(tokenizer, choice)[0] for choice in choices)
    pieces = tuple(str(tokenizer.decode([token])).strip() for token in tokens)
    # Part of a character is shown as a mark that other parts of characters are shown as, too.
    if len(set(pieces)) < len(pieces) or not all(pieces) or any("\ufffd" in piece for piece in pieces):
        return None
    return FirstToken(tuple(choices), tokens, pieces)


def first_tokens_of(folder: Path) -> Callable[[tuple[str, ...]], FirstToken | None]:
    """:func:`first_token` for the tokenizer in a folder, loaded when it is first needed."""

    @cache
    def tokenizer() -> Any:
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(folder, trust_remote_code=False)

    return cache(lambda choices: first_token(tokenizer(), choices))


__all__ = ["FirstToken", "first_token", "first_tokens_of"]
