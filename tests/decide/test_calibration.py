from pathlib import Path

import numpy as np
import pytest

import decide
from arms import FitContext
from decide.protocols import calibration
from decide.protocols.calibration import (
    BINS,
    Stated,
    calibrate,
    equal_mass,
    equal_width,
    fit_temperature,
    scale,
)
from decide.run import QUICK, execute
from decide.statistics import ABSOLUTE_MEAN
from evalsets import EvalSet
from tests.decide.test_compare import Fixed


def sample(n: int, temperature: float) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities sharpened by ``temperature`` and labels drawn from the true ones."""
    rng = np.random.default_rng(0)
    true = rng.dirichlet([1.0, 1.0, 1.0], n)
    gold = np.array([rng.choice(3, p=row) for row in true])
    return scale(true, 1 / temperature), gold


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0, 4.0])
def test_the_temperature_that_sharpened_is_found_again(temperature: float) -> None:
    stated, gold = sample(4000, temperature)
    assert fit_temperature(stated, gold) == pytest.approx(temperature, rel=0.1)


def test_scaling_keeps_the_answer_and_takes_zeros() -> None:
    p = np.array([[1.0, 0.0, 0.0], [0.2, 0.5, 0.3]])
    for t in (0.2, 5.0):
        scaled = scale(p, t)
        assert scaled.argmax(axis=1).tolist() == [0, 1]
        assert scaled.sum(axis=1) == pytest.approx([1, 1])
    assert scale(p, 1.0)[1] == pytest.approx(p[1])


def test_rows_without_probabilities_do_not_count() -> None:
    stated, gold = sample(500, 3.0)
    holes = np.vstack([stated, np.full((5, 3), np.nan)])
    assert fit_temperature(holes, np.append(gold, [0] * 5)) == fit_temperature(stated, gold)
    with pytest.raises(ValueError, match="no item"):
        fit_temperature(holes[-5:], np.zeros(5, dtype=np.int64))


def test_bins_by_width_and_by_mass() -> None:
    assert equal_width(np.array([0.0, 1 / BINS, 1 / BINS + 1e-9, 1.0])).tolist() == [0, 0, 1, BINS - 1]
    found = equal_mass(np.linspace(0.1, 0.9, 150))
    assert set(np.bincount(found)) == {10}
    assert len(set(equal_mass(np.full(40, 0.5)))) == 1  # ties share a bin


def stated(confidence: list[float], right: list[float]) -> Stated:
    c = np.array(confidence)
    return Stated(c, np.array(right), np.zeros(len(c)), np.ones(len(c)))


def test_ece_by_hand() -> None:
    s = stated([0.9, 0.9, 0.9, 0.9, 0.4, 0.4], [1, 1, 1, 0, 1, 0])
    # |0.9 - 0.75| on 4 of 6 items, |0.4 - 0.5| on 2 of 6.
    error = ABSOLUTE_MEAN.score_from_statistics(s.statistics(np.arange(6))[0].sum(axis=0))
    assert error == pytest.approx(4 / 6 * 0.15 + 2 / 6 * 0.1)
    tables = stated([0.9, 0.9, 0.4], [1, 0, 0]).statistics(np.arange(3))
    weighted = ABSOLUTE_MEAN.score_from_statistics(np.array([3.0, 1, 2]) @ tables[0])
    assert weighted == pytest.approx(4 / 6 * 0.15 + 2 / 6 * 0.4)


def test_many_items_are_resampled_in_blocks_with_the_same_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    confidence = rng.beta(6, 2, 4000)
    right = (rng.random(4000) < confidence**1.5).astype(np.float64)
    side = [Stated(confidence, right, (1 - confidence) ** 2, np.ones(4000))]
    points, draws = calibration._draws(side, side, None)
    monkeypatch.setattr(calibration, "BLOCKS", 1000)
    again, blocks = calibration._draws(side, side, None)
    np.testing.assert_allclose(points, again)
    assert draws.shape == blocks.shape == (calibration.RESAMPLES, 2, 3)
    np.testing.assert_allclose(blocks.std(axis=0), draws.std(axis=0), rtol=0.15)
    np.testing.assert_allclose(blocks.mean(axis=0), draws.mean(axis=0), atol=2e-3)


def test_brier_equals_scikit_learn_and_the_record_is_whole(toy: EvalSet, tmp_path: Path) -> None:
    from sklearn.metrics import brier_score_loss

    run = execute(decide.TfidfLogistic(c=(0.1,)), toy, 0, FitContext(tmp_path), QUICK)
    found, why = calibrate("linear", [run], toy)
    assert found is not None
    assert why == ""
    expected = brier_score_loss(
        toy.test.labels,
        np.array(run.probabilities, dtype=float),
        labels=list(toy.task.labels),
        scale_by_half=False,
    )
    assert found.brier.value == pytest.approx(expected, rel=1e-5)
    # On easy texts a strongly regularised model is too timid, and dev shows it.
    assert found.temperatures[0] < 1
    assert found.mean_confidence < found.accuracy
    assert found.ece_after.value < found.ece.value
    assert found.ece_change.high is not None
    assert found.ece_change.high < 0
    assert "underconfident" in found.statement
    assert "lowers that" in found.statement
    assert sum(b.items for b in found.bins) == len(toy.test) == found.answered
    for estimate in (found.ece, found.ece_after, found.brier, found.ece_equal_mass):
        assert estimate.low is not None
        assert 0 <= estimate.low <= estimate.value <= (estimate.high or 0)


def test_arms_without_probabilities_say_why(toy: EvalSet) -> None:
    result = decide.compare(toy, [decide.Majority(), Fixed()], isolate=False, seeds=1)
    assert result.arm("Majority").calibration is not None
    fixed = result.arm("Fixed billing")
    assert (fixed.calibration, fixed.calibration_missing) == (None, "the approach states no probabilities")
