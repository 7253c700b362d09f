"""Scores labels for many prompts: batches by length, one pass a batch, checked against the plain way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from arms.llm.batching import cut, pass_cost
from arms.llm.prefix_cache import PrefixCache
from arms.llm.scoring import Steps, score_alone, score_batch, steps_of
from arms.llm.trie import Trie, build
from arms.memory import Room, ran_out, release

_PROJECTED = 1024
"""Most places of a batch projected to the vocabulary at once: 0.6 GB of logits for 150,000 tokens."""
_TOLERANCE = {"torch.float32": 1e-3, "torch.bfloat16": 0.5, "torch.float16": 0.1}
"""Most a label's log-probability may differ between the two ways, on account of rounding."""


class Scorer:
    """Scores the labels of a trie behind prompts.

    The fast way rests on the model taking four-dimensional masks and keeping plain keys and values,
    which no configuration states reliably. So the first prompt is scored both ways; a model on which
    they differ is scored the plain way from then on.

    Args:
        model: A causal language model.
        max_batch_tokens: Most tokens of a batch after padding, the shared prefix left out.
        window: Tokens the model's attention looks back, if not all; longer prompts go the plain way.
    """

    def __init__(self, model: Any, max_batch_tokens: int, window: int | None = None) -> None:
        self._model, self._budget, self._window = model, max_batch_tokens, window
        self._prefix = PrefixCache(model)
        self.room = Room("scoring")
        self.fast: bool | None = None
        """Whether the fast way is right for this model; ``None`` until the first prompt."""

    def score(
        self,
        rows: Sequence[Sequence[int]],
        labels: Sequence[Sequence[int]],
        *,
        before: Callable[[], None] = lambda: None,
        after: Callable[[int, Steps | str, int], None] = lambda place, steps, cached: None,
    ) -> tuple[list[Steps | str], list[int]]:
        """Score every label behind every prompt.

        Args:
            rows: Token ids of the prompts, none empty.
            labels: Token ids of the labels, the token that ends the answer included.
            before: Called before each batch.
            after: Called with the place, steps and cached tokens of each prompt once its batch is scored.

        Returns:
            For each prompt the log-probability of each step of the trie (or why there is none), and how
            many of its tokens came from the prefix cache.
        """
        trie = build(labels)
        results: list[Steps | str] = ["not scored"] * len(rows)
        cached = [0] * len(rows)
        if not rows:
            return results, cached
        if self.fast is None:
            self.fast = self._agrees(rows[0], labels, trie)
        depth = trie.longest()
        quick = [i for i, row in enumerate(rows) if self._fits(len(row) + depth)]
        if quick:
            self._score_quick(rows, quick, trie, results, cached, before, after)
        for i in sorted(set(range(len(rows))) - set(quick)):
            before()
            results[i] = self._score_plain(rows[i], labels, trie)
            after(i, results[i], 0)
        return results, cached

    def _fits(self, length: int) -> bool:
        return bool(self.fast) and (self._window is None or length <= self._window)

    def _agrees(self, row: Sequence[int], labels: Sequence[Sequence[int]], trie: Trie) -> bool:
        if not (self._window is None or len(row) + trie.longest() <= self._window):
            return False
        half = len(row) // 2
        probe = PrefixCache(self._model)
        try:
            skip = probe.prepare([row[:half], row[:half]])[0] if half else 0
            quick = steps_of(score_batch(self._model, [row], trie, probe, skip), trie)[0]
        except Exception as error:
            if ran_out(error):
                raise
            return False
        plain = score_alone(self._model, row, labels, trie)
        limit = _TOLERANCE.get(str(self._model.dtype), 0.5)
        totals = [[sum(way[step] for step in path) for path in trie.paths] for way in (quick, plain)]
        return all(abs(a - b) <= limit + 0.02 * abs(b) for a, b in zip(*totals, strict=True))

    def _score_quick(
        self,
        rows: Sequence[Sequence[int]],
        chosen: list[int],
        trie: Trie,
        results: list[Steps | str],
        cached: list[int],
        before: Callable[[], None],
        after: Callable[[int, Steps | str, int], None],
    ) -> None:
        import torch

        with torch.inference_mode():
            skip, fresh = self._prefix.prepare([rows[i] for i in chosen])
        for i in chosen:
            cached[i] = skip
        if fresh:
            cached[chosen[0]] = 0  # somebody had to read it
        queue = self._batches(rows, chosen, len(trie.tokens), skip)
        while queue:
            batch = queue.pop(0)
            before()
            try:
                logits = score_batch(self._model, [rows[i] for i in batch], trie, self._prefix, skip)
                for i, steps in zip(batch, steps_of(logits, trie), strict=True):
                    results[i] = steps
            except (RuntimeError, MemoryError) as error:
                if not ran_out(error):
                    raise
                if len(batch) == 1:
                    results[batch[0]] = f"out of memory on a prompt of {len(rows[batch[0]])} tokens"
                    after(batch[0], results[batch[0]], cached[batch[0]])
                else:
                    middle = len(batch) // 2
                    queue[:0] = [batch[:middle], batch[middle:]]
                    self.room.divided(len(batch), middle)
                    self._budget = max(1, self._budget // 2)
            else:
                for i in batch:
                    after(i, results[i], cached[i])
                continue
            release()

    def _score_plain(self, row: Sequence[int], labels: Sequence[Sequence[int]], trie: Trie) -> Steps | str:
        try:
            return score_alone(self._model, row, labels, trie)
        except (RuntimeError, MemoryError) as error:
            if not ran_out(error):
                raise
        release()
        return f"out of memory on a prompt of {len(row)} tokens"

    def _batches(
        self, rows: Sequence[Sequence[int]], chosen: list[int], nodes: int, skip: int
    ) -> list[list[int]]:
        """Batches of prompts, longest first, so that the largest is met first."""
        widths = [len(rows[i]) - skip + nodes for i in chosen]
        fixed = pass_cost(self._model.device.type)
        batches = cut(widths, self._budget, max(1, _PROJECTED // (nodes + 1)), fixed)
        return [[chosen[place] for place in batch] for batch in batches]


def total(steps: Steps, trie: Trie) -> list[float]:
    """Log-probability of each whole label."""
    return [sum(steps[step] for step in path) for path in trie.paths]


def walk(steps: Steps, trie: Trie) -> int:
    """The label that greedy decoding held to the trie would write."""
    node, left = 0, list(range(len(trie.paths)))
    depth = 0
    while len(left) > 1:
        token = max(trie.children[node], key=lambda t: steps[node, t])
        left = [i for i in left if len(trie.paths[i]) > depth and trie.paths[i][depth][1] == token]
        depth += 1
        node = next((trie.paths[i][depth][0] for i in left if len(trie.paths[i]) > depth), node)
        ended = [i for i in left if len(trie.paths[i]) == depth]
        if ended and len(left) > 1:
            return ended[0]  # without an end token nothing tells this label from a longer one
    return left[0]


__all__ = ["Scorer", "total", "walk"]
