from __future__ import annotations

import pytest

from decide.records import Estimate
from reports import format
from reports.format import Missing

NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (1, "1.00"), (12.345, "12.3"), (123.45, "123"), (1234.5, "1,234"), (0.012345, "0.0123"),
        (9.999, "10.0"), (0.09996, "0.100"), (-1.5, "−1.50"), (2e-5, "2.0 × 10⁻⁵"), (-3e-7, "−3.0 × 10⁻⁷"),
    ],
)  # fmt: skip
def test_significant(value: float, text: str) -> None:
    assert format.significant(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "US$0"), (0.00002, "under US$0.0001"), (0.0123, "US$0.0123"), (1.5, "US$1.50"),
        (999.999, "US$1,000.00"), (12_345.6, "US$12,346"), (-2.5, "−US$2.50"),
    ],
)  # fmt: skip
def test_money(value: float, text: str) -> None:
    assert format.money(value) == text


def test_exact_money_keeps_small_amounts() -> None:
    assert format.exact_money(0.0000142) == "US$0.0000142"
    assert format.exact_money(1.5) == "US$1.50"
    assert format.exact_money(0) == "US$0"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0123, "12.3 ms"), (45.2, "45.2 s"), (600, "10.0 min"), (9_800, "2.72 h"), (200_000, "2.31 days")],
)
def test_duration(seconds: float, text: str) -> None:
    assert format.duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "under 1%"), (0.004, "under 1%"), (0.5, "50%"), (0.996, "over 99%"), (1, "over 99%")],
)
def test_percent_is_never_certain(value: float, text: str) -> None:
    assert format.percent(value) == text


def test_sizes_and_counts() -> None:
    assert format.megabytes(0.84) == "840 kB"
    assert format.megabytes(90.9) == "90.9 MB"
    assert format.megabytes(16_200) == "16.2 GB"
    assert format.large(134_515_008) == "135 million"
    assert format.large(7.6e9) == "7.60 billion"
    assert format.large(61_206) == "61,206"
    assert format.whole(400.0) == "400"
    assert format.whole(6.33) == "6.3"
    assert format.given(0.0100) == "0.01"
    assert format.given(200_000) == "200,000"
    assert format.milliseconds(0.002) == "<0.01"
    assert format.amount(0.00001) == "<0.0001"


def test_scores_and_intervals() -> None:
    assert format.score(0.8614) == "0.861"
    assert format.signed(-0.0123) == "−0.012"
    assert format.interval(Estimate(value=0.5, low=0.4, high=0.6)) == "0.400 to 0.600"
    assert format.interval(Estimate(value=0, low=-0.1, high=0.1), sign=True) == "−0.100 to +0.100"
    assert format.p_value(0.0001) == "under 0.001"
    assert format.p_value(0.042) == "0.042"
    assert format.joined(["a", "b", "c"]) == "a, b and c"
    assert format.joined(["a"]) == "a"
    assert format.joined([]) == ""


@pytest.mark.parametrize(
    "write",
    [
        format.number, format.whole, format.score, format.signed, format.percent, format.p_value,
        format.money, format.amount, format.duration, format.megabytes, format.large, format.given,
        format.milliseconds, format.exact_money,
    ],
)  # fmt: skip
def test_missing_is_never_written_as_a_number(write: object) -> None:
    assert callable(write)
    for value in (None, NAN, float("inf")):
        assert isinstance(write(value), Missing)
    assert isinstance(format.interval(Estimate(value=0.5)), Missing)
    assert isinstance(format.interval(Estimate(value=0.5, low=NAN, high=1)), Missing)
    assert isinstance(format.interval(None), Missing)
