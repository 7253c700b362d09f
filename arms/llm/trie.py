"""The label set as a trie of tokens, laid out so that one forward pass scores every label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Trie:
    """Labels as paths from a root, which stands for the end of the prompt.

    Node 0 is the root; nodes 1.. are the tokens that must be fed to the model because some label goes
    on after them. Each step of a label is (node the model stands at, token that comes next).

    Args:
        tokens: Token of each fed node but the root.
        depths: Depth of each of them; its position follows the prompt by ``depth - 1``.
        parents: Parent of each of them.
        paths: For each label, its steps.
    """

    tokens: tuple[int, ...]
    depths: tuple[int, ...]
    parents: tuple[int, ...]
    paths: tuple[tuple[tuple[int, int], ...], ...]
    children: dict[int, tuple[int, ...]] = field(default_factory=dict)

    @property
    def scored(self) -> int:
        """Tokens whose probability is read."""
        return sum(len(c) for c in self.children.values())

    def longest(self) -> int:
        """Tokens of the longest label."""
        return max((len(path) for path in self.paths), default=0)

    def ancestors(self) -> list[list[bool]]:
        """For each fed node but the root, which of them stand on its path (itself included)."""
        rows: list[list[bool]] = []
        for i, parent in enumerate(self.parents):
            row = list(rows[parent - 1]) if parent else []
            rows.append(row + [False] * (i - len(row)) + [True])
        return [row + [False] * (len(rows) - len(row)) for row in rows]


def build(labels: Sequence[Sequence[int]]) -> Trie:
    """The trie of the labels' token ids.

    Raises:
        ValueError: If a label is empty or two are the same tokens.
    """
    if any(not label for label in labels) or len({tuple(label) for label in labels}) != len(labels):
        raise ValueError("Each label must give at least one token, and no two the same tokens.")
    inner = {tuple(label[:i]) for label in labels for i in range(1, len(label))}
    order = sorted(inner, key=lambda path: (len(path), path))
    number: dict[tuple[int, ...], int] = {(): 0} | {path: i for i, path in enumerate(order, 1)}
    paths = tuple(tuple((number[tuple(label[:i])], label[i]) for i in range(len(label))) for label in labels)
    children: dict[int, tuple[int, ...]] = {}
    for node, token in sorted({step for path in paths for step in path}):
        children[node] = (*children.get(node, ()), token)
    return Trie(
        tokens=tuple(path[-1] for path in order),
        depths=tuple(len(path) for path in order),
        parents=tuple(number[path[:-1]] for path in order),
        paths=paths,
        children=children,
    )
