"""Keys and values of the instructions all prompts share, computed once and read by every batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers.cache_utils import Cache, DynamicCache, DynamicLayer

from arms.llm.templates import common_prefix

WORTHWHILE = 16
"""Tokens a new prefix must save over the present one to be worth a forward pass of its own."""


class _FixedLayer(DynamicLayer):  # type: ignore[misc]
    """One layer's prefix. New keys are joined to it for the pass at hand and forgotten."""

    def __init__(self, keys: torch.Tensor, values: torch.Tensor) -> None:
        super().__init__()
        self.keys, self.values = keys, values
        self.dtype, self.device = keys.dtype, keys.device
        self.is_initialized = True

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        assert self.keys is not None
        assert self.values is not None
        rows = key_states.shape[0]
        keys = torch.cat([self.keys.expand(rows, -1, -1, -1), key_states], dim=-2)
        values = torch.cat([self.values.expand(rows, -1, -1, -1), value_states], dim=-2)
        return keys, values


class PrefixCache:
    """Holds one prefix and decides when another pays.

    With several prompts in a call, their common prefix is wanted. A single prompt is compared with the
    one before it: what two prompts in a row share, the next is likely to share too.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._ids: tuple[int, ...] = ()
        self._layers: list[tuple[torch.Tensor, torch.Tensor]] = []
        self._last: tuple[int, ...] = ()

    def prepare(self, rows: Sequence[Sequence[int]]) -> tuple[int, bool]:
        """Make ready for ``rows`` and say how many of their leading tokens need not be computed again.

        Returns:
            That number, and whether the prefix was computed just now. At least one token of each row is
            left, as the model must read something.
        """
        first = tuple(rows[0])
        shared = common_prefix(rows)
        wanted = shared if len(rows) > 1 else common_prefix([first, self._last])
        self._last = first
        limit = min(len(row) for row in rows) - 1
        wanted, held = min(wanted, limit), min(common_prefix([self._ids, first[:shared]]), limit)
        if wanted < held + WORTHWHILE:
            return (held, False) if held >= WORTHWHILE else (0, False)
        self._compute(first[:wanted])
        return wanted, True

    def _compute(self, ids: tuple[int, ...]) -> None:
        self.clear()
        cache = DynamicCache()
        self._model(
            input_ids=torch.tensor([ids], device=self._model.device),
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        layers = []
        for layer in cache.layers:
            if layer.keys is None or layer.values is None or layer.keys.shape[-2] != len(ids):
                raise NotImplementedError("The model keeps something else than keys and values a token.")
            layers.append((layer.keys, layer.values))
        self._ids, self._layers = ids, layers

    def clear(self) -> None:
        """Forget the prefix and free its memory."""
        self._ids, self._layers = (), []

    def view(self, length: int) -> Cache | None:
        """The first ``length`` tokens of the prefix as a cache that a pass may read any number of times."""
        if not length:
            return None
        return Cache(layers=[_FixedLayer(k[:, :, :length], v[:, :, :length]) for k, v in self._layers])
