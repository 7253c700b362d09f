"""Power and plans: exact values, the smallest numbers that suffice, and the sentences about them."""

from __future__ import annotations

import math
from typing import Any

import pytest
from scipy.stats import chi2, nct, norm, t

from decide.pair_records import Power
from decide.statistics import detectable, power, power_of
from decide.statistics.variance import Components, SeedTerm

ITEMS = Components(4e-4, 200)
SHAKY = Components(1e-4, 200, (SeedTerm(4e-4, 1e-4, 2),) * 2)


def test_power_is_that_of_the_noncentral_t() -> None:
    critical = float(t(199).ppf(0.995))
    beyond = nct(199, 2.5).sf(critical) + nct(199, 2.5).cdf(-critical)
    assert power_of(0.05, ITEMS, 0.01) == pytest.approx(beyond)
    assert power_of(-0.05, ITEMS, 0.01) == pytest.approx(beyond)
    assert power_of(0.0, ITEMS, 0.01) == pytest.approx(0.01)


def test_the_normal_approximation_stands_in_where_the_noncentral_t_has_no_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("statsmodels.stats.power.ttest_power", lambda *_, **__: math.nan)
    critical = float(t(10).ppf(0.975))
    expected = norm.cdf((2 - critical * (1 - 1 / 40)) / math.sqrt(1 + critical**2 / 20))
    assert power_of(0.04, Components(4e-4, 11), 0.05) == pytest.approx(float(expected))


def test_what_seeds_add_is_raised_by_the_median_of_its_estimate() -> None:
    found = power.planned(Components(1e-4, 200, (SeedTerm(4e-4, 1e-4, 2), SeedTerm(2e-4, 1e-4, 4))))
    factor = 6 / float(chi2(6).median())
    assert (found.items, found.units) == (1e-4, 200)
    assert [(s.between, s.inside, s.degrees) for s in found.terms] == [
        (pytest.approx(4e-4 * factor), pytest.approx(1e-4 * factor), 2),
        (pytest.approx(2e-4 * factor), pytest.approx(1e-4 * factor), 4),
    ]
    assert power.planned(ITEMS) is ITEMS


@pytest.mark.parametrize("wanted", [0.5, 0.95])
def test_the_detectable_difference_has_the_power_asked_for(wanted: float) -> None:
    least = detectable(ITEMS, 0.05, wanted)
    assert power_of(least, ITEMS, 0.05) == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize(
    ("low", "high", "least"), [(2, 9, 5), (5, 9, 5), (2, 5, 5), (5, 5, 5), (2, 4, None), (7, 9, 7)]
)
def test_the_least_number_that_is_enough(low: int, high: int, least: int | None) -> None:
    assert power._least(lambda n: n >= 5, low, high) == least


def reaches(value: float, variance: Components) -> bool:
    return power_of(value, variance, 0.05) >= power.POWER


def test_the_items_needed_are_the_fewest(monkeypatch: pytest.MonkeyPatch) -> None:
    needed = power._items_needed(0.03, ITEMS, 0.05, 200)
    assert needed is not None
    assert reaches(0.03, ITEMS.scaled(needed))
    assert not reaches(0.03, ITEMS.scaled(needed - 1))
    monkeypatch.setattr(power, "MOST_ITEMS", needed)
    assert power._items_needed(0.03, ITEMS, 0.05, 200) == needed
    monkeypatch.setattr(power, "MOST_ITEMS", needed - 1)
    assert power._items_needed(0.03, ITEMS, 0.05, 200) is None
    # Where there are more items now than are ever asked for, those there are may be enough.
    monkeypatch.setattr(power, "MOST_ITEMS", 10)
    assert power._items_needed(0.1, ITEMS, 0.05, 200) == 200


def test_items_come_in_whole_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = Components(4e-4, 20)
    needed = power._items_needed(0.03, groups, 0.05, 150)
    assert needed is not None
    count = int(needed / 7.5)
    assert needed == math.ceil(count * 7.5)
    assert reaches(0.03, groups.scaled(count))
    assert not reaches(0.03, groups.scaled(count - 1))
    monkeypatch.setattr(power, "MOST_ITEMS", needed)
    assert power._items_needed(0.03, groups, 0.05, 150) == needed
    monkeypatch.setattr(power, "MOST_ITEMS", needed - 8)
    assert power._items_needed(0.03, groups, 0.05, 150) is None


def test_the_seeds_needed_are_the_fewest(monkeypatch: pytest.MonkeyPatch) -> None:
    needed = power._seeds_needed(0.05, SHAKY, 0.05, 3)
    assert needed is not None
    assert needed > 3
    assert reaches(0.05, SHAKY.scaled(200, needed / 3))
    assert not reaches(0.05, SHAKY.scaled(200, (needed - 1) / 3))
    monkeypatch.setattr(power, "MOST_SEEDS", needed)
    assert power._seeds_needed(0.05, SHAKY, 0.05, 3) == needed
    monkeypatch.setattr(power, "MOST_SEEDS", needed - 1)
    assert power._seeds_needed(0.05, SHAKY, 0.05, 3) is None
    assert power._seeds_needed(0.01, SHAKY, 0.05, 3) is None  # items alone leave too much open
    only_seeds = Components(0.0, 200, (SeedTerm(4e-4, 0.0, 2),) * 2)
    monkeypatch.setattr(power, "MOST_SEEDS", 100)
    assert power._seeds_needed(0.05, only_seeds, 0.05, 3) is not None


def test_the_least_factor_on_both_items_and_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    factor = power._both_needed(0.03, SHAKY, 0.05)
    assert factor is not None
    assert factor > 2
    assert reaches(0.03, SHAKY.scaled(200 * factor, factor))
    assert not reaches(0.03, SHAKY.scaled(200 * (factor - 1), factor - 1))
    assert power._both_needed(0.2, SHAKY, 0.05) == 2
    monkeypatch.setattr(power, "MOST_FACTOR", factor)
    assert power._both_needed(0.03, SHAKY, 0.05) == factor
    monkeypatch.setattr(power, "MOST_FACTOR", factor - 1)
    assert power._both_needed(0.03, SHAKY, 0.05) is None


def record(value: float, variance: Components, seeds: int, **changes: Any) -> Power | None:
    options: dict[str, Any] = {"alpha": 0.01, "items": 400, "grouped": False, "settled": False, **changes}
    return power.power_record(value, variance, seeds=seeds, **options)


def test_a_record_holds_what_it_rests_on() -> None:
    found = record(0.05, SHAKY, 3, grouped=True)
    assert found is not None
    assert (found.power, found.alpha, found.items, found.groups, found.seeds) == (0.8, 0.01, 400, 200, 3)
    assert found.error_items == pytest.approx(math.sqrt(1e-4 + 2e-4))
    assert found.error_seeds == pytest.approx(math.sqrt(6e-4))
    assert found.detectable == detectable(SHAKY, 0.01)
    plan = power.planned(SHAKY)
    assert found.items_needed == power._items_needed(0.05, plan, 0.01, 400)
    assert found.seeds_needed == power._seeds_needed(0.05, plan, 0.01, 3)
    assert found.statement == power._statement(0.05, found, power._both_needed(0.05, plan, 0.01), False)
    assert "seeds in all would" in found.statement


def test_one_run_each_has_no_error_of_seeds_and_two_have() -> None:
    one = record(0.03, ITEMS, 1)
    two = record(0.05, SHAKY, 2)
    assert one is not None
    assert two is not None
    assert (one.error_seeds, one.seeds_needed, one.groups) == (None, None, None)
    enough = record(0.1, ITEMS, 1)  # also where the items there are suffice
    assert enough is not None
    assert (enough.items_needed, enough.seeds_needed) == (400, None)
    assert two.error_seeds is not None
    assert two.seeds_needed is not None


def test_a_record_needs_two_units_and_a_variance() -> None:
    assert record(0.03, Components(4e-4, 1), 1) is None
    assert record(0.03, Components(4e-4, 2), 1) is not None
    assert record(0.03, Components(1e-25, 200), 1) is None
    assert record(0.03, Components(1e-20, 200), 1) is not None


@pytest.mark.parametrize(("value", "settled"), [(0.05, True), (0.0, False), (0.0, True)])
def test_a_settled_or_equal_pair_asks_for_nothing(value: float, settled: bool) -> None:
    found = record(value, SHAKY, 3, settled=settled)
    assert found is not None
    assert (found.items_needed, found.seeds_needed) == (None, None)
    assert found.statement == power._statement(value, found, None, settled)


def told(value: float = 0.03, both: int | None = None, *, settled: bool = False, **changes: Any) -> str:
    found = Power(
        power=0.8, alpha=0.05, detectable=0.0456, error_items=0.02, error_seeds=None, items=1200, seeds=1,
        statement="",
    ).model_copy(update=changes)  # fmt: skip
    return power._statement(value, found, both, settled)


COULD = "a true difference of 0.046 would be found four times in five."
IF = f"With 1,200 test documents and 3 seeds, {COULD} If the true difference is the 0.030 observed, "


def test_statements_of_what_could_be_found() -> None:
    assert told(settled=True) == f"With 1,200 test documents and one run each, {COULD}"
    assert told(settled=True, seeds=2) == f"With 1,200 test documents and 2 seeds, {COULD}"
    assert told(settled=True, groups=1010) == (
        f"With 1,200 test documents in 1,010 groups and one run each, {COULD}"
    )
    assert told(0.0) == (
        f"With 1,200 test documents and one run each, {COULD} The scores observed are equal, so no number of "
        "documents would tell them apart."
    )


def test_statements_of_what_it_would_take() -> None:
    by_items = {"items_needed": 6050, "seeds": 3}
    assert told(-0.03, **by_items) == (
        f"{IF}about 6,100 test documents in all would show it; no number of seeds alone would."
    )
    assert told(**by_items, seeds_needed=9) == (
        f"{IF}about 6,100 test documents in all would show it, and so would 9 seeds in all."
    )
    # 6,050 of 1,200 documents are 5.04 times as many, of 20 groups 100.8.
    assert told(items_needed=6050, groups=20) == (
        f"With 1,200 test documents in 20 groups and one run each, {COULD} If the true difference is the "
        "0.030 observed, about 6,100 test documents in all in 110 groups would show it; what more seeds "
        "would do is not known, since each approach ran once."
    )
    none = "no number of test documents up to 1,000,000 alone would show it"
    assert told(seeds=3, seeds_needed=9) == f"{IF}{none}, but 9 seeds in all would."
    assert told() == (
        f"With 1,200 test documents and one run each, {COULD} If the true difference is the 0.030 observed, "
        f"{none}."
    )
    none += ", and no number of seeds alone"
    assert told(seeds=3) == f"{IF}{none}; 100 times as many of both would not, either."
    assert told(both=7, seeds=3) == f"{IF}{none}; about 8,400 test documents with 21 seeds would."


def test_counts_have_two_digits_at_most() -> None:
    counts = {9: "9", 10: "10", 99: "99", 100: "100", 101: "110", 999: "1,000", 1001: "1,100"}
    assert {n: power._about(n) for n in counts} == counts
