"""Break-evens and the list of assumptions: every figure and word worked out by hand."""

from __future__ import annotations

import pytest

from decide.comparison import ArmResult, Cost, CostLine
from decide.economics import assumptions, break_even, break_evens
from decide.economics.break_even import documents_at
from decide.energy import EnergyUse
from decide.workload import DEFAULT_SOURCE, USER_SOURCE, Assumption, Prices, Workload
from tests.decide.test_economics import priced
from tests.decide.test_economics_exact import OURS, cost
from tests.decide.test_recommend import arm


def test_documents_at_which_costs_are_the_same() -> None:
    def priced_cost(once: float, unit: float) -> Cost:
        found = priced("x", once, unit).cost
        assert found is not None
        return found

    assert documents_at(priced_cost(100, 1), priced_cost(20, 3)) == pytest.approx(40_000)
    assert documents_at(priced_cost(20, 3), priced_cost(100, 1)) == pytest.approx(40_000)
    assert documents_at(priced_cost(20, 1), priced_cost(100, 3)) is None  # below 0
    assert documents_at(priced_cost(20, 1), priced_cost(20, 3)) is None  # at 0
    # Running costs that differ by rounding only never make up for what was paid once.
    assert documents_at(priced_cost(100, 1), priced_cost(20, 1 + 1e-10)) is None
    assert documents_at(priced_cost(100, 1 + 1e-10), priced_cost(20, 1)) is None
    assert documents_at(priced_cost(100, 1), priced_cost(20, 1 + 1e-8)) == pytest.approx(8e12)
    assert documents_at(priced_cost(100, 0), priced_cost(20, 0)) is None


def test_a_workload_beyond_the_break_even() -> None:
    found = break_even(
        priced("build", 100.0, 1.0),
        priced("rent", 20.0, 3.0),
        Workload(documents_per_month=4000, horizon_months=10),
    )
    assert (found.first, found.second) == ("build", "rent")
    assert found.statement.endswith("the workload's 40,000 are above that.")
    assert (found.months, found.per_month) == (pytest.approx(10), pytest.approx(4000))


@pytest.mark.parametrize(
    ("first", "second", "cheap"),
    [
        ((50, 1), (50, 2), "a"),
        ((50, 2), (50, 1), "b"),
        ((20, 1), (50, 2), "a"),
        ((50, 2), (20, 1), "b"),
        ((20, 1), (50, 1), "a"),
        ((50, 1), (50 * (1 + 1e-10), 1), None),
        ((50, 1), (50 * (1 + 1e-10), 2), "a"),
        ((50, 1), (50 * (1 + 1e-8), 1), "a"),
        ((50, 1), (50, 1), None),
        ((0, 0), (0, 0), None),
    ],
)  # fmt: skip
def test_one_arm_is_cheaper_at_every_volume(
    first: tuple[float, float], second: tuple[float, float], cheap: str | None
) -> None:
    a, b = priced("a", *first), priced("b", *second)
    found = break_even(a, b, Workload())
    assert (found.first, found.second, found.documents) == ("a", "b", None)
    assert (found.cheaper_below, found.cheaper_above) == (cheap, cheap)
    if cheap is None:
        assert found.statement == "a and b cost the same at every volume."
    elif (first, second) == ((50, 2), (20, 1)):
        assert found.statement == (
            "b costs no more than a at any volume: US$20.00 against US$50.00 once, US$1.00 against US$2.00 "
            "for 1,000 documents."
        )


def test_break_evens_leave_out_what_has_no_result_or_no_cost() -> None:
    failed = priced("failed", 1, 1).model_copy(update={"status": "failed"})
    free = priced("free", 1, 1).model_copy(update={"cost": None})
    found = break_evens([failed, priced("a", 1, 1), free, priced("b", 2, 0.5)], Workload())
    assert [(x.first, x.second) for x in found] == [("a", "b")]


def asked(name: str, value: float, unit: str) -> Assumption:
    return Assumption(name=name, value=value, unit=unit, source=USER_SOURCE)


def test_every_assumption_has_its_value_unit_and_source() -> None:
    workload = Workload(
        documents_per_month=500, horizon_months=6, margin=0.02, error_usd=0.3,
        prices=Prices(gpu_hour=3, label=0.5, engineering_day=800, engineering_days={"fine_tuned": 2}, **OURS),
    )  # fmt: skip
    default = {"source": DEFAULT_SOURCE, "date": "2025"}
    assert assumptions(workload) == [
        asked("documents a month", 500, "documents"),
        asked("horizon", 6, "months"),
        asked("margin that does not matter", 0.02, "score"),
        asked("cost of a wrong answer", 0.3, "US$"),
        Assumption(name="utilisation of rented machines", value=0.5, unit="share of time", **default),
        Assumption(name="price of a CPU core", value=0.05, unit="US$/hour", **default),
        Assumption(name="price of an accelerator", value=3, unit="US$/hour", **OURS),
        Assumption(name="price of a label", value=0.5, unit="US$/document", **OURS),
        Assumption(name="a day of engineering", value=800, unit="US$/day", **OURS),
        Assumption(name="engineering, fine tuned", value=2, unit="days", **OURS),
    ]  # fmt: skip


def test_what_was_not_given_is_named_too() -> None:
    found = assumptions(Workload(usd_per_point=40))
    assert found[3] == asked("worth of a point of score", 40, "US$ over the horizon")
    assert found[-2:] == [
        Assumption(
            name="price of a label", value=0.0, unit="US$/document",
            source="none was given; labels are not counted",
        ),
        Assumption(
            name="engineering", value=0.0, unit="days",
            source="no days were given; the work of bringing an approach into production is not counted",
        ),
    ]  # fmt: skip


def test_prices_of_tokens_stand_once_for_each_provider() -> None:
    def rented(
        name: str, price: float | None, source: str, driver: str = "input_million_tokens"
    ) -> ArmResult:
        tokens = CostLine(
            name="input tokens", usd=1, basis="", driver=driver, price=price, source=source, date="2026"
        )
        return arm(name, 0.8).model_copy(update={"cost": cost([], [tokens])})

    arms = [
        arm("none", 0.8).model_copy(update={"cost": None}),
        rented("a", 2.0, "one"),
        rented("b", 2.0, "one"),
        rented("c", 2.0, "two"),
        rented("d", None, "three"),
        rented("e", 2.0, "four", "machine_hour"),
        rented("f", 3.0, "one", "output_million_tokens"),
    ]
    shared = {"name": "price of input tokens", "unit": "US$/million", "date": "2026"}
    assert assumptions(Workload(), arms)[-3:] == [
        Assumption(value=2.0, source="one", **shared),
        Assumption(value=2.0, source="two", **shared),
        Assumption(value=3.0, source="one", **shared),
    ]
    assert len(assumptions(Workload(), arms)) == len(assumptions(Workload())) + 3


def test_the_carbon_of_electricity_is_that_of_the_first_arm_measured() -> None:
    used = EnergyUse(
        fit_kwh=1, per_1000_kwh=1, horizon_kwh=1, fit_kg=1, per_1000_kg=1, horizon_kg=1, grams_per_kwh=350,
        intensity_source="a table", method="", metered=True,
    )  # fmt: skip
    measured = arm("b", 0.8).model_copy(update={"energy": used})
    assert assumptions(Workload(), [arm("a", 0.8), measured])[-1] == Assumption(
        name="carbon of the electricity", value=350, unit="g CO2e/kWh", source="a table"
    )
