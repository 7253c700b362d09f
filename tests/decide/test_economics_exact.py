"""Costs and their lines: every figure and word worked out by hand."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest

from arms import Majority
from arms.base import ArmError, Location
from arms.registry import ARMS
from decide.comparison import Cost, CostLine
from decide.economics import (
    Change,
    check_prices,
    check_workload,
    cost_of,
    machine,
    reprice,
    token_prices,
)
from decide.economics.machine import Machine, machine_hour, machine_origin
from decide.economics.reprice import Amount, base_price
from decide.energy import Energy
from decide.workload import DEFAULT_SOURCE, Prices, Workload
from evalsets import DecideError, EvalSet
from tests.decide.test_economics import Hosted, lines, run
from tests.decide.test_recommend import arm

FOUR_CORES = Machine(cores=4, accelerators=0)
OURS = {"source": "our list", "date": "2026-03"}


def line(driver: str, usd: float, **changes: Any) -> CostLine:
    return CostLine(name=driver, usd=usd, basis="", driver=driver, **changes)


def cost(one_off: list[CostLine], running: list[CostLine]) -> Cost:
    return Cost(one_off_usd=7.0, per_1000_usd=3.0, horizon_usd=0.0, one_off=one_off, running=running)


def test_the_price_of_a_machine_is_that_of_its_accelerators_or_of_its_cores() -> None:
    prices = Prices(cpu_core_hour=0.1, gpu_hour=2.5, **OURS)
    assert machine_hour(prices, FOUR_CORES) == (pytest.approx(0.4), "4 cores × US$0.1/h")
    assert machine_hour(prices, Machine(cores=4, accelerators=2)) == (5.0, "2 accelerators × US$2.5/h")
    only_cores = Prices(cpu_core_hour=0.1, **OURS)
    assert machine_origin(only_cores, FOUR_CORES) == ("our list", "2026-03")
    assert machine_origin(only_cores, Machine(cores=4, accelerators=1)) == (DEFAULT_SOURCE, "2025")


@pytest.mark.parametrize("conditions", [{}, {"accelerators": 9}])
def test_without_conditions_of_a_run_the_machine_is_this_one(
    conditions: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "cores", lambda: 3)
    monkeypatch.setattr(machine, "accelerators", lambda: 0)
    assert machine_hour(Prices(cpu_core_hour=0.1), Machine.of(conditions))[1] == "3 cores × US$0.1/h"
    monkeypatch.setattr(machine, "accelerators", lambda: 2)
    assert machine_hour(Prices())[1] == "2 accelerators × US$1/h"


def test_lines_of_a_trained_arm(toy: EvalSet) -> None:
    prices = Prices(
        cpu_core_hour=0.1,
        label=0.5,
        engineering_day=800,
        engineering_days={"majority": 2.5},
        utilisation=0.25,
        **OURS,
    )
    phases = [
        {"adaptation": 7200.0, "training": 3600.0, "loading": 99.0},
        {"training": 1800.0, "choosing shots": 360.0},
    ]
    timing = run().timing
    rates = [timing.model_copy(update={"documents_per_second": rate}) for rate in (1500.0, 500.0)]
    runs = [
        run(phase_seconds=p, conditions={"cores": 4}, timing=t) for p, t in zip(phases, rates, strict=True)
    ]
    found = cost_of(
        Majority(), runs, toy, Workload(prices=prices, documents_per_month=1000, horizon_months=3)
    )
    # Means over seeds: an hour, three quarters of one, and a twentieth; 0.4 dollars each.
    hour = {"driver": "machine_hour", "price": pytest.approx(0.4), **OURS}
    label = {"driver": "label", "price": 0.5, **OURS}
    day = {"driver": "engineering_day", "price": 800, **OURS}
    expected = [
        ("adaptation", 0.4, "3,600 s × 4 cores × US$0.1/h", {**hour, "quantity": 1.0}),
        ("training", 0.3, "2,700 s × 4 cores × US$0.1/h", {**hour, "quantity": 0.75}),
        ("choosing shots", 0.02, "180 s × 4 cores × US$0.1/h", {**hour, "quantity": pytest.approx(0.05)}),
        ("labels", 30.0, "60 labelled documents × US$0.5", {**label, "quantity": 60}),
        ("engineering", 2000.0, "2.5 days × US$800", {**day, "quantity": 2.5}),
    ]
    for got, (name, usd, basis, rest) in zip(found.one_off, expected, strict=True):
        assert (got.name, got.usd, got.basis) == (name, pytest.approx(usd), basis)
        assert {key: getattr(got, key) for key in rest} == rest
    (served,) = found.running
    hours = 1000 / (1000 * 3600 * 0.25)
    assert (served.name, served.usd) == ("machine", pytest.approx(hours * 0.4))
    assert served.basis == ("1,000 documents ÷ (1,000.0 documents/s at 25% utilisation) × 4 cores × US$0.1/h")
    assert (served.driver, served.quantity, served.price) == (
        "machine_hour",
        pytest.approx(hours),
        pytest.approx(0.4),
    )
    assert (served.source, served.date) == ("our list", "2026-03")
    assert found.one_off_usd == pytest.approx(2030.72)
    assert found.per_1000_usd == pytest.approx(served.usd)
    assert found.horizon_usd == pytest.approx(2030.72 + 3 * served.usd)


def test_labels_without_a_price_and_arms_without_labels(toy: EvalSet) -> None:
    free = lines(cost_of(Majority(), [run()], toy, Workload()))["labels"]
    assert free.basis == "60 labelled documents; no price given, not counted"
    assert (free.usd, free.quantity, free.price) == (0.0, 60, 0.0)

    class Untaught(Majority):
        def labels_used(self, evalset: EvalSet) -> int:
            return 0

    assert "labels" not in lines(cost_of(Untaught(), [run()], toy, Workload()))
    assert [x.name for x in cost_of(Majority(), [run(phase_seconds={})], toy, Workload()).one_off] == [
        "labels"
    ]


def test_lines_of_a_rented_model(toy: EvalSet) -> None:
    prices = Prices(input_million_tokens=2, cached_million_tokens=0.5, output_million_tokens=8, **OURS)
    sizes = ((300_000, 100_000, 4000), (100_000, 0, 0))
    runs = [
        run(remote=True, destination="api.example.com", input_tokens=i, cached_tokens=c, output_tokens=o)
        for i, c, o in sizes
    ]
    found = cost_of(Hosted(), runs, toy, Workload(prices=prices, text_may_leave=True)).running
    # 400 documents: 1,000 tokens each, 250 of them cached, and 10 written.
    assert [(x.name, x.usd, x.quantity, x.price, x.driver) for x in found] == [
        ("input tokens", pytest.approx(1.5), pytest.approx(0.75), 2, "input_million_tokens"),
        ("cached input tokens", pytest.approx(0.125), pytest.approx(0.25), 0.5, "input_million_tokens"),
        ("output tokens", pytest.approx(0.08), pytest.approx(0.01), 8, "output_million_tokens"),
    ]
    assert [x.basis for x in found] == [
        "750,000 tokens × US$2 a million (our list)",
        "250,000 tokens × US$0.5 a million (our list)",
        "10,000 tokens × US$8 a million (our list)",
    ]
    assert {(x.source, x.date) for x in found} == {("our list", "2026-03")}
    none = cost_of(Hosted(), [runs[1]], toy, Workload(prices=prices, text_may_leave=True)).running
    assert [x.name for x in none] == ["input tokens"]


class Listed:
    """Stands in for genai-prices: remembers what was asked and answers with made-up prices."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: Exception | None = None) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.error = error
        monkeypatch.setattr("genai_prices.calc_price", self.price)

    def price(self, usage: Any, model: str, *, provider_api_url: str, genai_request_timestamp: Any) -> Any:
        if self.error:
            raise self.error
        self.asked.append(
            (usage.input_tokens, usage.cache_read_tokens, usage.output_tokens, model, provider_api_url)
        )
        self.now = genai_request_timestamp
        fresh = usage.input_tokens - (usage.cache_read_tokens or 0)
        return SimpleNamespace(
            input_price=(2 * fresh + 0.5 * (usage.cache_read_tokens or 0)) / 1e6,
            output_price=8 * (usage.output_tokens or 0) / 1e6,
            provider=SimpleNamespace(name="Somebody"),
            model=SimpleNamespace(id="small-1"),
        )


def test_listed_prices_are_asked_for_a_request_of_that_size(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = Listed(monkeypatch)
    found = token_prices("small", "api.example.com", Prices(input_million_tokens=1), 2500.4)
    assert found[:3] == pytest.approx((2, 0.5, 8))
    where = ("small", "https://api.example.com")
    assert listed.asked == [
        (2500, 0, 0, *where),
        (2500, 2500, 0, *where),
        (2500, 0, 1000, *where),
    ]
    assert re.fullmatch(
        r"genai-prices \d[\d.]*, Somebody, small-1; the library states no day on which it checked the price",
        found.source,
    )
    assert found.date == f"in force on {listed.now:%Y-%m-%d} by that version"
    assert listed.now.tzinfo is not None
    token_prices("small", "api.example.com", Prices(), 0.2)
    assert listed.asked[-1][0] == 1
    token_prices("small", "api.example.com", Prices())
    assert listed.asked[-1][0] == 1000


def test_the_size_of_a_request_is_what_was_read_for_a_document(
    toy: EvalSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = Listed(monkeypatch)
    remote = run(remote=True, destination="api.example.com", input_tokens=80_000)
    cost_of(Hosted(), [remote, remote], toy, Workload(text_may_leave=True))
    assert listed.asked[0] == (400, 0, 0, "gpt-5-mini", "https://api.example.com")


def test_prices_of_the_user_need_both_input_and_output(monkeypatch: pytest.MonkeyPatch) -> None:
    Listed(monkeypatch, LookupError("?"))
    both = Prices(input_million_tokens=3, cached_million_tokens=0, output_million_tokens=9, **OURS)
    assert token_prices("m", "h", both) == (3, 0, 9, "our list", "2026-03")
    for one in (Prices(input_million_tokens=3), Prices(output_million_tokens=3)):
        with pytest.raises(ArmError) as told:
            token_prices("m", "h.example", one)
        assert str(told.value) == (
            "No price is known for model 'm' at h.example. Give workload.prices.input_million_tokens and "
            "output_million_tokens in US dollars (0 if the server costs you nothing)."
        )


def test_only_arms_on_remote_servers_need_prices_of_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    class Somewhere(Hosted):
        places: tuple[Location, ...] = ()

        def destinations(self) -> tuple[Location, ...]:
            return self.places

    Listed(monkeypatch, LookupError("?"))
    local = Somewhere()
    object.__setattr__(local, "places", (Location(),))
    check_prices(local, Workload())
    object.__setattr__(local, "places", (Location("api.example.com", remote=True),))
    with pytest.raises(ArmError, match=r"model 'gpt-5-mini' at api\.example\.com"):
        check_prices(local, Workload())
    check_prices(local, Workload(prices=Prices(input_million_tokens=1, output_million_tokens=1)))
    check_prices(Majority(), Workload())


def test_repricing_moves_each_line_by_its_driver() -> None:
    old = cost(
        [line("machine_hour", 10.0), line("label", 0.0, quantity=300, price=0.0), line("", 5.0)],
        [line("machine_hour", 4.0, quantity=4, price=1.0), line("input_million_tokens", 2.0)],
    )
    now = Workload(documents_per_month=1000, horizon_months=2, prices=Prices(utilisation=0.8))
    assert reprice(old, Change(now, 0.8)) == Amount(15.0, 6.0, 27.0)
    # Twice the utilisation halves what a served document costs, but not what training cost.
    assert reprice(old, Change(now, 0.4)) == Amount(15.0, 4.0, 23.0)
    factors = {"machine_hour": 3.0, "input_million_tokens": 10.0}
    assert reprice(old, Change(now, 0.8, factors)) == Amount(35.0, 32.0, 99.0)
    # A value stands in only where there is a quantity at no price.
    values = {"label": 2.0, "machine_hour": 9.0, "input_million_tokens": 9.0}
    assert reprice(old, Change(now, 0.8, {}, values)) == Amount(615.0, 6.0, 627.0)
    free = cost([line("label", 5.0, quantity=300)], [])
    assert reprice(free, Change(now, 0.8, {}, {"label": 2.0})).once == 600


def test_costs_without_lines_stay_as_they_are() -> None:
    now = Workload(documents_per_month=1000, horizon_months=2)
    assert reprice(cost([], []), Change(now, 0.5)) == Amount(7.0, 3.0, 13.0)
    assert reprice(cost([line("", 1.0)], []), Change(now, 0.5)) == Amount(1.0, 0.0, 1.0)
    assert reprice(cost([], [line("", 1.0)]), Change(now, 0.5)) == Amount(0.0, 1.0, 2.0)


def test_the_price_now_is_the_highest_of_all_arms() -> None:
    arms = [
        arm("a", 0.8).model_copy(update={"cost": None}),
        arm("b", 0.8).model_copy(
            update={"cost": cost([line("label", 1.0, price=0.2)], [line("x", 1.0, price=9.0)])}
        ),
        arm("c", 0.8).model_copy(
            update={"cost": cost([], [line("label", 1.0, price=0.3), line("label", 1.0)])}
        ),
    ]
    assert base_price(arms, "label") == 0.3
    assert base_price(arms, "x") == 9.0
    assert base_price(arms, "engineering_day") is None
    assert base_price(arms[:1], "label") is None


def test_a_workload_is_refused_with_every_kind_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DecideError) as told:
        check_workload(
            Workload(prices=Prices(engineering_day=1, engineering_days={"zzz": 2, "lorra": 2, "lora": 1}))
        )
    assert str(told.value) == (
        "workload.prices.engineering_days: no kind of arm is called 'lorra'. Kinds are "
        f"{', '.join(sorted(ARMS))}."
    )
    seen: list[Energy] = []
    monkeypatch.setattr("decide.economics.checks.intensity", seen.append)
    here = Energy(country="DEU", grams_per_kwh=1.0)
    check_workload(Workload(energy=here))
    check_workload(Workload())
    assert seen == [here]
