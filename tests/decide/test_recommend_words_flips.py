"""What would change an answer, and how far it hangs on each assumption, word for word."""

from __future__ import annotations

import pytest

from decide.comparison import ArmResult
from decide.decision_records import Flip
from decide.recommend import Case, recommendation, sensitivity
from decide.recommend.flips import _steps
from decide.workload import TEXT_STAYS, Prices, Workload
from tests.decide.test_recommend import arm
from tests.decide.test_recommend_exact import Gap
from tests.decide.test_recommend_flips import machine, tokens
from tests.decide.test_recommend_words import CHEAP_AND_DEAR, case


def flips(found: Case, parameter: str, outcome: str | None = None) -> list[Flip]:
    """Those of one parameter, and one outcome if it is given."""
    details = recommendation(found).flip_details
    return [f for f in details if f.parameter == parameter and outcome in (None, f.outcome)]


def test_steps_away_from_a_value() -> None:
    assert _steps(100, True, 4.0, [150, 50, 400]) == [pytest.approx(150.15), 200, 400]
    assert _steps(100, False, 4.1, [150, 50]) == [50, pytest.approx(49.95), 25]
    assert len(_steps(1, True, 1e9)) == 19
    assert _steps(0.5, False, 10) == [0.25, 0.125, 0.0625]


def test_flips_by_limits() -> None:
    arms = [arm("fast", 0.7, unit=1.0), arm("slow", 0.9, p95=900.0, leaves=True, unit=2.0)]
    found = case(arms, [0.7], [0.9], max_p95_ms=100)
    (flip,) = [f for f in recommendation(found).flip_details if "max_p95_ms" in f.parameter]
    assert (flip.current, flip.threshold, flip.unit) == (None, None, "")
    assert flip.text == (
        "If text may go to api.example.com and p95 latency may be 900 ms (now 100 ms), the answer would be "
        "slow (score 0.900, US$2,400 over 12 months)."
    )
    refused = [
        ArmResult(name=n, kind="x", summary="", config={}, status=s, failure=f)
        for n, s, f in (
            ("x", "refused", f"No: {TEXT_STAYS}."),
            ("y", "refused", "?"),
            ("z", "failed", TEXT_STAYS),
        )
    ]
    (told,) = [f for f in recommendation(case([arms[0], *refused], [0.7])).flip_details if f.arm is None]
    assert (told.parameter, told.outcome) == ("text_may_leave", "not measured")
    assert told.text == (
        "If text may leave the machine, x could be compared; whether that would change the answer was not "
        "measured."
    )
    assert not flips(case([arms[0], *refused], [0.7], text_may_leave=True), "text_may_leave")


def test_only_arms_that_would_win_are_flips_of_a_limit() -> None:
    slow = [arm(name, score, p95=900.0) for name, score in (("worse", 0.7), ("better", 0.95))]
    good = arm("good", 0.9).model_copy(update={"data_flow": None})
    found = flips(case([slow[0], good, slow[1]], [0.7], [0.9], [0.95], max_p95_ms=100), "max_p95_ms")
    assert [(f.arm, f.current, f.threshold, f.unit) for f in found] == [("better", 100, 900, "ms")]


def test_flips_to_a_doubt_are_told_as_one() -> None:
    arms = [
        arm("good", 0.9),
        arm("near", 0.8),
        arm("slow", 0.91, p95=900.0),
        arm("hosted", 0.92, leaves=True),
    ]
    near: list[Gap] = [(0.9, 90), (0.95, 10)]
    found = case(arms[:3], [0.89], [0.5], near, max_p95_ms=100, margin=0.0)
    (flip,) = flips(found, "max_p95_ms")
    assert (found.verdict.arm, flip.arm, flip.outcome) == ("good", "slow", "ship")
    even: list[Gap] = [(0.8, 40), (0.95, 60)]
    (flip,) = flips(case(arms[:3], [0.88], [0.5], even, max_p95_ms=100, margin=0.0), "max_p95_ms")
    assert (flip.arm, flip.outcome) == ("slow", "cannot_tell")
    assert flip.text.startswith(
        "If p95 latency may be 900 ms (now 100 ms), one could not tell, and slow would lead (score 0.910, "
    )
    doubtful = case([arms[3], arms[0], arms[1]], [0.99], [0.88], even, text_may_leave=True, margin=0.0)
    (flip,) = flips(doubtful, "text_may_leave")
    assert (doubtful.verdict.arm, flip.arm, flip.outcome) == ("hosted", "near", "cannot_tell")


def test_flips_where_text_has_to_stay() -> None:
    hosted, local = arm("hosted", 0.9, leaves=True), arm("local", 0.8, unit=2.0)
    told = recommendation(case([hosted, local], [0.9], [0.8], text_may_leave=True)).flip_details[0]
    assert (told.parameter, told.arm, told.outcome) == ("text_may_leave", "local", "ship")
    assert told.text == (
        "If text had to stay on the machine, the answer would be local (score 0.800, US$2,400 over 12 "
        "months)."
    )
    alone = recommendation(case([hosted], [0.9], text_may_leave=True)).flip_details[0]
    assert alone.text == "If text had to stay on the machine, no arm meets the constraints."
    kept = recommendation(case([local], [0.8], text_may_leave=True)).flip_details
    assert "text_may_leave" not in {flip.parameter for flip in kept}


def test_flips_of_volume_and_margin() -> None:
    # Built once for US$1,000 and half as dear to run: worth it from 2 million documents on.
    arms = [arm("rent", 0.8, unit=1.0), arm("build", 0.8, unit=0.5, once=1000.0)]
    found = case(arms, [0.8], [0.8], margin=0.0)
    (flip,) = flips(found, "documents_per_month", "ship")
    assert (flip.arm, flip.current, flip.unit) == ("build", 100_000, "documents")
    assert flip.threshold == pytest.approx(2e6 / 12, rel=2e-3)
    # At twice that volume 4 million documents cost US$4,000 against US$3,000.
    assert flip.text == (
        "Above 167,000 documents a month (now 100,000) the answer would be build, which is cheaper than rent "
        "there; at twice that volume by US$1,000 over 12 months."
    )
    down = case(arms, [0.8], [0.8], margin=0.0, documents_per_month=400_000)
    (flip,) = flips(down, "documents_per_month", "ship")
    assert flip.threshold == pytest.approx(2e6 / 12, rel=2e-3)
    assert flip.text == (
        "Below 167,000 documents a month (now 400,000) the answer would be rent, which is cheaper than build "
        f"there; at half that volume by US${1000 - flip.threshold * 3 / 1000:.2f} over 12 months."
    )


def test_flips_of_the_margin() -> None:
    found = case(CHEAP_AND_DEAR, [0.775], [0.8], margin=0.01)
    told = flips(found, "margin")
    assert [(f.arm, f.outcome, f.current, f.unit) for f in told] == [("cheap", "ship", 0.01, "score")]
    assert told[0].threshold == pytest.approx(0.025, abs=2e-4)
    assert told[0].text == (
        "If losing up to 0.025 of score did not matter (now 0.01), the answer would be cheap, which costs "
        "US$59,880 less over 12 months."
    )
    narrow = case(CHEAP_AND_DEAR, [0.775], [0.8], margin=0.05)
    told = flips(narrow, "margin")
    assert [f.arm for f in told] == ["dear"]
    assert told[0].text == (
        "If a difference of 0.025 in score already mattered (now 0.05), the answer would be dear, which "
        "costs US$59,880 more over 12 months."
    )
    # A loss of more than 15 points is never offered.
    for score, offered in ((0.6525, 1), (0.6475, 0)):
        wide = case([arm("cheap", score, unit=0.1), arm("dear", 0.8, unit=50.0)], [score], [0.8])
        assert len(flips(wide, "margin")) == offered


@pytest.mark.parametrize(("price", "share", "times"), [(1.5, 0.6667, "1.33"), (1.25, 0.8, "1.6")])
def test_the_flip_of_utilisation_stays_below_a_full_machine(price: float, share: float, times: str) -> None:
    # US$2 for 1,000 documents at half of the time: as dear as the rented model at 1 / price.
    workload = Workload(margin=0.0)
    arms = [
        arm("own", 0.8).model_copy(update={"cost": machine(0.0, 2.0, workload)}),
        arm("rented", 0.8).model_copy(update={"cost": tokens(price, workload)}),
    ]
    found = case(arms, [0.8], [0.8], margin=0.0)
    (flip,) = flips(found, "utilisation")
    assert (flip.arm, flip.threshold, flip.current) == ("own", pytest.approx(share, rel=2e-4), 0.5)
    assert flip.text == (
        f"With utilisation of rented machines above {share:.3g} share of time (now 0.5; {times} times that), "
        "the answer would be own."
    )
    full = case(arms, [0.8], [0.8], margin=0.0, prices=Prices(utilisation=1.0))
    assert flips(full, "utilisation") == []


def test_the_flip_of_utilisation_below_a_full_machine() -> None:
    workload = Workload(margin=0.0, prices=Prices(utilisation=1.0))
    own = arm("own", 0.8).model_copy(update={"cost": machine(0.0, 1.0, workload)})
    rented = arm("rented", 0.8).model_copy(update={"cost": tokens(1.6, workload)})
    (flip,) = flips(case([own, rented], [0.8], [0.8], margin=0.0, prices=workload.prices), "utilisation")
    assert (flip.arm, flip.threshold) == ("rented", pytest.approx(0.625, rel=2e-4))


def test_flips_of_the_price_of_errors() -> None:
    # Ten points of each document for US$0.1 more: worth it from US$1 an error on.
    arms = [arm("cheap", 0.7, unit=1.0), arm("dear", 0.8, unit=101.0)]
    (free,) = flips(case(arms, [0.7], [0.8], margin=0.0), "error_usd")
    assert (free.arm, free.current, free.unit) == ("cheap", None, "US$")
    assert free.threshold == pytest.approx(1.0, rel=1e-3)
    assert free.text == (
        "If a wrong answer cost less than US$1 (no price is given), the answer would be cheap, which costs "
        "US$120,000 less over 12 months."
    )
    (flip,) = flips(case(arms, [0.7], [0.8], margin=0.0, error_usd=0.5), "error_usd")
    assert (flip.arm, flip.current) == ("dear", 0.5)
    assert flip.text == (
        "With cost of a wrong answer above US$1 (now 0.5; 2 times that), the answer would be dear."
    )
    points = case(arms, [0.7], [0.8], margin=0.0, usd_per_point=24_000)
    (flip,) = flips(points, "usd_per_point")
    assert flip.text == (
        "With worth of a point of score below US$12,000 (now 24,000; 50% of that), the answer would be cheap."
    )
    assert not flips(points, "error_usd")


def test_sensitivity_in_words() -> None:
    arms = [arm("cheap", 0.7, unit=1.0), arm("dear", 0.8, unit=101.0)]
    rows = {
        row.parameter: row
        for row in sensitivity(
            case(arms, [0.7], [0.8], margin=0.0, error_usd=0.6, ranges={"horizon_months": (6, 24)})
        )
    }
    assert set(rows) == {"documents_per_month", "horizon_months", "utilisation", "error_usd"}
    volume = rows["documents_per_month"]
    assert volume.statement == (
        "documents a month, 50,000 to 200,000 documents: cheap costs US$600.00 to US$2,400; the answer stays."
    )
    assert volume.source == "half and double; a range assumed by this library"
    assert (volume.base, volume.base_usd, volume.unit) == (100_000, 1200, "documents")
    assert rows["horizon_months"].source == "range given in the workload"
    assert (rows["horizon_months"].low.value, rows["horizon_months"].high.value) == (6, 24)
    error = rows["error_usd"]
    assert error.changes
    assert error.statement == (
        "cost of a wrong answer, 0.3 to US$1.2: cheap costs US$1,200 to US$1,200; at 1.2 the answer would be "
        "dear."
    )
    assert (error.low.arm, error.high.arm, error.high.usd) == ("cheap", "dear", 1200)
    busy = rows["utilisation"]
    assert busy.source == (
        "from a machine that mostly waits to one that is nearly full; a range assumed by this library"
    )
    assert (busy.low.value, busy.high.value) == (0.1, 0.9)
    full = sensitivity(case(arms[:1], [0.7], prices=Prices(utilisation=0.95)))
    assert [(r.low.value, r.high.value) for r in full if r.parameter == "utilisation"] == [(0.1, 0.95)]


def test_rows_that_change_the_answer_go_first_where_costs_swing_alike() -> None:
    arms = [arm("cheap", 0.7, unit=1.0), arm("dear", 0.8, unit=101.0)]
    found = sensitivity(case(arms, [0.7], [0.8], margin=0.0, error_usd=0.6))
    assert [row.parameter for row in found] == [
        "documents_per_month",
        "horizon_months",
        "error_usd",
        "utilisation",
    ]
    both = sensitivity(case(arms, [0.775], [0.8], margin=0.02, ranges={"margin": (0.0, 0.05)}))
    (margin,) = [row for row in both if row.parameter == "margin"]
    assert margin.statement == (
        "margin that does not matter, 0 to 0.05 score: dear costs US$121,200 to US$121,200; at 0.05 the "
        "answer would be cheap."
    )


def test_both_ends_that_change_the_answer_are_told() -> None:
    arms = [arm("a", 0.8, unit=1.0), arm("b", 0.8, unit=0.5, once=1000.0), arm("c", 0.8, unit=2.0)]
    slow = arms[0].model_copy(update={"name": "a"})
    found = case(
        [slow, *arms[1:]], [0.8], [0.8], [0.8], margin=0.0, max_p95_ms=100, max_cost_per_1000_usd=1.5
    )
    (volume,) = [r for r in sensitivity(found) if r.parameter == "documents_per_month"]
    assert volume.statement == (
        "documents a month, 50,000 to 200,000 documents: a costs US$600.00 to US$2,400; at 200,000 the "
        "answer would be b."
    )
