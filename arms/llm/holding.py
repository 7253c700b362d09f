"""Holds a local model to a JSON Schema, by llguidance: at each step only tokens that fit may follow."""

from __future__ import annotations

import functools
import importlib.util
import json
from collections.abc import Collection, Mapping, Sequence
from importlib import metadata
from typing import Any

import numpy as np

from arms.base import ArmError
from arms.llm.schemas import held

LIBRARY = "llguidance"


def lack() -> str | None:
    """Why no model can be held to a schema here, and the remedy; ``None`` if it can."""
    if importlib.util.find_spec(LIBRARY) is not None:
        return None
    return (
        f"Answers were not held to their JSON Schema, as {LIBRARY} is not installed. "
        "Install it with: pip install 'decide-nlp[constrained]'"
    )


@functools.cache
def version() -> str:
    """The library and its version."""
    return f"{LIBRARY} {metadata.version(LIBRARY)}"


class SchemaHolder:
    """Makes logits processors for one model.

    Args:
        tokenizer: The model's tokenizer, a fast one.
        vocabulary: Number of logits the model gives.
        ends: Tokens that end an answer.

    Raises:
        ArmError: If llguidance is missing or cannot read the tokenizer.
    """

    def __init__(self, tokenizer: Any, vocabulary: int, ends: Collection[int]) -> None:
        missing = lack()
        if missing:
            raise ArmError(f"{missing}; or use method='free'.")
        from llguidance import hf

        try:
            self._tokenizer = hf.from_tokenizer(tokenizer, n_vocab=vocabulary, eos_token=sorted(ends))
        except ValueError as error:
            raise ArmError(
                f"{LIBRARY} cannot read this model's tokenizer ({error}). Use method='free'."
            ) from error
        self._ends = sorted(ends)
        self._grammars: dict[str, str] = {}

    def processor(self, schema: Mapping[str, Any], rows: int) -> Any:
        """A logits processor that holds ``rows`` texts to ``schema``.

        Raises:
            ArmError: If the schema cannot be enforced.
        """
        from llguidance import LLMatcher

        key = json.dumps(schema, sort_keys=True)
        if key not in self._grammars:
            grammar = LLMatcher.grammar_from_json_schema(json.dumps(held(schema)))
            failed, said = LLMatcher.validate_grammar_with_warnings(grammar, self._tokenizer)
            if failed:
                raise ArmError(f"{LIBRARY} cannot hold answers to the schema ({said[0]}). Use method='free'.")
            self._grammars[key] = grammar
        matchers = [LLMatcher(self._tokenizer, self._grammars[key], log_level=0) for _ in range(rows)]
        return _Processor(matchers, self._ends)


class _Processor:
    """A ``transformers.LogitsProcessor`` by its behaviour: called with all tokens so far and next logits."""

    def __init__(self, matchers: Sequence[Any], ends: list[int]) -> None:
        self._matchers, self._ends, self._started = matchers, ends, False

    def __call__(self, ids: Any, scores: Any) -> Any:
        import torch

        if self._started:
            for matcher, token in zip(self._matchers, ids[:, -1].tolist(), strict=True):
                if not matcher.is_stopped():
                    matcher.consume_token(token)
        self._started = True
        allowed = np.zeros(tuple(scores.shape), dtype=bool)
        for row, matcher in zip(allowed, self._matchers, strict=True):
            if matcher.is_error():
                raise ArmError(f"{LIBRARY} failed: {matcher.get_error()}. Use method='free'.")
            if matcher.is_stopped():
                row[self._ends] = True
            else:
                bits = np.frombuffer(matcher.compute_bitmask(), dtype=np.uint8)
                mask = np.unpackbits(bits, bitorder="little")[: len(row)]
                row[: len(mask)] = mask
        return scores.masked_fill(~torch.from_numpy(allowed).to(scores.device), float("-inf"))
