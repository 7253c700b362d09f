"""Tag schemes of token sequences: IOB1, IOB2, BIOES (IOBES, BMEWO's kin) and BILOU.

IOB1: Ramshaw and Marcus (1995), "Text Chunking using Transformation-Based Learning".
IOB2, IOE and their relatives: Tjong Kim Sang and Veenstra (1999), "Representing Text Chunks".
BILOU: Ratinov and Roth (2009), "Design Challenges and Misconceptions in Named Entity Recognition".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, get_args

from evalsets.spans import Offsets, Span, TokenSpan, to_characters, to_tokens

Scheme = Literal["IOB1", "IOB2", "BIOES", "BILOU"]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)

PLAIN = "entity"
"""The label where tags are only B, I and O."""

_PREFIXES = {"B": "B", "I": "I", "E": "E", "S": "S", "L": "E", "U": "S"}


class TagError(ValueError):
    """A tag that cannot stand where it stands.

    Args:
        index: Place of the tag in its sequence.
        problem: What is wrong, without a final full stop.
    """

    def __init__(self, index: int, problem: str) -> None:
        self.index, self.problem = index, problem
        super().__init__(problem)


def parse(tag: str, index: int = 0) -> tuple[str, str]:
    """Prefix (O, B, I, E or S; L and U become E and S) and label of a tag.

    Raises:
        TagError: If it is no tag of any scheme.

    Example:
        >>> parse("L-drug")
        ('E', 'drug')
    """
    if tag == "O":
        return "O", ""
    prefix, _, label = tag.partition("-")
    if prefix not in _PREFIXES or (not label and tag != prefix):
        raise TagError(index, f"{tag!r} is not a tag: tags are O, or B-, I-, E-, S-, L-, U- and a label")
    return _PREFIXES[prefix], label or PLAIN


def detect(sequences: Iterable[Sequence[str]]) -> Scheme:
    """The scheme that sequences of tags are written in.

    L or U means BILOU, E or S means BIOES. Of the rest, IOB1 has I- where an entity begins and B- only
    behind an entity of the same label; whatever contradicts that is IOB2.

    >>> detect([["O", "I-drug", "B-drug"]])
    'IOB1'
    """
    begins_with_i = begins_with_b = False
    for tags in sequences:
        before = ""
        for tag in tags:
            prefix, _, label = tag.partition("-")
            if prefix in ("L", "U"):
                return "BILOU"
            if prefix in ("E", "S"):
                return "BIOES"
            label = "" if tag == "O" else label or PLAIN
            begins_with_i |= prefix == "I" and label != before
            begins_with_b |= prefix == "B" and label != before
            before = label
    return "IOB1" if begins_with_i and not begins_with_b else "IOB2"


def check(tags: Sequence[str], scheme: Scheme) -> None:
    """Refuse a sequence that the scheme does not allow.

    Raises:
        TagError: For the first tag that is out of place.
    """
    before, label_before, tag_before = "O", "", "the start"
    for index, tag in enumerate([*tags, "O"]):
        at_end = index == len(tags)
        prefix, label = parse(tag, index)
        same = before != "O" and label == label_before
        if scheme in ("BIOES", "BILOU"):
            open_before, continues = before in ("B", "I"), prefix in ("I", "E")
            if open_before and not (continues and same):
                last = "E" if scheme == "BIOES" else "L"
                where = "the end" if at_end else f"{tag!r}"
                problem = f"{tag_before!r} before {where} leaves its entity without {last}-{label_before}"
                raise TagError(index - 1, problem)
            if continues and not open_before:
                raise TagError(index, f"{tag!r} after {_quoted(tag_before)} continues no entity")
        else:
            if prefix in ("E", "S"):
                raise TagError(index, f"{tag!r} is no tag of {scheme}")
            if scheme == "IOB2" and prefix == "I" and not same:
                raise TagError(index, f"{tag!r} after {_quoted(tag_before)} continues no entity")
            if scheme == "IOB1" and prefix == "B" and not same:
                raise TagError(index, f"{tag!r} after {_quoted(tag_before)} begins what I- begins in IOB1")
        before, label_before, tag_before = prefix, label, tag


def _quoted(tag: str) -> str:
    return tag if tag == "the start" else f"{tag!r}"


def decode(tags: Sequence[str]) -> list[TokenSpan]:
    """The entities of a sequence in any of the schemes, in tokens.

    A tag that cannot continue an entity begins one, as in the ``conlleval`` script of the CoNLL-2000
    shared task, so that every sequence of tags can be read; :func:`check` says whether it is valid.

    Raises:
        TagError: If something is no tag.

    Example:
        >>> decode(["B-drug", "I-drug", "O", "B-dose"])
        [(0, 2, 'drug'), (3, 4, 'dose')]
    """
    found: list[TokenSpan] = []
    start, label, closed = 0, "", True
    for index, tag in enumerate(tags):
        prefix, kind = parse(tag, index)
        if not closed and (prefix in ("O", "B", "S") or kind != label):
            found.append((start, index, label))
            closed = True
        if prefix != "O" and closed:
            start, label, closed = index, kind, False
        if prefix in ("E", "S"):
            found.append((start, index + 1, label))
            closed = True
    if not closed:
        found.append((start, len(tags), label))
    return found


def encode(spans: Iterable[TokenSpan], length: int, scheme: Scheme = "IOB2") -> list[str]:
    """Tags of ``length`` tokens for entities that do not overlap; the inverse of :func:`decode`.

    >>> encode([(0, 2, "drug"), (3, 4, "dose")], 4, "BIOES")
    ['B-drug', 'E-drug', 'O', 'S-dose']
    """
    tags = ["O"] * length
    first, inside, last, single = {
        "IOB1": ("I", "I", "I", "I"),
        "IOB2": ("B", "I", "I", "B"),
        "BIOES": ("B", "I", "E", "S"),
        "BILOU": ("B", "I", "L", "U"),
    }[scheme]
    before: TokenSpan | None = None
    for span in sorted(spans):
        start, stop, label = span
        touches = scheme == "IOB1" and before is not None and before[1:] == (start, label)
        for i in range(start, stop):
            prefix = inside
            if stop - start == 1:
                prefix = "B" if touches else single
            elif i == start:
                prefix = "B" if touches else first
            elif i == stop - 1:
                prefix = last
            tags[i] = f"{prefix}-{label}"
        before = span
    return tags


def tags_of(spans: Iterable[Span], offsets: Offsets, scheme: Scheme = "IOB2") -> list[str]:
    """Tags of tokens for spans in characters.

    Tokens that share a character with a span belong to it; a token that two spans share goes to the first.

    >>> tags_of([Span(3, 8, "drug")], [(0, 2), (3, 5), (5, 8)])
    ['O', 'B-drug', 'I-drug']
    """
    taken, kept = 0, []
    for first, stop, label in to_tokens(spans, offsets):
        if (first := max(first, taken)) < stop:
            kept.append((first, stop, label))
            taken = stop
    return encode(kept, len(offsets), scheme)


def spans_of(tags: Sequence[str], offsets: Offsets) -> tuple[Span, ...]:
    """Spans in characters for tags of tokens, in any scheme; see :func:`decode`.

    >>> spans_of(["O", "B-drug", "I-drug"], [(0, 2), (3, 5), (5, 8)])
    (Span(start=3, end=8, label='drug'),)
    """
    return to_characters(decode(tags), offsets)
