"""YAML as settings files may use it: plain data, of bounded size, nothing silently overridden."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from evalsets import DecideError

LARGEST = 2**20
"""Bytes of a settings file."""
DEEPEST = 40
"""Levels of nesting."""
MOST_VALUES = 100_000
"""Values after aliases are followed: a few nested aliases stand for billions ("billion laughs")."""

_PLAIN = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(?:0|[1-9][0-9]{0,40}|0x[0-9a-fA-F]{1,40})", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?|[-+]?[0-9]+[eE][-+]?[0-9]{1,4}"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+.0123456789",
    ),
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("merge", r"<<", "<"),
)
"""Scalars that are no text, as the core schema of YAML 1.2 has them: ``no``, ``on``, ``010``, ``12:30`` and
dates stay text, for they are labels, groups and titles more often than anything else."""


class YamlProblem(ValueError):
    """What is wrong with a text that should be YAML.

    Args:
        message: What is wrong, as a sentence.
        line: Its 1-based line, where known.
    """

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line

    def place(self) -> str:
        """The line as it stands behind the name of a file."""
        return "" if self.line is None else f":{self.line}"


class _Loader(yaml.SafeLoader):
    """The safe loader of PyYAML with the scalars of YAML 1.2; unknown tags are refused by it."""


_Loader.yaml_implicit_resolvers = {}
for _name, _form, _first in _PLAIN:
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_name}",
        re.compile(rf"(?:{_form})\Z"),
        ["" if mark == "\0" else mark for mark in _first],
    )


def parse_yaml(text: str) -> Any:
    """The value of a YAML text: mappings, lists, texts, numbers, booleans and null.

    Raises:
        YamlProblem: If it is not valid, names a type that is no plain data, gives a key twice, or exceeds
            :data:`DEEPEST` or :data:`MOST_VALUES`.
    """
    try:
        _check_depth(text)
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return None
            if _size(node, {}) > MOST_VALUES:
                raise YamlProblem(f"Its aliases stand for more than {MOST_VALUES:,} values. Write them out.")
            return loader.construct_document(node)
        finally:
            loader.dispose()
    except YamlProblem:
        raise
    except yaml.MarkedYAMLError as error:
        line = None if error.problem_mark is None else error.problem_mark.line + 1
        raise YamlProblem(
            ", ".join(part for part in (error.context, error.problem) if part) + ".", line
        ) from error
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError, ArithmeticError) as error:
        raise YamlProblem(str(error)) from error  # PyYAML lets errors of tagged scalars through


def read_text(file: Path, remedy: str) -> str:
    """The text of a settings file in UTF-8.

    Args:
        file: The file.
        remedy: What to do where it cannot be read, as a sentence.

    Raises:
        DecideError: Naming the file and what is wrong.
    """
    try:
        with file.open("rb") as stream:
            raw = stream.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise DecideError(f"{file}: cannot be read ({why}). {remedy}") from error
    if len(raw) > LARGEST:
        raise DecideError(f"{file}: has more than {LARGEST // 2**20} MiB, too much for settings. {remedy}")
    try:
        return raw.decode("utf-8-sig")
    except ValueError as error:
        raise DecideError(f"{file}: is not UTF-8 ({error}). Save it as UTF-8.") from error


def parse_file(text: str, file: Path) -> Any:
    """The value of the text of a YAML file.

    Raises:
        DecideError: Naming the file and what is wrong.
    """
    try:
        return parse_yaml(text)
    except YamlProblem as error:
        raise DecideError(f"{file}{error.place()}: is not valid YAML: {error}") from error


def read_yaml(file: Path, remedy: str) -> Any:
    """The value of a YAML file in UTF-8; as :func:`read_text` and :func:`parse_file`."""
    return parse_file(read_text(file, remedy), file)


def _check_depth(text: str) -> None:
    """Refuse deep nesting while it is still a stream of events, before anything recurses."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                raise YamlProblem(f"It is nested more than {DEEPEST} levels deep.", _line(event))
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _size(node: yaml.Node, known: dict[int, int]) -> int:
    """How many values ``node`` stands for, aliases followed; a key that occurs twice is refused."""
    if id(node) in known:
        if known[id(node)] < 0:
            raise YamlProblem("An alias stands for what it is part of.")
        return known[id(node)]
    known[id(node)] = -1
    count = 1
    if isinstance(node, yaml.SequenceNode):
        count += sum(_size(child, known) for child in node.value)
    elif isinstance(node, yaml.MappingNode):
        seen: set[tuple[str, str]] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                if (name := (key.tag, key.value)) in seen:
                    raise YamlProblem(f"The key {key.value!r} is given twice. Keep one.", _line(key))
                seen.add(name)
            count += _size(key, known) + _size(value, known)
    known[id(node)] = count
    return count


def _line(part: yaml.Event | yaml.Node) -> int | None:
    return part.start_mark.line + 1 if part.start_mark is not None else None
