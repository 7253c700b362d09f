"""Counting, resampling and judging against values worked out by hand."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from decide.domain_gap import words
from decide.domain_gap.bootstrap import Resampler
from decide.domain_gap.encoder import Occurrences
from decide.domain_gap.report import Measure
from decide.domain_gap.senses import sense_measure
from decide.domain_gap.severity import ANCHORS, judge, level_of
from decide.domain_gap.sources import draw
from decide.records import Estimate
from evalsets import Corpus

IDS = ("fertility", "a_distance", "shifted_words", "masked_lm_loss", "vocabulary_overlap")


def measures(overlap: Estimate | None, *, compared: int = 10_000) -> list[Measure]:
    blank = [Measure(id=id, family="distance", name=id, unit="%", method="m", source="s") for id in IDS]
    blank[-1] = blank[-1].model_copy(
        update={
            "value": overlap,
            "reference": Estimate(value=54.1) if compared == 10_000 else None,
            "compared": compared,
        }
    )
    return blank


def test_counts() -> None:
    counted = words.count(["The cat the", "cat"], "test")
    assert dict(zip(counted.surfaces, counted.table.sum(axis=0).A1, strict=True)) == {
        "The": 1,
        "cat": 2,
        "the": 1,
    }
    assert dict(zip(counted.words, counted.lowered.sum(axis=0).A1, strict=True)) == {"the": 2, "cat": 2}
    assert list(counted.lengths()) == [3, 1]


def test_general_english_is_a_distribution_most_frequent_first() -> None:
    general = words.general_english()
    assert sum(general.values()) == pytest.approx(1)
    assert next(iter(general)) == "the"
    assert "it's" not in general


def test_tally_drops_rare_words_when_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "MOST_WORDS", 10)
    tally = words.Tally(Counter(), Counter())
    for i in range(100):
        tally.add(f"the patient word{i}")
    assert len(tally.surfaces) <= 12
    assert tally.surfaces["patient"] == 100
    assert tally.pruned > 100


def test_reservoir_is_uniform() -> None:
    corpus = Corpus(documents=tuple(f"document {i}" for i in range(40)))
    seen: Counter[str] = Counter()
    for seed in range(300):
        seen.update(draw(corpus, "test", 10, seed, exact=False).documents)
    # Binomial(300, 1/4): 75 expected, standard deviation 7.5.
    assert len(seen) == 40
    assert all(abs(n - 75) < 5 * 7.5 for n in seen.values())


def test_interval_of_a_mean_is_that_of_theory() -> None:
    values = np.random.default_rng(0).normal(3, 1, 400)
    estimate = Resampler(400, 0).ratio(values, np.ones(400))
    assert estimate is not None
    assert estimate.low is not None
    assert estimate.high is not None
    assert estimate.value == pytest.approx(values.mean())
    assert estimate.high - estimate.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)
    assert Resampler(3, 0).ratio(np.ones(3), np.zeros(3)) is None


def test_each_published_domain_has_its_own_level() -> None:
    assert [level_of(a.value) for a in ANCHORS] == [a.level for a in ANCHORS]
    assert [level_of(v) for v in (100.0, 44.3, 44.2, 30.9, 30.8, 23.3, 23.2, 0.0)] == [
        *("negligible", "negligible", "mild", "mild"),
        *("marked", "marked", "severe", "severe"),
    ]


def test_severity_names_the_levels_that_stay_possible() -> None:
    found = judge(measures(Estimate(value=35.0, low=34.0, high=36.0)), own_reference=False, english=True)
    assert found.level == "mild"
    assert found.plausible == ["mild", "marked"]
    assert found.confidence == "low"
    assert "possibly marked" in found.headline
    sure = judge(measures(Estimate(value=80.0, low=79.0, high=81.0)), own_reference=False, english=True)
    assert sure.plausible == ["negligible"]
    assert sure.confidence == "moderate"


def test_small_vocabulary_gives_a_bound_only() -> None:
    found = judge(measures(Estimate(value=34.0), compared=5000), own_reference=False, english=True)
    assert found.level is None
    assert found.plausible == ["negligible", "mild", "marked"]
    assert "marked at most" in found.headline
    tiny = judge(measures(Estimate(value=34.0), compared=50), own_reference=False, english=True)
    assert tiny.plausible == []
    foreign = judge(measures(Estimate(value=34.0)), own_reference=True, english=False)
    assert foreign.level is None


def test_a_word_with_another_direction_is_shifted_and_one_without_is_not() -> None:
    rng = np.random.default_rng(0)

    def around(direction: np.ndarray) -> Occurrences:
        vectors = (direction + 0.3 * rng.normal(size=(60, 16))).astype(np.float32)
        return Occurrences(list(vectors), [f"context {i}" for i in range(60)])

    first, second = np.eye(16)[0], np.eye(16)[1]
    measure, found = sense_measure(
        {"cell": around(first), "year": around(first)},
        {"cell": around(second), "year": around(first)},
        "",
        0,
    )
    assert [(w.word, w.shifted) for w in found] == [("cell", True), ("year", False)]
    assert found[0].distance == pytest.approx(1, abs=0.1)
    assert found[0].domain_contexts[0] == "context 0"
    assert measure.value is not None
    assert measure.value.value == 0.5


def test_a_rare_word_is_not_compared() -> None:
    few = Occurrences([np.ones(4, dtype=np.float32)] * 3, ["x"] * 3)
    measure, found = sense_measure({"cell": few}, {"cell": few}, "", 0)
    assert not found
    assert "10 times" in measure.missing
