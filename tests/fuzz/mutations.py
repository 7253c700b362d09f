"""Ways to damage a file, each a function of its bytes and a random source."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from typing import Any

DEEP = "something deeply nested"
Mutation = Callable[[bytes, random.Random], bytes]
ODD_VALUES: list[Any] = [
    None, True, False, 0, -1, 2**70, 1.5, float("nan"), float("inf"), -0.0, "", " ", "\0", "\ud800", "\u202e",
    "=1+1", "../../etc/passwd", "NaN", "null", [], [[]], [1, [2, [3]]], {}, {"a": {"b": []}}, "x" * 3000,
    [None], ["a", None], {"value": 1}, {"value": {}, "start": 5}, {"start": "0", "end": -1, "label": []}, "[",
    '{"a": 1', "1e999", "\u2028", [0, 1], [[0, 1]], [0, 5, ["x"]], "false", 10**400,
]  # fmt: skip


def flip(data: bytes, rng: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        if out:
            out[rng.randrange(len(out))] = rng.randrange(256)
    return bytes(out)


def truncate(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def repeat(data: bytes, rng: random.Random) -> bytes:
    a, b = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:b] + data[a:b] * rng.randint(1, 4) + data[b:]


def remove(data: bytes, rng: random.Random) -> bytes:
    a = rng.randrange(len(data) + 1)
    return data[:a] + data[a + rng.randint(1, 60) :]


def nul(data: bytes, rng: random.Random) -> bytes:
    a = rng.randrange(len(data) + 1)
    return data[:a] + b"\0" * rng.choice([1, 1, 5]) + data[a:]


def control(data: bytes, rng: random.Random) -> bytes:
    a = rng.randrange(len(data) + 1)
    odd = ["\u2028", "\u202e", "\x1b[31m", "\x0c", "\x85", "\ufeff", "\uffff", "\x1f", "\U000e0001"]
    return data[:a] + rng.choice(odd).encode() + data[a:]


def newlines(data: bytes, rng: random.Random) -> bytes:
    ends = [rng.choice([b"\n", b"\r\n", b"\r", b"\n\n", b"\v", b"\x0c"]) for _ in data.split(b"\n")]
    return b"".join(line + end for line, end in zip(data.split(b"\n"), ends, strict=True))


def long_line(data: bytes, rng: random.Random) -> bytes:
    a = rng.randrange(len(data) + 1)
    return (
        data[:a] + rng.choice([b"x", b"{", b"[", b'"', b",", b"\t", b"- ", b"&a ", b"("]) * 20_000 + data[a:]
    )


def quotes(data: bytes, rng: random.Random) -> bytes:
    places = [m.start() for m in re.finditer(rb'["\',;:{}\[\]\t|]', data)] or [0]
    a = rng.choice(places)
    return data[:a] + rng.choice([b"", b'"', b'""', b"'", b'"\n"', b"\\", b"}", b"]"]) + data[a + 1 :]


def empty(data: bytes, rng: random.Random) -> bytes:
    return rng.choice(
        [b"", b"\n", b" ", b"\xef\xbb\xbf", b"\r\n\r\n", b"---\n", b"null", b"[]", b"{}", b'""']
    )


def header(data: bytes, rng: random.Random) -> bytes:
    """The first line doubled, emptied, renamed or with repeated columns."""
    first, mark, rest = data.partition(b"\n")
    changed = [
        first + mark + first,
        b"",
        first.replace(b"text", b"Text"),
        first.replace(b"label", b"text"),
        first + b"," + first,
        first.upper(),
        first.replace(b",", b";"),
        b",".join(reversed(first.split(b","))),
    ]
    return rng.choice(changed) + mark + rest


def shuffle_lines(data: bytes, rng: random.Random) -> bytes:
    parts = data.split(b"\n")
    rng.shuffle(parts)
    return b"\n".join(parts)


def words(data: bytes, rng: random.Random) -> bytes:
    """Words swapped for odd ones."""
    # fmt: off
    odd = [
        b"null", b"NaN", b"-1", b"1e400", b"true", b"[]", b"{}", b"''", b"9" * 5000, b"../..", b"/dev/null",
        b"\xff\xfe", b"!!python/object/apply:os.system", b"*first", b"&x", b"!!binary x", b"<<", b"0x",
        b"~", b"!!int x", b"!!float ''", b"!!timestamp x", b"? a", b"%YAML 9.9", b"@", b"`",
        b"=cmd|' /C calc'!A0", b"&a [*a]", b"2024-99-99", b"1:99:99", b"http://x.example/", b"|", b">",
        b"..", b".",
    ]
    # fmt: on
    found = list(re.finditer(rb"[\w./-]+", data))
    out = data
    for match in sorted(rng.sample(found, min(len(found), rng.randint(1, 3))), key=lambda m: -m.start()):
        out = out[: match.start()] + rng.choice(odd) + out[match.end() :]
    return out


TEXT: dict[str, Mutation] = {
    f.__name__: f
    for f in (flip, truncate, repeat, remove, nul, control, newlines, long_line, quotes, empty, header,
              shuffle_lines, words)
}  # fmt: skip
BINARY: dict[str, Mutation] = {f.__name__: f for f in (flip, truncate, repeat, remove, nul, empty)}


def encoding(name: str) -> Mutation:
    """The text in another encoding, as far as it has the characters."""
    return lambda data, rng: data.decode("utf-8").encode(name, "replace")


def values(data: bytes, rng: random.Random) -> bytes:
    """Values of JSON lines, or of one JSON value, swapped for odd ones."""
    text = data.decode()
    try:
        rows = [json.loads(text)]
    except ValueError:
        rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    for _ in range(rng.randint(1, 3)):
        i = rng.randrange(len(rows))
        rows[i] = swapped(rows[i], rng)
    text = "\n".join(json.dumps(row) for row in rows)
    return text.replace(json.dumps(DEEP), deep(rng)).encode("utf-8", "surrogatepass")


def swapped(value: Any, rng: random.Random, depth: int = 0) -> Any:
    """``value`` with one part of it replaced, removed, renamed or doubled."""
    if (depth and rng.random() < 0.25) or not isinstance(value, dict | list) or not value:
        return DEEP if rng.random() < 0.05 else rng.choice(ODD_VALUES)
    if isinstance(value, list):
        i = rng.randrange(len(value))
        return [*value[:i], swapped(value[i], rng, depth + 1), *value[i + 1 :]]
    key = rng.choice(sorted(value))
    kind = rng.random()
    if kind < 0.1:
        return {k: v for k, v in value.items() if k != key}
    if kind < 0.15:
        return {**value, rng.choice(["", "a.b", "\0", "$ref", "text", "extra", "__class__"]): value[key]}
    return {**value, key: swapped(value[key], rng, depth + 1)}


def deep(rng: random.Random) -> str:
    """The JSON of something deeply nested."""
    depth = rng.choice([30, 200, 450, 900, 5000])
    start, end = rng.choice([("[", "]"), ('{"a":', "}")])
    return start * depth + "1" + end * depth


def yaml_values(data: bytes, rng: random.Random) -> bytes:
    """An engagement with odd values, unknown keys, aliases that multiply, tags or deep nesting."""
    import yaml

    kind = rng.random()
    if kind < 0.75:
        value = yaml.safe_load(data)
        for _ in range(rng.randint(1, 2)):
            value = swapped(value, rng)
        text = yaml.safe_dump(value, allow_unicode=True).replace(DEEP, deep(rng))
        return text.encode("utf-8", "surrogatepass")
    if kind < 0.85:
        bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
        bomb += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, rng.randint(5, 12))]
        return "\n".join(bomb).encode() + b"\n" + data
    if kind < 0.93:
        tag = rng.choice(["!!python/object/apply:os.system ['true']", "!!python/name:os.system", "!x {}"])
        return data.replace(b"title: Which approach?", b"title: " + tag.encode())
    return b"title: " + b"[" * rng.choice([30, 100, 5000]) + b"\n" + data
