from __future__ import annotations

import pytest

from arms.llm.scorer import total, walk
from arms.llm.trie import build


def test_shared_tokens_are_fed_once_and_last_ones_not_at_all():
    trie = build([[1, 2, 9], [1, 3, 9], [1, 2, 4, 9], [5, 9]])
    assert sorted(zip(trie.depths, trie.tokens, strict=True)) == [(1, 1), (1, 5), (2, 2), (2, 3), (3, 4)]
    assert trie.scored == 9
    assert trie.longest() == 4
    ancestors = trie.ancestors()
    last = trie.tokens.index(4)
    assert [t for t, on in zip(trie.tokens, ancestors[last], strict=True) if on] == [1, 2, 4]


def test_totals_and_greedy_walk_can_differ():
    trie = build([[1, 2], [1, 3], [4, 5]])
    steps = dict.fromkeys({s for p in trie.paths for s in p}, -1.0)
    steps[0, 1], steps[0, 4] = -0.6, -0.8
    steps[trie.paths[2][1]] = -0.1
    totals = total(steps, trie)
    assert totals.index(max(totals)) == 2
    assert walk(steps, trie) == 0


@pytest.mark.parametrize("labels", [[[1], [1]], [[]], [[1], []]])
def test_labels_that_tokens_cannot_tell_apart_are_refused(labels):
    with pytest.raises(ValueError, match="token"):
        build(labels)


def test_single_label():
    trie = build([[7]])
    assert trie.tokens == ()
    assert trie.ancestors() == []
    assert walk({(0, 7): -1.0}, trie) == 0
