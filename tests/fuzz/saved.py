"""Damaged saved comparisons, as ``decide report`` and ``decide history`` might be given."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tests.fuzz.mutations import TEXT, deep
from tests.fuzz.runner import command

VALUES: list[Any] = [
    None, True, -1, 0, 1e308, -1e308, 2**70, 10**400, 0.5, "", "x", "\0", "\ud800", "../../x", "/etc/passwd",
    [], {}, [[]], [None], {"a": 1}, "</script>", "2026-13-45T99:99", "NaN", 1e-320, -0.0, "DEEP", "9" * 400,
]  # fmt: skip


@cache
def valid() -> str:
    """A comparison with every section."""
    from tests.reports import make

    return make.comparison().model_dump_json()


def changed(value: Any, rng: random.Random) -> Any:
    """``value`` with one value in it replaced, removed or given twice; inner ones as often as outer ones."""
    paths = [()]
    pending: list[tuple[tuple[Any, ...], Any]] = [((), value)]
    while pending:
        path, node = pending.pop()
        inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, child in inner:
            paths.append((*path, key))  # type: ignore[arg-type]
            pending.append(((*path, key), child))
    path = rng.choice(paths[1:])
    node = value
    for key in path[:-1]:  # type: ignore[index]
        node = node[key]
    kind = rng.random()
    if kind < 0.15:
        del node[path[-1]]
    elif kind < 0.25 and isinstance(node, list):
        node.append(node[path[-1]])
    elif kind < 0.5 and isinstance(node[path[-1]], int | float):
        node[path[-1]] = rng.choice([-1, 0, 1e308, -1e308, 1e-320, 7.5, 2**62, 1e18, -7])
    else:
        node[path[-1]] = rng.choice(VALUES)
    return value


def damaged(count: int, seed: int) -> Iterator[tuple[int, str, bytes]]:
    """``count`` damaged files: three in four are JSON with other values, the rest broken as text."""
    rng = random.Random(seed)
    for number in range(count):
        if number % 4 == 3:
            kind = rng.choice(sorted(TEXT))
            yield number, kind, TEXT[kind](valid().encode(), rng)
            continue
        data = json.loads(valid())
        for _ in range(rng.choice([1, 1, 1, 3])):
            data = changed(data, rng)
        text = json.dumps(data).replace('"DEEP"', deep(rng))
        yield number, "values", text.encode("utf-8", "surrogatepass")


def outcome(data: bytes, folder: Path, words: list[str], suffix: str) -> tuple[int | None, str]:
    """Exit code and what is wrong with how the command ended."""
    file = folder / "comparison.json"
    file.write_bytes(data)
    if words == ["history"]:
        (folder / "earlier.json").write_text(valid())
        words = ["history", str(folder / "earlier.json")]
    target = folder / f"out.{suffix}"
    target.unlink(missing_ok=True)
    before = set(folder.parent.rglob("*"))
    code, printed = command([*words, str(file), "--output", str(target)])
    new = set(folder.parent.rglob("*")) - before - {target}
    if code is None or "Traceback" in printed:
        return code, printed[-3000:]
    if code not in (0, 1, 3):
        return code, f"exit code {code}"
    if new:
        return code, f"wrote {sorted(map(str, new))}"
    if code == 1 and "comparison.json" not in printed:
        return code, f"the message names no file: {printed[:300]}"
    if (code == 1) == target.exists():
        return code, f"exit code {code}, and the file is {'there' if target.exists() else 'not there'}"
    return code, ""
