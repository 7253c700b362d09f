"""Spans, tags, tokens, windows and quotes: what goes round comes back, and nothing lies outside the text."""

from __future__ import annotations

import itertools
from typing import get_args

from hypothesis import example, given
from hypothesis import strategies as st

from arms.encoder.windows import windows_of
from arms.llm.alignment import align
from evalsets.spans import Span, flatten, joined, overlaps, to_characters, to_tokens
from evalsets.tags import Scheme, decode, encode, spans_of, tags_of
from tests.properties.texts import ANY, WORD

Made = tuple[list[str], list[tuple[int, int, str]]]


@st.composite
def token_spans(draw: st.DrawFn) -> Made:
    tokens = draw(st.lists(WORD, min_size=1, max_size=12))
    borders = sorted(draw(st.sets(st.integers(0, len(tokens)), max_size=8)))
    pairs = zip(borders[::2], borders[1::2], strict=False)
    return tokens, [(a, b, draw(st.sampled_from(["x", "y", "x-y"]))) for a, b in pairs]


@given(token_spans(), st.sampled_from(get_args(Scheme)))
def test_tags_stand_for_their_spans(
    made: tuple[list[str], list[tuple[int, int, str]]], scheme: Scheme
) -> None:
    tokens, spans = made
    assert decode(encode(spans, len(tokens), scheme)) == spans
    text, offsets = joined(tokens)
    characters = to_characters(spans, offsets)
    assert to_tokens(characters, offsets) == spans
    assert spans_of(tags_of(characters, offsets, scheme), offsets) == characters
    assert all(
        text[s.start : s.end] == " ".join(tokens[a:b]) for s, (a, b, _) in zip(characters, spans, strict=True)
    )


SPANS = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 8), st.sampled_from("ab")), max_size=8).map(
    lambda rows: [Span(a, a + n, label) for a, n, label in rows]
)


@given(SPANS)
def test_flat_spans_do_not_overlap(spans: list[Span]) -> None:
    flat = flatten(spans)
    assert overlaps(flat) is None
    assert set(flat) <= set(spans)
    assert flatten(flat) == flat
    assert (overlaps(spans) is None) == (len(flat) == len(spans))


@given(st.integers(0, 400), st.integers(1, 60), st.data())
def test_every_token_belongs_to_one_window(tokens: int, room: int, data: st.DataObject) -> None:
    stride = data.draw(st.integers(0, room - 1))
    windows = windows_of(0, tokens, room, stride)
    owned = [i for w in windows for i in range(w.own, w.own_stop)]
    assert owned == list(range(tokens))
    for window in windows:
        assert 0 <= window.start <= window.own <= window.own_stop <= window.stop <= tokens
        assert window.stop - window.start == min(room, tokens)
    for first, second in itertools.pairwise(windows):
        assert first.stop - second.start >= stride


@given(ANY, st.lists(st.tuples(ANY, st.sampled_from(["a", "b"])), max_size=5), st.data())
@example("ẞß ﬁn İstanbul", [("fin", "a"), ("ss", "b"), ("istanbul", "a")], None)
def test_quotes_are_found_in_the_text_or_not_at_all(
    text: str, quotes: list[tuple[str, str]], data: st.DataObject | None
) -> None:
    if data is not None and text:
        a = data.draw(st.integers(0, len(text) - 1))
        b = data.draw(st.integers(a + 1, len(text)))
        quotes = [*quotes, (text[a:b], "there")]
    found = align(quotes, text)
    for span in found.spans:
        assert 0 <= span.start < span.end <= len(text)
        assert text[span.start : span.end].strip()
    assert overlaps(found.spans) is None
    placed = found.exact + found.loose + found.fuzzy
    assert len(found.spans) == placed
    assert placed + found.repeated + found.overlapping + len(found.missing) == len(quotes)
    assert all(label in {label for _, label in quotes} for _, _, label in found.spans)


@given(st.lists(WORD, min_size=1, max_size=8, unique=True), st.data())
def test_a_quote_that_is_there_is_found(words: list[str], data: st.DataObject) -> None:
    text = " ".join(words)
    quote = data.draw(st.sampled_from(words))
    found = align([(quote, "x")], text)
    assert found.exact == 1
    (span,) = found.spans
    assert text[span.start : span.end] == quote
