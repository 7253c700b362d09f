import itertools

import numpy as np
import pytest

from arms.encoder.bio import IGNORED, TagSet, on_borders, trim, units
from evalsets import Span
from evalsets.tags import check

TEXT = "old breast cancer, BRCA1"
OFFSETS = [(0, 3), (4, 10), (11, 14), (14, 17), (17, 18), (19, 23), (23, 24)]
WORDS = [0, 1, 2, 2, 3, 4, 4]


@pytest.mark.parametrize("seed", range(20))
def test_best_tags_are_valid_and_no_valid_tags_are_better(seed: int) -> None:
    tags = TagSet(["a", "b"])
    scores = np.random.default_rng(seed).normal(size=(5, 5))
    path = tags.best(scores)
    check([tags.tags[i] for i in path], "IOB2")

    def valid(p: tuple[int, ...]) -> bool:
        steps = sum(tags.transitions[a, b] for a, b in itertools.pairwise(p))
        return bool(tags.start[p[0]] + steps == 0)

    total = lambda p: scores[np.arange(5), list(p)].sum()  # noqa: E731
    best = max((p for p in itertools.product(range(5), repeat=5) if valid(p)), key=total)
    assert total(tuple(path)) == pytest.approx(total(best))


def test_no_token_has_no_tags() -> None:
    tags = TagSet(["a"])
    assert tags.found(np.zeros((0, 3)), units([], [], True), "") == []


@pytest.mark.parametrize("by_word", [True, False])
def test_spans_survive_tagging(by_word: bool) -> None:
    spans = (Span(4, 17, "disease"), Span(19, 24, "gene"))
    tags, there = TagSet(["disease", "gene"]), units(OFFSETS, WORDS, by_word)
    target = tags.targets(spans, there, len(OFFSETS))
    assert (target == IGNORED).sum() == (2 if by_word else 0)
    logits = np.zeros((len(OFFSETS), 5))
    known = target != IGNORED
    logits[known, target[known]] = 9
    found = tags.found(logits, there, TEXT)
    assert tuple(f.span for f in found) == spans
    assert all(0.99 < f.probability <= 1 for f in found)


def test_spans_within_words_need_tags_of_tokens() -> None:
    there = units(OFFSETS, WORDS, True)
    assert on_borders([Span(4, 17, "disease")], TEXT, there)
    assert not on_borders([Span(19, 23, "gene")], TEXT, there)
    assert on_borders([Span(19, 23, "gene")], TEXT, units(OFFSETS, WORDS, False))


def test_white_space_that_tokens_include_is_not_part_of_a_span() -> None:
    assert trim(3, 11, "old breast cancer") == (4, 10)
    tags = TagSet(["x"])
    offsets = [(0, 3), (3, 10), (10, 17)]  # as tokenizers that mark word beginnings give them
    logits = np.eye(3)[[0, 1, 2]] * 9
    assert tags.found(logits, units(offsets, [0, 1, 2], True), "old breast cancer")[0].span == (4, 17, "x")
