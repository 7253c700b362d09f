"""An embedding of which only the rows that the training texts use are trained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np


class UsedRows:
    """Stands in for a model's token embedding while it is trained.

    The gradient of a row that no training text uses is zero, yet an optimiser would hold moments for it
    and go through it at each step: half the weights of a small encoder, three quarters of a multilingual
    one. The rows that are used make an embedding of their own and are written back. The only
    difference to training all rows is that weight decay leaves the others as they were pretrained.

    Args:
        model: A model of transformers, changed only while :meth:`training` is open.
        rows: Token ids of all texts it is trained on.
    """

    def __init__(self, model: Any, rows: Iterable[Sequence[int]]) -> None:
        import torch

        self._model, self._whole = model, model.get_input_embeddings()
        self._small: Any = None
        plain = type(self._whole) is torch.nn.Embedding and self._whole.max_norm is None
        if not plain or self._whole.sparse or self._whole.scale_grad_by_freq:
            return
        size = self._whole.num_embeddings
        seen = np.zeros(size, dtype=bool)
        for row in rows:
            seen[np.asarray(row, dtype=np.int64)] = True
        padding = self._whole.padding_idx
        if padding is not None:
            seen[padding] = True
        self._used = torch.from_numpy(np.flatnonzero(seen)).to(self._whole.weight.device)
        self._small = _small(self._whole, self._used)

    @contextmanager
    def training(self) -> Iterator[None]:
        """Inside, the model has the small embedding; on leaving, its rows are in the whole one."""
        import torch

        if self._small is None:
            yield
            return
        self._model.set_input_embeddings(self._small)
        try:
            yield
        finally:
            self._model.set_input_embeddings(self._whole)
            with torch.no_grad():
                self._whole.weight[self._used] = self._small.weight


def _small(whole: Any, used: Any) -> Any:
    """An embedding of the rows ``used`` of ``whole``, taking the same ids."""
    import torch

    class Rows(torch.nn.Embedding):
        """An embedding whose ids are places in a larger one."""

        def __init__(self, weight: Any, places: Any, padding: int | None) -> None:
            super().__init__(len(weight), weight.shape[1], padding_idx=padding, _weight=weight)
            self.places = places

        def forward(self, input: Any) -> Any:
            return super().forward(self.places[input])

    places = torch.zeros(whole.num_embeddings, dtype=torch.int64, device=used.device)
    places[used] = torch.arange(len(used), device=used.device)
    padding = whole.padding_idx
    return Rows(
        whole.weight.detach()[used].clone(), places, None if padding is None else int(places[padding])
    )
