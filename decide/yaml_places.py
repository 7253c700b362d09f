"""Where the values of a YAML file stand, so that messages can name the line."""

from __future__ import annotations

from typing import Any

import yaml

from evalsets.explain import Path


class Places:
    """Line numbers of a YAML text.

    Args:
        text: The text, which is valid YAML.
    """

    def __init__(self, text: str) -> None:
        self._root = yaml.compose(text, Loader=yaml.SafeLoader)

    def line(self, path: Path) -> int | None:
        """The 1-based line of a value, or of the nearest that contains it; ``None`` of an empty file.

        Args:
            path: Keys and places in lists that lead to it. Where a key is missing, its mapping counts.
        """
        node, line = self._root, None if self._root is None else self._root.start_mark.line + 1
        for part in path:
            step = _child(node, part)
            if step is None:
                break
            mark, node = step
            line = mark.start_mark.line + 1
        return line


def _child(node: Any, part: str | int) -> tuple[Any, Any] | None:
    """The node that shows where a part begins (its key), and that of its value."""
    if isinstance(node, yaml.MappingNode):
        return next(((k, v) for k, v in node.value if k.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    return None
