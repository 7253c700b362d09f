"""Costs, keys, formats and the recommendation: what must hold whatever the numbers are."""

from __future__ import annotations

import math
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import decide
from decide.comparison import Cost, CostLine
from decide.economics.break_even import documents_at
from decide.economics.cost import total
from decide.recommend import recommend
from decide.run import Run, execute, run_key
from decide.store import RunStore
from decide.workload import Workload
from evalsets import EvalSet
from reports import format
from tests.decide.test_recommend import arm

USD = st.floats(0, 1e6)


def cost(once: float, unit: float, workload: Workload) -> Cost:
    def line(usd: float) -> list[CostLine]:
        return [CostLine(name="x", usd=usd, basis="made")]

    return total(line(once), line(unit), workload)


@given(USD, USD, st.floats(1, 1e7), st.floats(1, 1e7), st.integers(1, 60))
def test_cost_grows_with_volume(once: float, unit: float, first: float, second: float, months: int) -> None:
    low, high = sorted((first, second))
    few, many = (
        cost(once, unit, Workload(documents_per_month=v, horizon_months=months)).horizon_usd
        for v in (low, high)
    )
    assert once <= few * (1 + 1e-12)
    assert few <= many * (1 + 1e-12)


@given(USD, USD, USD, USD)
def test_both_cost_the_same_at_the_break_even(once: float, unit: float, once_2: float, unit_2: float) -> None:
    a, b = (cost(o, u, Workload()) for o, u in ((once, unit), (once_2, unit_2)))
    volume = documents_at(a, b)
    assert volume is None or volume > 0
    if volume is not None and volume < 1e12:
        x, y = (c.one_off_usd + c.per_1000_usd * volume / 1000 for c in (a, b))
        assert x == pytest.approx(y, rel=1e-6, abs=1e-6)
        assert documents_at(b, a) == pytest.approx(volume)


@st.composite
def fields(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Two to four arms: score, price, speed and whether text leaves."""
    return [
        {
            "score": draw(st.floats(0.3, 0.99)),
            "unit": draw(st.sampled_from([0.1, 1.0, 10.0, 100.0])),
            "p95": draw(st.sampled_from([10.0, 100.0, 1000.0])),
            "leaves": draw(st.booleans()),
        }
        for _ in range(draw(st.integers(2, 4)))
    ]


def recommended(made: list[dict[str, Any]], order: tuple[int, ...], workload: Workload) -> Any:
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.02, (400, 1)) + rng.normal(0, 0.01, (400, len(made)))
    draws = np.clip(np.array([a["score"] for a in made]) + noise, 0, 1)
    arms = [
        arm(f"arm {i}", a["score"], unit=a["unit"], p95=a["p95"], leaves=a["leaves"])
        for i, a in enumerate(made)
    ]
    return recommend([arms[i] for i in order], draws[:, list(order)], [], workload)


@settings(max_examples=25)
@given(fields(), st.booleans(), st.sampled_from([None, 50.0, 500.0]), st.data())
def test_what_is_excluded_is_not_named_and_order_does_not_matter(
    made: list[dict[str, Any]], leave: bool, limit: float | None, data: st.DataObject
) -> None:
    workload = Workload(text_may_leave=leave, max_p95_ms=limit)
    usual = tuple(range(len(made)))
    found = recommended(made, usual, workload)
    out = {
        f"arm {i}"
        for i, a in enumerate(made)
        if (a["leaves"] and not leave) or (limit is not None and a["p95"] > limit)
    }
    assert {s.name for s in found.standings if not s.eligible} == out
    assert found.arm not in out
    assert (found.arm is None) == (len(out) == len(made))
    if found.outcome == "ship":
        assert found.arm in found.headline
    scores = [a["score"] for a in made]
    if len(set(scores)) == len(scores):
        other = recommended(made, tuple(data.draw(st.permutations(usual))), workload)
        assert (other.outcome, other.arm) == (found.outcome, found.arm)
        assert other.probability_best == pytest.approx(found.probability_best)


@settings(max_examples=25)
@given(fields(), st.integers(0, 3), st.floats(0.05, 0.2))
def test_what_is_worse_and_dearer_is_never_named(made: list[dict[str, Any]], which: int, less: float) -> None:
    base = made[which % len(made)]
    worse = {**base, "score": base["score"] - 0.1 - less, "unit": base["unit"] * 2}
    found = recommended([*made, worse], tuple(range(len(made) + 1)), Workload(text_may_leave=True))
    assert found.arm != f"arm {len(made)}"


@given(st.floats(0, 1))
@example(0.0)
@example(1.0)
@example(1e-300)
@example(math.nextafter(1, 0))
@example(0.00949999)
@example(0.995)
def test_probabilities_are_never_certain(value: float) -> None:
    percent, p = str(format.percent(value)), str(format.p_value(value))
    assert percent not in ("0%", "100%")
    assert p not in ("0", "0.000", "0.0")
    digits = percent.removeprefix("under ").removeprefix("over ").removesuffix("%")
    assert abs(float(digits) / 100 - value) <= 0.0105


WRITERS: list[Any] = [format.percent, format.score, format.signed, format.money, format.amount]
WRITERS += [format.exact_money, format.duration, format.megabytes, format.large, format.milliseconds]
WRITERS += [format.number, format.whole, format.given, format.p_value]


@given(st.floats(allow_nan=True, allow_infinity=True) | st.none())
def test_every_number_can_be_shown(value: float | None) -> None:
    for write in WRITERS:
        shown = write(value)
        missing = value is None or not math.isfinite(value)
        assert isinstance(shown, format.Missing) == missing, write
        if not missing:
            assert "nan" not in str(shown)
            assert "inf" not in str(shown)


@pytest.fixture(scope="module")
def finished(toy: EvalSet) -> Run:
    from arms.base import FitContext

    with tempfile.TemporaryDirectory() as folder:
        return execute(decide.Majority(), toy, 0, FitContext(Path(folder)))


@given(st.sampled_from(["seed", "setting", "data", "label", "order"]), st.integers(1, 3))
def test_a_key_stands_for_what_determines_the_run(toy: EvalSet, what: str, by: int) -> None:
    def key(**changed: int) -> str:
        test = toy.test.take(range(40 - changed.get("data", 0)))
        if "order" in changed:
            test = test.take([*range(by, 40), *range(by)])
        if "label" in changed:
            others = {"billing": "network", "network": "account", "account": "billing"}
            golds = list(test.labels)
            golds[by] = others[golds[by]]
            test = replace(test, labels=tuple(golds))
        tfidf = decide.TfidfLogistic(ngrams=2 + changed.get("setting", 0))
        return run_key(tfidf, replace(toy, test=test), changed.get("seed", 0))

    assert key() == key()
    assert key(**{what: by}) == key(**{what: by})
    assert key(**{what: by}) != key()


@given(st.data())
def test_a_run_comes_back_or_is_set_aside(finished: Run, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = RunStore(Path(folder))
        file = store.put(finished)
        assert store.get(finished.key) == finished
        assert Run.model_validate_json(finished.model_dump_json()) == finished
        raw = bytearray(file.read_bytes())
        place = data.draw(st.integers(0, 2**20)) % len(raw)  # its length varies with the time in it
        raw[place] = data.draw(st.integers(0, 255))
        file.write_bytes(raw)
        # White space between values may change without changing what is said.
        assert store.get(finished.key) in (None, finished)
