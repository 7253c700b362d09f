from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from arms import FineTuned, Majority
from arms.base import ArmError
from decide.comparison import ArmResult, Cost, CostLine
from decide.economics import (
    Change,
    assumptions,
    break_even,
    break_evens,
    check_workload,
    cost_of,
    machine_hour,
    reprice,
    token_prices,
)
from decide.economics.cost import total
from decide.engagement import read_engagement
from decide.run import Run
from decide.workload import DEFAULT_SOURCE, USER_SOURCE, Prices, Workload
from evalsets import DecideError, EvalSet
from tests.decide.test_recommend import arm


def run(**changes: Any) -> Run:
    timing = {
        "latency": {"p50_ms": 1, "p95_ms": 2, "p99_ms": 3, "calls": 20},
        "documents_per_second": 10.0,
        "documents_timed": 200,
        "hardware": "test",
    }
    values = {
        "key": "k",
        "arm": "a",
        "config": {},
        "fingerprint": {},
        "seed": 0,
        "data_hash": "",
        "values": [],
        "probabilities": None,
        "errors": [],
        "dev_values": [],
        "dev_probabilities": None,
        "perturbed": {},
        "score": 0.5,
        "phase_seconds": {"training": 3600.0},
        "timing": timing,
        "latency_ms": [],
        "peak_memory_mb": 1.0,
        "destination": "this machine",
        "remote": False,
        "input_tokens": 0,
        "cached_tokens": 0,
        "output_tokens": 0,
        "parameters": None,
        "model_bytes": None,
        "facts": {},
        "notes": [],
        "versions": {},
        "created": "",
    }
    return Run.model_validate({**values, **changes})


class Hosted(Majority):
    """An arm with a model at a host, for the prices of its tokens."""

    model = "gpt-5-mini"


def lines(cost: Cost) -> dict[str, CostLine]:
    return {line.name: line for line in (*cost.one_off, *cost.running)}


def test_every_line_is_quantity_times_price(toy: EvalSet) -> None:
    prices = Prices(label=0.5, engineering_day=800, engineering_days={"majority": 2}, utilisation=0.25)
    cost = cost_of(Majority(), [run()], toy, Workload(prices=prices))
    for line in lines(cost).values():
        assert line.quantity is not None
        assert line.price is not None
        assert line.usd == pytest.approx(line.quantity * line.price)
        assert line.source
    labels = Majority().labels_used(toy)
    hour = machine_hour(prices)[0]
    assert lines(cost)["labels"].usd == labels * 0.5
    assert lines(cost)["engineering"].usd == 1600
    assert lines(cost)["training"].usd == pytest.approx(hour)
    assert cost.per_1000_usd == pytest.approx(1000 / (10 * 3600 * 0.25) * hour)
    assert cost.horizon_usd == pytest.approx(cost.one_off_usd + cost.per_1000_usd * 1200)


def test_what_is_not_counted_is_said_to_be_so(toy: EvalSet) -> None:
    cost = cost_of(Majority(), [run()], toy, Workload())
    assert lines(cost)["labels"].usd == 0
    assert "not counted" in lines(cost)["labels"].basis
    assert "engineering" not in lines(cost)
    rows = {a.name: a for a in assumptions(Workload())}
    assert "not counted" in rows["engineering"].source
    assert "not counted" in rows["price of a label"].source


def test_engineering_counts_for_its_kind_only(toy: EvalSet) -> None:
    prices = Prices(engineering_day=800, engineering_days={"fine_tuned": 2})
    assert "engineering" not in lines(cost_of(Majority(), [run()], toy, Workload(prices=prices)))
    assert FineTuned.kind == "fine_tuned"


def test_tokens_are_charged_fresh_cached_and_generated_apart(toy: EvalSet) -> None:
    remote = run(
        remote=True,
        destination="api.openai.com",
        input_tokens=200_000,
        cached_tokens=50_000,
        output_tokens=2000,
    )
    cost = cost_of(Hosted(), [remote], toy, Workload(text_may_leave=True))
    found = lines(cost)
    listed = token_prices("gpt-5-mini", "api.openai.com", Prices())
    assert found["input tokens"].usd == pytest.approx(0.75 * listed.input)  # a million minus the cached
    assert found["cached input tokens"].usd == pytest.approx(0.25 * listed.cached)
    assert found["output tokens"].usd == pytest.approx(0.01 * listed.output)
    assert "genai-prices" in found["input tokens"].source
    assert found["input tokens"].date.startswith("in force on 20")
    result = arm("hosted", 0.8).model_copy(update={"cost": cost})
    named = [a for a in assumptions(Workload(), [result]) if "tokens" in a.name]
    assert [a.name for a in named] == [f"price of {n}" for n in found if "tokens" in n]
    assert all(a.source and a.date for a in named)


def test_a_long_prompt_is_priced_as_one() -> None:
    host = "generativelanguage.googleapis.com"
    short = token_prices("gemini-2.5-pro", host, Prices(), 500)
    long = token_prices("gemini-2.5-pro", host, Prices(), 300_000)
    assert long.input > short.input
    assert token_prices("gemini-2.5-pro", host, Prices()).input == pytest.approx(short.input)


def test_a_price_of_the_user_goes_first_and_is_named_as_such() -> None:
    prices = Prices(input_million_tokens=1, output_million_tokens=2, date="2026-03", source="our contract")
    assert token_prices("gpt-5-mini", "api.openai.com", prices) == (1, 1, 2, "our contract", "2026-03")
    with pytest.raises(ArmError, match="input_million_tokens"):
        token_prices("nobody-lists-this", "api.example.com", Prices())


def test_the_source_is_the_users_only_for_what_the_user_set() -> None:
    prices = Prices(cpu_core_hour=0.2)
    assert prices.origin("cpu_core_hour") == (USER_SOURCE, "")
    assert prices.origin("gpu_hour") == (DEFAULT_SOURCE, "2025")
    invoiced = Prices(cpu_core_hour=0.2, source="invoice", date="2026-03")
    assert invoiced.origin("cpu_core_hour") == ("invoice", "2026-03")
    assert invoiced.origin("gpu_hour") == (DEFAULT_SOURCE, "2025")
    again = Prices.model_validate_json(prices.model_dump_json())
    assert again.origin("cpu_core_hour") == prices.origin("cpu_core_hour")
    assert again.origin("gpu_hour") == prices.origin("gpu_hour")


def priced(name: str, once: float, unit: float) -> ArmResult:
    return arm(name, 0.8, unit=unit, once=once)


@pytest.mark.parametrize("swapped", [False, True])
def test_break_even_is_where_both_cost_the_same(swapped: bool) -> None:
    pair = [priced("build", 100.0, 1.0), priced("rent", 20.0, 3.0)]
    found = break_even(
        *(pair[::-1] if swapped else pair), Workload(documents_per_month=1000, horizon_months=10)
    )
    assert found.documents == pytest.approx(40_000)
    assert found.per_month == pytest.approx(4000)
    assert found.months == pytest.approx(40)
    assert found.usd == pytest.approx(140)
    assert (found.cheaper_below, found.cheaper_above) == ("rent", "build")
    assert found.statement == (
        "Above 40,000 documents in all (4,000 a month over 10 months) build costs less than rent; the "
        "workload's "
        "10,000 are below that."
    )


def test_without_a_break_even_one_is_cheaper_at_every_volume() -> None:
    found = break_even(priced("dear", 50.0, 2.0), priced("cheap", 50.0, 1.0), Workload())
    assert (found.documents, found.cheaper_below, found.cheaper_above) == (None, "cheap", "cheap")
    assert found.statement.startswith("cheap costs no more than dear at any volume")
    same = break_even(priced("a", 5.0, 1.0), priced("b", 5.0, 1.0), Workload())
    assert (same.documents, same.cheaper_below) == (None, None)
    assert same.statement == "a and b cost the same at every volume."


def test_every_pair_has_a_break_even_but_arms_without_a_cost() -> None:
    failed = ArmResult(name="x", kind="x", summary="", config={}, status="failed", failure="broke")
    arms = [priced("a", 1, 1), failed, priced("b", 2, 0.5), priced("c", 3, 0.1)]
    assert [(b.first, b.second) for b in break_evens(arms, Workload())] == [
        ("a", "b"),
        ("a", "c"),
        ("b", "c"),
    ]


def test_repricing_gives_what_computing_anew_gives(toy: EvalSet) -> None:
    before = Workload(prices=Prices(label=0.5, cpu_core_hour=0.05, gpu_hour=1.0))
    after = before.model_copy(
        update={
            "documents_per_month": 7e5,
            "prices": Prices(label=1.5, cpu_core_hour=0.1, gpu_hour=2.0, utilisation=0.9),
        }
    )
    anew = cost_of(Majority(), [run()], toy, after)
    change = Change(after, before.prices.utilisation, {"machine_hour": 2.0, "label": 3.0})
    found = reprice(cost_of(Majority(), [run()], toy, before), change)
    assert (found.once, found.per_1000, found.horizon) == pytest.approx(
        (anew.one_off_usd, anew.per_1000_usd, anew.horizon_usd)
    )


def test_a_price_of_nothing_can_be_replaced() -> None:
    line = CostLine(name="labels", usd=0.0, basis="", driver="label", quantity=300, price=0.0)
    found = reprice(total([line], [], Workload()), Change(Workload(), 0.5, values={"label": 2.0}))
    assert found.once == 600


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"prices": {"engineering_days": {"lora": 2}}}, "engineering_days needs engineering_day"),
        ({"prices": {"engineering_day": 800}}, "engineering_day needs engineering_days"),
        ({"error_usd": 1, "usd_per_point": 1}, "give error_usd or usd_per_point, not both"),
        ({"error_usd": 0}, "greater than 0"),
        ({"ranges": {"utilisation": (0.5, 2)}}, "within 0 and 1"),
        ({"ranges": {"documents_per_month": (5, 2)}}, "from a lower to a higher value, not 5 to 2"),
        ({"ranges": {"horizon_months": (0, 2)}}, "must stay above 0"),
        ({"ranges": {"volume": (1, 2)}}, "documents_per_month"),
        ({"energy": {"country": "DE"}}, "three letters of ISO 3166"),
    ],
)
def test_a_wrong_field_is_refused_with_its_remedy(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Workload(**fields)


def test_days_for_a_kind_that_does_not_exist_are_refused_before_anything_runs() -> None:
    prices = Prices(engineering_day=1, engineering_days={"lorra": 2})
    with pytest.raises(DecideError, match=r"engineering_days: no kind of arm is called 'lorra'.*lora"):
        check_workload(Workload(prices=prices))


def test_an_engagement_file_takes_the_new_fields(tmp_path: Path) -> None:
    file = tmp_path / "engagement.yaml"
    body = """
data: {train: train.csv, test: test.csv}
arms: [{kind: majority}]
workload:
  error_usd: 0.4
  ranges: {documents_per_month: [10000, 1000000], label: [0, 2]}
  prices: {engineering_day: 900, engineering_days: {majority: 0.5}, date: 2026-03, source: our price list}
"""
    file.write_text(body.replace("date: 2026-03", "date: '2026-03'"))
    workload = read_engagement(file).workload
    assert workload.error_usd == 0.4
    assert workload.ranges["label"] == (0, 2)
    assert workload.prices.engineering_days == {"majority": 0.5}
    file.write_text(body.replace("date: 2026-03", "date: '2026-03'").replace("majority: 0.5", "majorty: 0.5"))
    with pytest.raises(
        DecideError, match=r"engagement\.yaml:\d+: workload\.prices\.engineering_days.*majorty"
    ):
        read_engagement(file)
    file.write_text(body.replace("documents_per_month: [10000", "documents_per_month: [-1"))
    with pytest.raises(
        DecideError, match=r"workload\.ranges: .*documents_per_month: the range must stay above 0"
    ):
        read_engagement(file)
