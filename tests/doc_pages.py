"""Fenced code blocks of Markdown pages, and a way to run those of one page in order.

A comment on the line above a block says what its text cannot: ``<!-- file: NAME -->``, that it is the
content of a file, and ``<!-- skip: REASON -->``, that it is read but not run; reasons are those of
:data:`REASONS`.

``python -m tests.doc_pages`` imports what pages need, which takes longer than most of them, and then runs
pages, each in a process forked from that one. A line of standard input is a :class:`Job` as JSON; the exit
code of each is printed.
"""

from __future__ import annotations

import csv
import importlib
import json
import os
import re
import shlex
import sys
import tomllib
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

REASONS = ("needs the network", "needs a cluster", "needs a second terminal", "needs a run of yours")
"""Why a block may be left out."""
IMPORTED = (
    "decide.cli",
    "decide.engagement",
    "decide.orchestrate",
    "decide.reproduction",
    "reports",
    "sklearn.feature_extraction.text",
    "sklearn.linear_model",
    "statsmodels.stats.multitest",
    "statsmodels.stats.power",
    "transformers",
)
"""What most pages import."""
ENGAGEMENT = "engagement.yaml"
"""Where a YAML block goes that names no file."""
WHOLE: dict[str, Any] = {
    "data": {"train": "train.csv", "test": "test.csv"},
    "arms": [{"kind": "tfidf_logistic"}],
    "seeds": 1,
}
"""Completes a YAML block that shows a part of an engagement file."""
_BLOCK = re.compile(
    r"(?:^[ ]*<!-- (?P<mark>file|skip): (?P<word>[^\n]+?) -->\n)?"
    r"^(?P<indent>[ ]*)```(?P<language>[^\s`]*)\n(?P<code>.*?)^(?P=indent)```[ ]*$",
    re.MULTILINE | re.DOTALL,
)
_SETTING = re.compile(r"export (\w+)=(\S*)")
_EXIT = re.compile(r"#.*\bexits with (\d+)")


@dataclass(frozen=True)
class Block:
    """A fenced block; ``line`` is where it begins, ``file`` and ``skip`` come from the comment above it."""

    page: str
    line: int
    language: str
    code: str
    file: str | None = None
    skip: str | None = None

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


def blocks_of(page: Path) -> list[Block]:
    """Every fenced block of a page. Directives of MyST, whose language is in braces, are none."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in _BLOCK.finditer(text):
        if match["language"].startswith("{"):
            continue
        indent = match["indent"]
        code = "".join(line.removeprefix(indent) for line in match["code"].splitlines(keepends=True))
        line = text.count("\n", 0, match.start("indent")) + 1
        mark = {match["mark"]: match["word"]} if match["mark"] else {}
        found.append(Block(page.name, line, match["language"], code, **mark))
    return found


def commands_of(block: Block) -> list[str]:
    """The command lines of a console block, those broken by a backslash put together."""
    whole = block.code.replace("\\\n", " ")
    return [line.strip() for line in whole.splitlines() if line.strip() and not line.strip().startswith("#")]


def read(block: Block) -> None:
    """What can be said of a block without running it.

    Raises:
        ValueError: If it is not what its language says, or nobody knows what to do with it.
    """
    if block.skip is not None and block.skip not in REASONS:
        raise ValueError(f"{block.place}: skipped for {block.skip!r}, which is none of {REASONS}")
    if block.language == "python":
        compile(block.code, block.place, "exec")
    elif block.language == "yaml":
        yaml.safe_load(block.code)
    elif block.language == "toml":
        tomllib.loads(block.code)
    elif block.language == "csv":
        widths = {len(row) for row in csv.reader(block.code.splitlines())}
        if len(widths) != 1:
            raise ValueError(f"{block.place}: rows have {sorted(widths)} fields")
    elif block.language == "console":
        _read_console(block)
    elif block.language not in ("text", "mermaid"):
        raise ValueError(f"{block.place}: blocks of language {block.language!r} are not handled")


def _read_console(block: Block) -> None:
    for line in commands_of(block):
        command = shlex.split(line, comments=True)[0]
        if block.skip is None and command != "decide" and not _SETTING.match(line):
            raise ValueError(f"{block.place}: {command!r} is not run; begin with decide, or skip the block")


def run(block: Block, names: dict[str, Any]) -> None:
    """Run a block in the current folder.

    Args:
        block: Not skipped, and readable.
        names: Names of the page's Python blocks, which this one may use and add to.
    """
    if block.file is not None:
        Path(block.file).write_text(block.code, encoding="utf-8")
    steps: dict[str, Callable[[], None]] = {
        "python": lambda: _python(block, names),
        "yaml": lambda: _yaml(block),
        "console": lambda: _console(block),
    }
    steps.get(block.language, lambda: None)()


def _python(block: Block, names: dict[str, Any]) -> None:
    # Lines before it are left empty, so that a traceback names the line of the page.
    exec(compile("\n" * block.line + block.code, block.page, "exec"), names)


def _yaml(block: Block) -> None:
    """Save it as an engagement file, completed if it is a part of one, and check that."""
    file = Path(block.file or ENGAGEMENT)
    content = yaml.safe_load(block.code)
    if "data" in content and "arms" in content:
        file.write_text(block.code, encoding="utf-8")
    else:
        file.write_text(yaml.safe_dump(WHOLE | content), encoding="utf-8")
    _decide(block, f"decide check {file}")


def _console(block: Block) -> None:
    for line in commands_of(block):
        setting = _SETTING.match(line)
        if setting:
            os.environ[setting[1]] = setting[2].strip("\"'")
        else:
            _decide(block, line)


def _decide(block: Block, line: str) -> None:
    """A command of ours, in this process; one that should not end with 0 says so in its comment."""
    from decide.cli import main

    wanted = _EXIT.search(line)
    sys.argv = shlex.split(os.path.expandvars(line), comments=True)
    code: Any = 0
    try:
        main()
    except SystemExit as end:
        code = end.code or 0
    if code != (int(wanted[1]) if wanted else 0):
        raise AssertionError(f"{block.place}: {line} ended with {code}")


@dataclass(frozen=True)
class Job:
    """A page to run.

    Args:
        page: Its path.
        folder: Where it is run.
        output: File for what it prints.
        places: What stands in the page, such as the name of a model, to what stands for it here.
        environment: Variables to set.
    """

    page: str
    folder: str
    output: str
    places: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    def run(self) -> None:
        """Run all blocks in order, arms in this process: what workers do is the matter of other tests."""
        from decide import orchestrate, reproduction

        os.chdir(self.folder)
        os.environ.update(self.environment)
        for function in (orchestrate.compare, reproduction.reproduce):
            assert function.__kwdefaults__ is not None
            function.__kwdefaults__["isolate"] = False
        names: dict[str, Any] = {"__name__": "__main__"}
        for block in blocks_of(Path(self.page)):
            read(block)
            if block.skip is None:
                code = block.code
                for name, stand_in in self.places.items():
                    code = code.replace(name, stand_in)
                run(replace(block, code=code), names)


def forked(job: Job) -> int:
    """Exit code of a job that a process forked from this one runs."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 1
    try:
        with Path(job.output).open("w") as output:
            for stream in (sys.stdout, sys.stderr):
                os.dup2(output.fileno(), stream.fileno())
            job.run()
            code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def serve() -> None:
    """Run jobs until standard input ends."""
    for name in IMPORTED:
        importlib.import_module(name)
    for line in sys.stdin:
        print(forked(Job(**json.loads(line))), flush=True)


if __name__ == "__main__":
    serve()
