"""Runs the command in this process on one damaged input and says how it ended."""

from __future__ import annotations

import contextlib
import io
import random
import shutil
import sys
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.mutations import BINARY, TEXT, Mutation, encoding, values, yaml_values
from tests.fuzz.seeds import Seed, seeds

SLOW_S = 10.0
"""A damaged input of a few kilobytes that takes this process longer is a finding."""


@dataclass(frozen=True)
class Case:
    """One damaged input."""

    number: int
    seed: Seed
    kind: str
    data: bytes | None
    """``None``: a folder stands where the file should be."""


@dataclass(frozen=True)
class Outcome:
    """How the command ended: exit code, what it printed, what is wrong with that (nothing is)."""

    case: Case
    code: int | None
    printed: str
    wrong: str
    seconds: float


def mutations(seed: Seed) -> dict[str, Mutation]:
    """What can be done to the file of a seed."""
    found = dict(BINARY if seed.binary else TEXT)
    if not seed.binary:
        found |= {f"as {name}": encoding(name) for name in seed.encodings}
    if seed.target.endswith((".jsonl", ".json")):
        found |= {"values": values, "more values": values, "other values": values}
    if seed.target.endswith(".yaml"):
        found |= {"yaml values": yaml_values, "more yaml": yaml_values, "other yaml": yaml_values}
    return found


def cases(count: int, seed: int, part: int = 0, parts: int = 1) -> Iterator[Case]:
    """``count`` damaged inputs, the same for the same ``seed``, each format and kind in turn.

    With ``parts``, every so-manieth of them, beginning with number ``part``.
    """
    pool = [(s, kind, change) for s in seeds() for kind, change in mutations(s).items()]
    random.Random(seed).shuffle(pool)
    for number in range(part, count, parts):
        rng = random.Random(f"{seed} {number}")
        source, kind, change = pool[number % len(pool)]
        if number % 199 == 198:
            yield Case(number, source, "folder", None)
            continue
        data = change(source.files[source.target], rng)
        if rng.random() < 0.15 and data:  # one fault on another
            second = rng.choice(sorted(BINARY if source.binary else TEXT))
            data, kind = TEXT[second](data, rng), f"{kind}, {second}"
        yield Case(number, source, kind, data)


def run_case(case: Case, folder: Path) -> Outcome:
    """Lay the files out and run ``decide check`` on them."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, data in case.seed.files.items():
        (folder / name).write_bytes(data)
    target = folder / case.seed.target
    if case.data is None:
        target.unlink()
        target.mkdir()
    else:
        target.write_bytes(case.data)
    arguments = [a.replace("@", f"{folder}/") for a in case.seed.arguments]
    started = time.process_time()
    code, printed = command(["check", *arguments])
    seconds = time.process_time() - started
    return Outcome(case, code, printed, judged(code, printed, case.seed.target, folder, seconds), seconds)


def judged(code: int | None, printed: str, target: str, folder: Path, seconds: float) -> str:
    """What is wrong with how the command ended."""
    if code is None or "Traceback" in printed:
        return printed[-3000:]
    if code not in (0, 1, 2):
        return f"exit code {code}"
    errors = [line for line in printed.splitlines() if line.startswith(("error:", "decide:"))]
    unnamed = [line for line in errors if target not in line and str(folder) not in line]
    if unnamed or (code == 1 and not errors):
        return f"the message names no file: {(unnamed or [printed])[0][:500]}"
    if seconds > SLOW_S:
        return f"took {seconds:.1f} s"
    return ""


def command(arguments: list[str]) -> tuple[int | None, str]:
    """Exit code and output of the command line; ``None`` and a traceback where an exception came out."""
    from decide import cli

    out = io.StringIO()
    before = sys.argv
    sys.argv = ["decide", *arguments]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            cli.main()
    except SystemExit as stopped:
        code = stopped.code if isinstance(stopped.code, int) else int(stopped.code is not None)
        return code, out.getvalue()
    except BaseException:
        return None, out.getvalue() + traceback.format_exc()
    finally:
        sys.argv = before
    return 0, out.getvalue()
