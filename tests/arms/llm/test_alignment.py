from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arms.llm.alignment import align
from evalsets import Span
from evalsets.spans import overlaps


def found(quotes, text):
    if isinstance(quotes, str):
        quotes = [quotes]
    alignment = align([(q, "x") for q in quotes], text)
    return [text[s.start : s.end] for s in alignment.spans], alignment


@pytest.mark.parametrize(
    ("quote", "text", "wanted", "way"),
    [
        ("breast cancer", "a breast cancer here", "breast cancer", "exact"),
        ("  breast cancer ", "a breast cancer here", "breast cancer", "exact"),
        ("Breast  Cancer", "a breast\ncancer here", "breast\ncancer", "loose"),
        ("non small cell", "a non-small-cell tumour", "non-small-cell", "loose"),
        ("type-2 diabetes.", "in (type 2) diabetes, and", "type 2) diabetes", "loose"),
        ("naive T cells", "naïve T cells", "naïve T cells", "loose"),
        ("MULLER", "Herr Müller", "Müller", "loose"),
        ("½ tablet", "take ½ Tablet daily", "½ Tablet", "loose"),
        ("adenomatus polyposis", "familial adenomatous polyposis coli", "adenomatous polyposis", "fuzzy"),
        ("Duchene dystrophy", "a Duchenne dystrophy", "Duchenne dystrophy", "fuzzy"),
    ],
)
def test_a_quote_is_found_in_the_way_that_changes_least(quote, text, wanted, way):
    texts, alignment = found(quote, text)
    assert texts == [wanted]
    assert getattr(alignment, way) == 1
    assert alignment.exact + alignment.loose + alignment.fuzzy == 1
    assert alignment.missing == ()


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ("melanoma", "no tumour was found"),
        ("15 mg aspirin", "50 mg aspirin"),  # a digit is never taken for a slip
        ("5 mg aspirin", "50 mg aspirin"),
        ("cat", "bat"),  # too short for slips
        ("   ", "words"),
        ("…", "words"),
        ("x", ""),
    ],
)
def test_what_the_text_does_not_say_is_missing(quote, text):
    texts, alignment = found(quote, text)
    assert texts == []
    assert alignment.missing == (quote,)


def test_the_nth_equal_quote_takes_the_nth_occurrence():
    text = "ataxia, then ataxia, then Ataxia"
    alignment = align([("ataxia", "a"), ("ataxia", "b"), ("ataxia", "c"), ("ataxia", "d")], text)
    assert alignment.spans == (Span(0, 6, "a"), Span(13, 19, "b"), Span(26, 32, "c"))
    assert (alignment.exact, alignment.loose, alignment.repeated) == (2, 1, 1)


def test_a_part_of_a_longer_quote_looks_elsewhere_first():
    text = "breast cancer and other cancer"
    assert align([("cancer", "x"), ("breast cancer", "y")], text).spans == (
        Span(0, 13, "y"),
        Span(24, 30, "x"),
    )
    alone = align([("cancer", "x"), ("breast cancer", "y")], "breast cancer")
    assert alone.spans == (Span(0, 13, "y"),)
    assert (alone.overlapping, alone.missing) == (1, ())


def test_whole_words_come_before_parts_of_words():
    assert found("AT", "ATM and AT")[1].spans == (Span(8, 10, "x"),)
    assert found("AT", "ATM")[1].spans == (Span(0, 2, "x"),)
    assert found("at", "ATM, AT")[1].spans == (Span(5, 7, "x"),)


def test_of_several_near_places_the_nearest_is_taken():
    assert found("haemophilia A1", "hemophilia A1, haemophila A1")[0] == ["hemophilia A1"]
    assert found("haemophilia A1", "hemophila A1, haemophila A1")[0] == ["haemophila A1"]


WORDS = st.sampled_from("ab a-b AB c Cd é ß ½ İ x2 2 , . (c) … 中文".split())
TEXTS = st.lists(WORDS, max_size=12).map(" ".join) | st.text(max_size=40)
QUOTES = st.lists(st.tuples(TEXTS, st.sampled_from("xy")), max_size=8)


@given(QUOTES, TEXTS)
@settings(max_examples=300, deadline=None)
def test_every_quote_is_accounted_for_and_spans_are_sound(quotes, text):
    alignment = align(quotes, text)
    placed = alignment.exact + alignment.loose + alignment.fuzzy
    assert placed == len(alignment.spans)
    assert placed + alignment.repeated + alignment.overlapping + len(alignment.missing) == len(quotes)
    assert all(0 <= s.start < s.end <= len(text) for s in alignment.spans)
    assert overlaps(alignment.spans) is None
    assert alignment.spans == tuple(sorted(alignment.spans))


@st.composite
def annotated(draw):
    """A text and spans that mark every occurrence of what they mark."""
    tokens = draw(st.lists(st.sampled_from("alpha beta gamma delta 5 mg x-ray".split()), max_size=15))
    marked = draw(st.sets(st.sampled_from("alpha gamma x-ray".split())))
    text, spans = "", []
    for token in tokens:
        if token in marked:
            spans.append(Span(len(text), len(text) + len(token), token))
        text += token + " "
    return text, tuple(spans)


@given(annotated(), st.randoms())
@settings(max_examples=200, deadline=None)
def test_quotes_of_all_mentions_give_back_their_places_in_any_order(case, random):
    text, spans = case
    quotes = [(text[s.start : s.end], s.label) for s in spans]
    random.shuffle(quotes)
    assert align(quotes, text).spans == spans


@given(annotated(), st.data())
@settings(max_examples=200, deadline=None)
def test_case_and_punctuation_change_no_place(case, data):
    text, spans = case
    change = data.draw(st.sampled_from([str.upper, str.title, lambda q: f'"{q}"', lambda q: q + "."]))
    assert align([(change(text[s.start : s.end]), s.label) for s in spans], text).spans == spans


@given(TEXTS.filter(str.strip), st.data())
@settings(max_examples=200, deadline=None)
def test_a_literal_piece_is_never_missing(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    piece = text[start : data.draw(st.integers(start + 1, len(text)))]
    if piece.strip():
        alignment = align([(piece, "x")], text)
        assert alignment.exact == 1
        assert text[slice(*alignment.spans[0][:2])] == piece.strip()
