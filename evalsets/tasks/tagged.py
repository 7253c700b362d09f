"""Reads texts with labelled spans, or tokens with tags."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from evalsets import tags as tagging
from evalsets.conll import read_conll
from evalsets.errors import DataError
from evalsets.formats import TAGGED, columns_of
from evalsets.options import Options
from evalsets.rows import Fail, Row
from evalsets.spans import Span, joined
from evalsets.tasks.base import label_set
from evalsets.tasks.reader import Item, Place, Reader
from evalsets.tasks.span_values import as_list, as_spans
from evalsets.values import as_group

if TYPE_CHECKING:
    from evalsets.tasks.token_classification import TokenClassification

SPAN_COLUMNS = ("spans", "entities")
TAG_COLUMNS = ("ner_tags", "tags", "labels", "label")
TOKEN_COLUMNS = ("tokens", "words")


class _Tagged(NamedTuple):
    """Tokens and tags before the scheme of their file is known; ``rows`` has one row, or one a token."""

    rows: tuple[int, ...]
    tokens: tuple[str, ...]
    tags: tuple[str, ...]
    field: str
    group: str | None


class SpanReader(Reader):
    """Reads column files (CoNLL), rows of text and spans, and rows of tokens and tags.

    Settings: ``scheme`` (of tags; found out by default), ``repair_tags`` (read a tag that continues no
    entity as the beginning of one, instead of refusing it), ``tag_column`` (of column files, the last by
    default) and ``overlapping`` (``error``, or ``longest`` to keep the longer of two spans that overlap).
    """

    settings: ClassVar[tuple[str, ...]] = ("scheme", "repair_tags", "tag_column", "overlapping")
    suffixes: ClassVar[Mapping[str, str]] = {**TAGGED, ".txt": "conll"}
    gold_columns: ClassVar[tuple[str, ...]] = (*SPAN_COLUMNS, *TAG_COLUMNS)

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        given = options.settings
        self.scheme: tagging.Scheme | None = given.get("scheme")
        self.repair = bool(given.get("repair_tags", False))
        self.column = int(given.get("tag_column", -1))
        self.overlapping = given.get("overlapping", "error")
        for name, value, known in (
            ("scheme", self.scheme, (None, *tagging.SCHEMES)),
            ("overlapping", self.overlapping, ("error", "longest")),
        ):
            if value not in known:
                choices = ", ".join(repr(k) for k in known if k)
                raise DataError(f"{name} is {value!r}", remedy=f"Use one of {choices}.")

    def columns(self, there: Callable[[], Sequence[str]]) -> tuple[str, ...]:
        present, options = there(), self.options
        gold, text = options.label, options.text
        tokens = next((c for c in TOKEN_COLUMNS if c in present), None)
        if gold is None:
            gold = next((c for c in SPAN_COLUMNS if c in present and text in present), None)
        if gold is not None:
            return (text if text in present else tokens or text), gold
        if tokens is not None:
            return tokens, next((c for c in TAG_COLUMNS if c in present), TAG_COLUMNS[0])
        return text, SPAN_COLUMNS[0]

    def check(self, file: Path) -> str:
        kind = super().check(file)
        # A .tsv file may be a table with a header, or columns of tokens and tags without one.
        if kind == "tsv" and self.options.text not in columns_of(file, self.options.encoding):
            return "conll"
        return kind

    def read(self, file: Path, fail: Fail) -> Iterator[Item]:
        if self.check(file) != "conll":
            return super().read(file, fail)
        return self._decoded(list(self._sentences(file, fail)), str(file), fail)

    def items(self, rows: Iterable[Row], columns: tuple[str, ...], source: str, fail: Fail) -> Iterator[Item]:
        """Items of rows; rows of tokens are held until the scheme of their tags is known."""
        waiting: list[_Tagged] = []

        def tables() -> Iterator[Row]:
            for row, values in rows:
                if isinstance(values[0], list | tuple):
                    try:
                        waiting.append(self._tokens(row, values, columns, source))
                    except DataError as error:
                        fail(error)
                else:
                    yield row, values

        yield from super().items(tables(), columns, source, fail)
        yield from self._decoded(waiting, source, fail)

    def gold(
        self, values: tuple[Any, ...], text: str, columns: tuple[str, ...], place: Place
    ) -> tuple[Span, ...]:
        return as_spans(values[0], text, place, self.overlapping)

    def task(self, golds: Iterable[tuple[Span, ...]]) -> TokenClassification:
        from evalsets.tasks.token_classification import TokenClassification

        labels = label_set(span.label for gold in golds for span in gold)
        metric: Any = self.options.metric or TokenClassification.metrics[0]
        return TokenClassification(labels, self.options.label_descriptions, metric)

    def _sentences(self, file: Path, fail: Fail) -> Iterator[_Tagged]:
        group = self.options.group
        for sentence in read_conll(file, self.options.encoding, self.column, fail):
            row = sentence.lines[0]
            if group is not None and group not in sentence.comments:
                fail(
                    DataError(
                        "the sentence has no group",
                        file=str(file),
                        row=row,
                        field=group,
                        remedy=f"Write a line '# {group} = …' before it, or leave group= out.",
                    )
                )
                continue
            yield _Tagged(
                tuple(sentence.lines),
                tuple(sentence.tokens),
                tuple(sentence.tags),
                "tag",
                None if group is None else sentence.comments[group],
            )

    def _tokens(self, row: int, values: tuple[Any, ...], columns: tuple[str, ...], source: str) -> _Tagged:
        place = Place(source, row, columns[1])
        tokens, tags = list(values[0]), as_list(values[1], place, '["O", "B-drug"]')
        wrong = next((t for t in tokens if not isinstance(t, str) or not t.strip()), None)
        if wrong is not None or not tokens:
            what = f"a token is {wrong!r}" if tokens else "there are no tokens"
            raise place._replace(field=columns[0]).error(what, "Write every token as a string.")
        if len(tags) != len(tokens):
            raise place.error(f"there are {len(tags)} tags for {len(tokens)} tokens", "Tag every token.")
        unnamed = next((t for t in tags if not isinstance(t, str)), None)
        if unnamed is not None:
            raise place.error(
                f"a tag is {unnamed!r}",
                "Write tags as strings such as 'B-drug'; numbers are understood where a datasets feature "
                "names them.",
            )
        group = None
        if self.options.group is not None:
            group = as_group(values[-1], file=source, row=row, field=self.options.group)
        return _Tagged((row,), tuple(tokens), tuple(tags), columns[1], group)

    def _decoded(self, sequences: Sequence[_Tagged], source: str, fail: Fail) -> Iterator[Item]:
        scheme = self.scheme or tagging.detect(s.tags for s in sequences)
        for rows, tokens, tags, field, group in sequences:
            try:
                if not self.repair:
                    tagging.check(tags, scheme)
                text, offsets = joined(tokens)
                spans = tagging.spans_of(tags, offsets)
            except tagging.TagError as error:
                row = rows[error.index] if len(rows) > 1 else rows[0]
                within = "" if len(rows) > 1 else f" (tag {error.index + 1} of {len(tags)})"
                remedy = f"Mend the tag, which is read as {scheme}; name another scheme with scheme=, "
                remedy += "or pass repair_tags=True to let such a tag begin an entity."
                fail(DataError(error.problem + within, file=source, row=row, field=field, remedy=remedy))
                continue
            yield Item(rows[0], text, spans, group, offsets)
