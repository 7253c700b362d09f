"""Exact values of variance components, item statistics and sums."""

from __future__ import annotations

import math

import numpy as np
import pytest

from decide import statistics
from decide.statistics.scored import ABSOLUTE_MEAN, Scored, cluster_codes, distinct_rows, in_units, units
from decide.statistics.sums import Sums, coded
from decide.statistics.variance import (
    Components,
    Measured,
    SeedTerm,
    between_of,
    components,
    difference,
    interaction_of,
    measure,
)
from evalsets import TextClassification

ACCURACY = TextClassification(("a", "b", "c"), metric="accuracy")
TWO = Components(4e-4, 101, (SeedTerm(3e-4, 1e-4, 2), SeedTerm(5e-4, 2e-4, 4)))


def test_parts_of_the_variance_add_up() -> None:
    assert TWO.interaction == pytest.approx(3e-4)
    assert TWO.seeds == pytest.approx(5e-4)
    assert TWO.total == pytest.approx(12e-4)
    assert TWO.error == pytest.approx(math.sqrt(12e-4))
    assert TWO.degrees == pytest.approx(144e-8 / (16e-8 / 100 + 9e-8 / 2 + 25e-8 / 4))


def test_degrees_of_freedom_at_the_ends() -> None:
    assert Components(4e-4, 50).degrees == pytest.approx(49)
    assert Components(0.0, 50).degrees == 49
    assert Components(0.0, 1).degrees == 1
    assert Components(4e-4, 1).degrees == 1
    assert Components(0.0, 50, (SeedTerm(1e-4, 0.0, 1),)).degrees == pytest.approx(1)
    # Two units and two seeds of either arm: never less than 1.
    assert Components(1e-4, 2, (SeedTerm(1e-4, 0.0, 1),)).degrees == pytest.approx(2)


def test_what_other_numbers_of_items_and_seeds_would_bring() -> None:
    more = TWO.scaled(202, 2.0)
    assert (more.items, more.units) == (pytest.approx(2e-4), 202)
    # Half from items on which seeds disagree by items, half by seeds; the rest only by seeds.
    assert [term.inside for term in more.terms] == pytest.approx([1e-4 / 4, 2e-4 / 4])
    assert [term.between for term in more.terms] == pytest.approx([1e-4 + 1e-4 / 4, 1.5e-4 + 2e-4 / 4])
    assert [term.degrees for term in more.terms] == [5, 9]
    assert [term.degrees for term in TWO.scaled(101, 0.2).terms] == [1, 1]
    assert [term.degrees for term in TWO.scaled(50).terms] == [2, 4]
    assert TWO.scaled(101) == TWO


def test_a_single_unit_has_its_score_for_a_pseudovalue() -> None:
    arm = Scored("x", (np.array([[1.0, 1.0]]), np.array([[0.0, 1.0]])))
    found = measure(ACCURACY, arm)
    assert found.scores.tolist() == [1.0, 0.0]
    assert found.pseudo.tolist() == [[1.0, 0.0]]
    two = Scored("x", (np.array([[1.0, 1.0], [0.0, 1.0]]),))
    assert measure(ACCURACY, two).pseudo.tolist() == [[1.0], [0.0]]


def test_components_of_two_units_and_two_seeds_by_hand() -> None:
    table = np.array([[1.0, 0.0], [0.0, 0.0]])
    arm = Measured(table.mean(axis=0), table)
    # Residuals are all 1/4: squares 4/16 over (1 * 1) degrees, over 4 cells.
    assert interaction_of(arm) == pytest.approx(1 / 16)
    assert between_of(arm) == pytest.approx(0.125 / 2)
    found = components([(2.0, arm)])
    # Means of units are 1 and 0 (twice a half and 0): variance 1/2 over 2 units, less what seeds add.
    assert found == Components(pytest.approx(0.0), 2, (SeedTerm(0.25, 0.25, 1),))
    single = Measured(table[:, :1].mean(axis=0), table[:, :1])
    assert interaction_of(single) == between_of(single) == 0.0
    assert interaction_of(Measured(np.array([1.0, 0.0]), np.array([[1.0, 0.0]]))) == 0.0
    assert components([(1.0, single)]) == Components(0.25, 2)
    assert components([(1.0, Measured(np.array([1.0]), np.array([[1.0]])))]) == Components(0.0, 1)


def test_a_difference_has_items_of_the_difference_and_seeds_of_both() -> None:
    rng = np.random.default_rng(0)
    tables = [rng.random((40, 3)), rng.random((40, 3))]
    first, second = (Measured(table.mean(axis=0), table) for table in tables)
    found = difference(first, second)
    gap = tables[0].mean(axis=1) - tables[1].mean(axis=1)
    inside = interaction_of(first) + interaction_of(second)
    assert found.items == pytest.approx(max(0.0, gap.var(ddof=1) / 40 - inside))
    assert [term.between for term in found.terms] == pytest.approx([between_of(first), between_of(second)])
    paired = difference(first, second, shared_seeds=True)
    gaps = Measured((tables[0] - tables[1]).mean(axis=0), tables[0] - tables[1])
    assert paired.terms == (
        SeedTerm(pytest.approx(between_of(gaps)), pytest.approx(interaction_of(gaps)), 2),
    )
    assert paired.items == pytest.approx(max(0.0, gap.var(ddof=1) / 40 - interaction_of(gaps)))
    fewer = Measured(second.scores[:2], second.pseudo[:, :2])
    assert difference(first, fewer, shared_seeds=True) == difference(first, fewer)


def test_an_absolute_mean_is_over_the_last_column() -> None:
    totals = np.array([[-3.0, 4.0, 2.0], [1.0, 1.0, 4.0], [1.0, 1.0, 0.5], [0.0, 0.0, 0.0]])
    assert ABSOLUTE_MEAN.score_from_statistics(totals).tolist() == [3.5, 0.5, 4.0, 0.0]


def test_scores_of_seeds_and_their_mean() -> None:
    gold = ["a", "b", "c", "a"]
    arm = statistics.scored("x", ACCURACY, gold, [gold, ["a", "b", "c", "b"]])
    assert (arm.name, arm.seeds) == ("x", 2)
    assert statistics.seed_scores(ACCURACY, arm).tolist() == [1.0, 0.75]
    assert statistics.point_score(ACCURACY, arm) == 0.875


def test_groups_become_units_from_the_least_number_on() -> None:
    groups = [str(i % 10) for i in range(30)]
    assert cluster_codes(None) is None
    assert cluster_codes(groups) is not None
    assert cluster_codes(groups[:9]) is None
    assert cluster_codes(groups, 11) is None
    assert units(30, None) == 30
    assert units(30, groups) == 10
    assert units(30, groups, 11) == 30
    codes = cluster_codes(["b", "a", "b"], 2)
    assert codes is not None
    assert codes.tolist() == [1, 0, 1]


def test_units_are_sums_of_their_items_for_every_seed() -> None:
    tables = tuple(np.arange(12.0).reshape(6, 2) * scale for scale in (1, 10))
    codes = np.array([1, 0, 2, 0, 1, 1])
    found = in_units(Scored("x", tables), codes)
    assert found.name == "x"
    assert found.statistics[0].tolist() == [[8, 10], [18, 21], [4, 5]]
    assert found.statistics[1].tolist() == [[80, 100], [180, 210], [40, 50]]
    arm = Scored("x", tables)
    assert in_units(arm, None) is arm


def test_rows_are_of_one_kind_only_where_every_table_agrees() -> None:
    first = np.array([[1.0, 0], [1, 0], [0, 1], [1, 0]])
    second = np.array([[1.0, 0], [0, 1], [0, 1], [1, 0]])
    rows, counts = distinct_rows([first, second])
    assert sorted(zip(rows.tolist(), counts.tolist(), strict=True)) == [(0, 2), (1, 1), (2, 1)]


def test_rows_with_equal_keys_that_differ_are_kept_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    class Zero:
        def random(self, width: int) -> np.ndarray:
            return np.zeros(width)

    monkeypatch.setattr(np.random, "default_rng", lambda seed: Zero())
    rows, counts = distinct_rows([np.array([[1.0], [2.0], [2.0]])])
    assert rows.tolist() == [0, 1, 2]
    assert counts.tolist() == [1, 1, 1]
    assert counts.dtype == np.int64


def test_every_row_has_its_code() -> None:
    tables = [np.array([[1.0, 0], [0, 1], [1, 0]]), np.array([[0.0, 1], [0, 1], [5, 5]])]
    known, codes = coded(tables, np.array([0, 2]))
    assert sorted(known.tolist()) == [[0, 1], [1, 0], [5, 5]]
    assert codes.shape == (2, 2)
    for table, code in zip(tables, codes, strict=True):
        np.testing.assert_array_equal(known[code], table[[0, 2]])


@pytest.mark.parametrize(("units", "exact"), [(1000, np.float32), (1 << 24, np.float64)])
def test_sums_of_small_whole_numbers_are_kept_in_single_precision(units: int, exact: type) -> None:
    table = np.array([[1.0, 0], [0, 1], [1, 1]])
    found = Sums([table, table], np.arange(3), units)
    assert found.usual.dtype == exact
    assert Sums([table / 2], np.arange(3), 10).usual.dtype == np.float64


def test_sums_are_kept_sparse_where_most_are_zero() -> None:
    from scipy.sparse import issparse

    same = np.eye(8)
    other = same.copy()
    other[0] = [0, 1, 0, 0, 0, 0, 0, 0]
    found = Sums([same, same, other], np.arange(8), 8)
    assert issparse(found.usual)  # one in eight
    assert issparse(found.apart)
    # What two of three runs have is the usual row, so that only the third differs, in two cells.
    assert found.apart.nnz == 2
    dense = Sums([np.ones((4, 2))], np.arange(4), 4)
    assert isinstance(dense.usual, np.ndarray)
    assert issparse(dense.apart)
    assert found.of(np.ones((8, 3))).flags.c_contiguous
