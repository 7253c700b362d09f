"""Draws of many kinds of units, and sums over them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, chisquare, poisson

from decide import statistics
from decide.statistics import draws, resample
from decide.statistics.draws import Multinomial, PoissonTable
from decide.statistics.scored import Scored
from decide.statistics.sums import Sums, coded
from evalsets import TextClassification

F1 = TextClassification(("a", "b", "c", "d"), metric="macro_f1")
KINDS = np.sort(np.concatenate([np.ones(150), np.full(80, 3), np.full(100, 40), [2, 150, 900]])).astype(
    np.int64
)


def drawn(resamples: int, seed: int = 0) -> np.ndarray:
    """Counts of every kind, shape ``(resamples, kinds)``."""
    rng = np.random.default_rng(seed)
    return Multinomial(KINDS).over_blocks(lambda counts: counts.T.astype(float), resamples, rng)


@pytest.mark.parametrize("mean", [0.05, 0.99, 7.0, 60.0, 99.0])
def test_table_draws_poisson_counts(mean: float) -> None:
    out = np.empty((250, 801), dtype=np.float32)
    PoissonTable(mean).fill(out, np.random.default_rng(1))
    low, high = (int(q) for q in poisson.ppf([0.001, 0.999], mean))
    values = np.clip(out.ravel().astype(int), low, high)
    expected = poisson.pmf(np.arange(low, high + 1), mean)
    expected[0], expected[-1] = poisson.cdf(low, mean), poisson.sf(high - 1, mean)
    seen = np.bincount(values - low, minlength=high - low + 1)
    assert chisquare(seen, expected / expected.sum() * out.size).pvalue > 1e-3


def test_kinds_of_one_size_share_a_table_where_there_are_many() -> None:
    found = Multinomial(KINDS)
    assert [(rows.start, rows.stop) for rows, _ in found.tables] == [(0, 150), (151, 231), (231, 331)]
    assert found.single.tolist() == [150, 331, 332]
    assert found.units == KINDS.sum()
    assert found.draw(3, np.random.default_rng(0)).dtype == np.float32
    edges = [np.full(63, 1), np.full(64, 2), np.full(64, 100), np.full(64, 101)]
    at = Multinomial(np.concatenate(edges).astype(np.int64))
    assert [(rows.start, rows.stop) for rows, _ in at.tables] == [(63, 127), (127, 191)]
    many = Multinomial(np.array([draws.EXACT - 1, 1], dtype=np.int64))  # beyond what single precision counts
    assert many.draw(1, np.random.default_rng(0)).dtype == np.float64


def test_counts_are_whole_and_add_up_to_the_units() -> None:
    counts = drawn(100)
    assert counts.shape == (100, len(KINDS))
    assert (counts >= 0).all()
    np.testing.assert_array_equal(counts, np.rint(counts))
    assert (counts.sum(axis=1) == KINDS.sum()).all()


def test_counts_have_the_moments_of_a_multinomial() -> None:
    resamples, units = 8000, KINDS.sum()
    counts = drawn(resamples)
    shares = KINDS / units
    error = np.sqrt(KINDS * (1 - shares) / resamples)
    assert np.abs((counts.mean(axis=0) - KINDS) / error).max() < 4.5
    spread = counts.var(axis=0) / (KINDS * (1 - shares))
    for size in np.unique(KINDS):
        same = size == KINDS
        assert spread[same].mean() == pytest.approx(
            1, abs=6 * np.sqrt((2 + 1 / size) / resamples / same.sum())
        )
    # Two large kinds vary against each other by minus n p q; small ones together like one large kind.
    pair = np.cov(counts[:, -1], counts[:, -2])[0, 1]
    assert pair == pytest.approx(-units * shares[-1] * shares[-2], abs=4 * np.sqrt(900 * 150 / resamples))
    rare = counts[:, KINDS == 1].sum(axis=1)
    assert rare.var() == pytest.approx(150 * (1 - 150 / units), rel=0.08)


def test_one_kind_has_the_binomial_distribution() -> None:
    units, resamples = int(KINDS.sum()), 8000
    counts = drawn(resamples, 3)
    for size in (1, 3):
        # Every cell of a size has the same distribution, and cells hardly depend on each other.
        values = counts[:, size == KINDS].ravel().astype(int)
        top = 4 if size == 1 else 9
        expected = binom.pmf(np.arange(top + 1), units, size / units)
        expected[-1] = binom.sf(top - 1, units, size / units)
        seen = np.bincount(np.minimum(values, top), minlength=top + 1)
        assert chisquare(seen, expected * len(values)).pvalue > 1e-3


def test_too_many_first_counts_are_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draws, "SPARE", 2.0)  # half of the blocks are drawn again
    assert (drawn(200).sum(axis=1) == KINDS.sum()).all()


def test_threads_do_not_change_the_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    first = drawn(100)
    monkeypatch.setattr(draws, "THREADS", 1)
    np.testing.assert_array_equal(first, drawn(100))


def tables(n: int, runs: int, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    gold = rng.choice(list("abcd"), n)
    answers = [np.where(rng.random(n) < 0.8, gold, rng.choice(list("abcd"), n)) for _ in range(runs)]
    return [F1.item_statistics(gold.tolist(), list(answer)) for answer in answers]


@pytest.mark.parametrize("scale", [1.0, 0.3, 1e7])
def test_sums_are_those_of_a_plain_product(scale: float) -> None:
    runs = [table * scale for table in tables(60, 3)]
    rows = np.arange(0, 60, 2)
    counts = np.random.default_rng(0).poisson(2, (30, 5)).astype(np.float64)
    found = Sums(runs, rows, int(counts.sum())).of(counts)
    np.testing.assert_allclose(found, [counts.T @ table[rows] for table in runs], rtol=1e-12, atol=1e-6)


def test_rows_told_apart_wrongly_are_kept_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    class Zero:
        def random(self, width: int) -> np.ndarray:
            return np.zeros(width)

    runs = tables(20, 2)
    monkeypatch.setattr(np.random, "default_rng", lambda seed: Zero())
    known, codes = coded(runs, np.arange(20))
    for table, code in zip(runs, codes, strict=True):
        np.testing.assert_array_equal(known[code], table)


@pytest.mark.parametrize("seeds", [1, 2])
def test_scores_spread_alike_whichever_way_kinds_are_drawn(
    seeds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = tables(3000, 2 * seeds)
    arms = [Scored("x", tuple(runs[:seeds])), Scored("y", tuple(runs[seeds:]))]
    found = []
    for few in (0, 10**6):
        monkeypatch.setattr(resample, "FEW_KINDS", few)
        found.append(statistics.bootstrap(F1, arms, resamples=20_000))
    for draw in found:
        assert draw.shape == (20_000, 2)
    new, old = found
    deviation = np.subtract(*np.quantile(old, [0.84, 0.16], axis=0)) / 2
    if seeds == 1:  # with 2 seeds tails are Cauchy's, which have no moments
        np.testing.assert_allclose(np.corrcoef(new.T), np.corrcoef(old.T), atol=0.04)
    for level in (0.025, 0.25, 0.5, 0.75, 0.975) if seeds == 1 else (0.25, 0.5, 0.75):
        np.testing.assert_allclose(
            np.quantile(new, level, axis=0), np.quantile(old, level, axis=0), atol=0.08 * deviation.max()
        )


def test_several_measures_share_their_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resample, "FEW_KINDS", 0)
    runs = tables(500, 3)
    arms = [Scored("x", tuple(runs[:2])), Scored("y", (runs[2],))]
    first, again = statistics.bootstrap_together([(F1, arms), (F1, arms)], resamples=64)
    np.testing.assert_array_equal(first, again)


def test_whole_groups_of_many_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resample, "FEW_KINDS", 0)
    runs = tables(3000, 2)
    arms = [Scored("x", (runs[0],)), Scored("y", (runs[1],))]
    groups = [str(g) for g in np.random.default_rng(5).integers(300, size=3000)]
    new = statistics.bootstrap(F1, arms, groups, resamples=4000)
    monkeypatch.setattr(resample, "FEW_KINDS", 10**6)
    old = statistics.bootstrap(F1, arms, groups, resamples=4000)
    np.testing.assert_allclose(new.std(axis=0), old.std(axis=0), rtol=0.08)
