"""Sentences of tokens and tags from column files, as the CoNLL shared tasks write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from evalsets.errors import DataError
from evalsets.lines import Decoder
from evalsets.rows import Fail

_COMMENT = re.compile(r"#\s*(\w+)\s*=\s*(\S.*)")


@dataclass
class Sentence:
    """One sentence: tokens, their tags and the line of each, and the comments that hold for it."""

    tokens: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    comments: dict[str, str] = field(default_factory=dict)


def read_conll(file: Path, encoding: str, column: int, fail: Fail) -> Iterator[Sentence]:
    """Sentences of a column file: a token a line, a blank line between sentences.

    Columns are separated by tabs, or by spaces where a line has no tab; the first is the token.
    Lines that begin with ``-DOCSTART-`` separate documents. A line ``# key = value`` before a sentence
    holds for it and all that follow, until the key gets another value.

    Args:
        file: The file.
        encoding: Its encoding.
        column: Which column holds the tag, counted from 0, from the end where negative.
        fail: Called with the error of a line; the sentence that it is in is left out.

    Raises:
        DataError: Whatever ``fail`` raises.
    """
    decoder = Decoder(file, encoding)
    comments: dict[str, str] = {}
    sentence, broken = Sentence(), False
    for row, line in enumerate(decoder.lines(), start=1):
        if isinstance(line, UnicodeDecodeError):
            fail(decoder.error(line, row))
            broken = True
            continue
        line = line.rstrip("\r\n")
        if not line.strip() or line.startswith("-DOCSTART-"):
            if sentence.tokens and not broken:
                yield sentence
            sentence, broken = Sentence(), False
            continue
        if not sentence.tokens and (comment := _COMMENT.fullmatch(line.strip())) and "\t" not in line:
            comments = {**comments, comment[1]: comment[2].strip()}
            continue
        try:
            token, tag = _cells(line, column, file, row)
        except DataError as error:
            fail(error)
            broken = True
            continue
        sentence.comments = comments
        sentence.tokens.append(token)
        sentence.tags.append(tag)
        sentence.lines.append(row)
    if sentence.tokens and not broken:
        yield sentence


def _cells(line: str, column: int, file: Path, row: int) -> tuple[str, str]:
    cells = [cell.strip() for cell in line.split("\t")] if "\t" in line else line.split()
    place = column if column >= 0 else len(cells) + column
    if len(cells) < 2 or not 0 < place < len(cells):
        raise DataError(
            f"the line has {len(cells)} column{'' if len(cells) == 1 else 's'}, no tag in column {column}",
            file=str(file),
            row=row,
            field="tag",
            remedy="Write the token, a tab and its tag, or name the tag's column with tag_column=.",
        )
    if not cells[0]:
        raise DataError(
            "the token is empty", file=str(file), row=row, field="token", remedy="Remove the line."
        )
    return cells[0], cells[place]
