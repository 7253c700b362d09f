"""Small versions of ``benchmarks/statistics_simulation.py``, with generous bounds."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import numpy as np
import pytest

from benchmarks import statistics_simulation as simulation
from benchmarks.statistics_worlds import World

WORLDS = {
    "one seed": World((0.80, 0.85), 100),
    "three seeds": World((0.80, 0.83), 200, 3, 0.03),
    "five seeds": World((0.80, 0.80), 200, 5, 0.02),
    "macro-F1": World((0.75, 0.78), 200, labels=simulation.THREE),
    "groups": World((0.80, 0.80), 200, 1, 0.0, 0.3, 0.2, 15, 0.3),
}


@pytest.fixture
def frozen() -> Iterator[None]:
    """Keeps what other tests left from the garbage collection that each of Holm's corrections runs."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.parametrize("name", WORLDS)
def test_intervals_hold_the_truth_about_as_often_as_they_say(name: str) -> None:
    found = simulation.shares(simulation.coverage, WORLDS[name], 250, seed=1)
    score, difference = found[0], found[3]
    assert 0.91 <= score <= 0.985
    assert 0.91 <= difference <= 0.985


def test_plain_intervals_miss_the_seeds() -> None:
    found = simulation.shares(simulation.coverage, World((0.80, 0.80), 500, 3, 0.05), 100, seed=1)
    assert found[4] < 0.8 < found[3]


@pytest.mark.slow
@pytest.mark.usefixtures("frozen")
def test_equal_arms_are_seldom_called_different() -> None:
    found = simulation.shares(simulation.found_different, World((0.8, 0.8), 200, 3, 0.03), 50, seed=1)
    assert found[0] <= 0.12


def test_the_truth_of_a_world_is_what_its_arms_score() -> None:
    world = World((0.75, 0.85), 20_000, 3, 0.0, labels=simulation.THREE)
    arms, _ = world.draw(np.random.default_rng(0))
    scores = [simulation.statistics.point_score(world.task(), arm) for arm in arms]
    np.testing.assert_allclose(scores, world.truth(), atol=0.01)
    low, high = world.with_gap(0.05).truth()
    assert high - low == pytest.approx(0.05, abs=1e-4)
