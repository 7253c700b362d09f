"""Tag schemes and the alignment of spans with tokens, against seqeval."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval import scheme as seqeval_schemes
from seqeval.metrics import f1_score
from seqeval.metrics.sequence_labeling import get_entities

from evalsets import tags
from evalsets.spans import Span, flatten, joined, overlaps, to_characters, to_tokens
from evalsets.tags import SCHEMES, Scheme, TagError

LABELS = ("drug", "dose-form", "D")
THEIRS = {
    "IOB1": seqeval_schemes.IOB1,
    "IOB2": seqeval_schemes.IOB2,
    "BIOES": seqeval_schemes.IOBES,
    "BILOU": seqeval_schemes.BILOU,
}


@st.composite
def token_spans(draw: st.DrawFn, longest: int = 12) -> tuple[int, list[tuple[int, int, str]]]:
    """A number of tokens and entities on them that do not overlap."""
    length = draw(st.integers(0, longest))
    spans, place = [], 0
    while place < length:
        stop = draw(st.integers(place + 1, length))
        if draw(st.booleans()):
            spans.append((place, stop, draw(st.sampled_from(LABELS))))
        place = stop
    return length, spans


@given(token_spans(), st.sampled_from(SCHEMES))
def test_every_scheme_round_trips(case: tuple[int, list[tuple[int, int, str]]], scheme: Scheme) -> None:
    length, spans = case
    sequence = tags.encode(spans, length, scheme)
    tags.check(sequence, scheme)
    assert tags.decode(sequence) == spans
    theirs = seqeval_schemes.Entities([sequence], THEIRS[scheme]).entities[0]
    assert [(e.start, e.end, e.tag) for e in theirs] == spans


@given(token_spans(), st.sampled_from(SCHEMES))
def test_the_scheme_is_found_or_does_not_matter(
    case: tuple[int, list[tuple[int, int, str]]], scheme: Scheme
) -> None:
    length, spans = case
    sequence = tags.encode(spans, length, scheme)
    found = tags.detect([sequence])
    tags.check(sequence, found)
    assert tags.decode(sequence) == spans


any_tag = st.one_of(
    st.just("O"), st.builds("{}-{}".format, st.sampled_from("BIES"), st.sampled_from(("x", "y")))
)


@given(st.lists(any_tag, max_size=10))
def test_broken_sequences_are_read_as_conlleval_reads_them(sequence: list[str]) -> None:
    theirs = [(start, stop + 1, label) for label, start, stop in get_entities(sequence)]
    assert tags.decode(sequence) == theirs


@given(st.lists(st.sampled_from(["O", "B-x", "I-x", "B-y", "I-y"]), max_size=8))
def test_what_is_valid_in_iob2_seqeval_reads_alike_in_both_modes(sequence: list[str]) -> None:
    strict = [
        (e.start, e.end, e.tag)
        for e in seqeval_schemes.Entities([sequence], seqeval_schemes.IOB2).entities[0]
    ]
    wrong = None
    try:
        tags.check(sequence, "IOB2")
    except TagError as error:
        wrong = error.index
    assert tags.decode(sequence) == strict if wrong is None else sequence[wrong].startswith("I-")


@pytest.mark.parametrize(
    ("sequence", "scheme", "index", "problem"),
    [
        ("O I-x", "IOB2", 1, "'I-x' after 'O' continues no entity"),
        ("I-x", "IOB2", 0, "'I-x' after the start continues no entity"),
        ("B-x I-y", "IOB2", 1, "'I-y' after 'B-x' continues no entity"),
        ("O B-x", "IOB1", 1, "'B-x' after 'O' begins what I- begins in IOB1"),
        ("B-x O", "BIOES", 0, "'B-x' before 'O' leaves its entity without E-x"),
        ("O B-x I-x", "BILOU", 2, "'I-x' before the end leaves its entity without L-x"),
        ("O L-x", "BILOU", 1, "'L-x' after 'O' continues no entity"),
        ("E-x", "IOB2", 0, "'E-x' is no tag of IOB2"),
        ("O Z-x", "IOB2", 1, "'Z-x' is not a tag"),
        ("o", "IOB2", 0, "'o' is not a tag"),
        ("B-", "IOB2", 0, "'B-' is not a tag"),
    ],
)
def test_what_is_wrong_with_a_sequence(sequence: str, scheme: Scheme, index: int, problem: str) -> None:
    with pytest.raises(TagError, match=problem) as caught:
        tags.check(sequence.split(), scheme)
    assert caught.value.index == index


def test_tags_without_a_label() -> None:
    assert tags.decode(["B", "I", "O", "B"]) == [(0, 2, "entity"), (3, 4, "entity")]


words = st.lists(st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=5), max_size=12)


@given(words, st.data())
def test_spans_and_tokens_align_both_ways(tokens: list[str], data: st.DataObject) -> None:
    text, offsets = joined(tokens)
    assert [text[a:b] for a, b in offsets] == tokens
    length, inner = data.draw(token_spans(len(tokens)))
    spans = to_characters(inner, offsets)
    assert to_tokens(spans, offsets) == inner
    assert overlaps(spans) is None
    for scheme in SCHEMES:
        assert tags.spans_of(tags.tags_of(spans, offsets, scheme), offsets) == spans
    assert length <= len(tokens)


def test_a_span_inside_a_token_takes_the_whole_token_and_special_tokens_take_none() -> None:
    offsets = ((0, 0), (0, 4), (5, 9), (0, 0))
    assert tags.tags_of([Span(1, 3, "x")], offsets) == ["O", "B-x", "O", "O"]
    assert tags.tags_of([Span(1, 3, "x"), Span(3, 6, "y")], offsets) == ["O", "B-x", "B-y", "O"]
    assert tags.tags_of([Span(4, 5, "x")], offsets) == ["O"] * 4


spans_anywhere = st.lists(
    st.builds(
        lambda a, n, v: Span(a, a + n, v), st.integers(0, 20), st.integers(1, 9), st.sampled_from("xy")
    ),
    max_size=8,
)


@given(spans_anywhere)
def test_flattening_keeps_the_longest_and_nothing_that_overlaps(spans: list[Span]) -> None:
    kept = flatten(spans)
    assert overlaps(kept) is None
    for lost in set(spans) - set(kept):
        shorter = [k for k in kept if k.start < lost.end and lost.start < k.end]
        assert max(k.end - k.start for k in shorter) >= lost.end - lost.start


@given(spans_anywhere)
def test_overlap_is_found_exactly_when_there_is_one(spans: list[Span]) -> None:
    there = any(a.start < b.end and b.start < a.end for i, a in enumerate(spans) for b in spans[i + 1 :])
    pair = overlaps(spans)
    assert (pair is not None) == there
    assert pair is None or (pair[0].start < pair[1].end and pair[1].start < pair[0].end)


def sequences(length: int = 10) -> st.SearchStrategy[list[tuple[list[str], list[str]]]]:
    """Gold and predicted tags of a few sentences, in IOB2."""

    @st.composite
    def one(draw: st.DrawFn) -> tuple[list[str], list[str]]:
        n, gold = draw(token_spans(length))
        rest = [s for s in gold if draw(st.booleans())]
        other = draw(token_spans(max(n, 1)))[1]
        free = [s for s in other if s[1] <= n and all(s[1] <= r[0] or r[1] <= s[0] for r in rest)]
        return tags.encode(gold, n), tags.encode([*rest, *free], n)

    return st.lists(one(), min_size=1, max_size=6)


@settings(deadline=None)
@given(sequences(), st.integers(0, 99))
def test_entity_f1_is_seqevals_also_when_resampled(
    pairs: list[tuple[list[str], list[str]]], seed: int
) -> None:
    from evalsets import TokenClassification

    task = TokenClassification(LABELS)
    offsets = [joined(["t"] * len(gold))[1] for gold, _ in pairs]
    gold = [tags.spans_of(g, o) for (g, _), o in zip(pairs, offsets, strict=True)]
    predicted = [tags.spans_of(p, o) for (_, p), o in zip(pairs, offsets, strict=True)]
    weights = np.random.default_rng(seed).integers(0, 3, (4, len(pairs)))
    scores = task.score_from_statistics(weights @ task.item_statistics(gold, predicted))
    for score, weight in zip(scores, weights, strict=True):
        drawn = [i for i, times in enumerate(weight) for _ in range(times)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = (
                f1_score(
                    [pairs[i][0] for i in drawn],
                    [pairs[i][1] for i in drawn],
                    mode="strict",
                    scheme=seqeval_schemes.IOB2,
                    zero_division=0,
                )
                if drawn
                else 0.0
            )
        assert score == pytest.approx(theirs)
