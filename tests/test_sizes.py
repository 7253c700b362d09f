"""Files and functions stay small; one that does not says why in the line above it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILES = [f for package in ("evalsets", "arms", "decide", "reports") for f in (ROOT / package).rglob("*.py")]
LINES_OF_FILE, LINES_OF_FUNCTION = 400, 60


def unexplained(file: Path) -> Iterator[str]:
    text = file.read_text(encoding="utf-8")
    lines = text.splitlines()
    if len(lines) > LINES_OF_FILE:
        yield f"{file.relative_to(ROOT)}: {len(lines)} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            size = (node.end_lineno or node.lineno) - node.lineno + 1
            if size > LINES_OF_FUNCTION and not lines[first - 2].strip().startswith("# Long for "):
                yield f"{file.relative_to(ROOT)}: {node.name} has {size} lines"


def test_files_and_functions_are_small_or_say_why_not() -> None:
    assert [line for file in FILES for line in unexplained(file)] == []
