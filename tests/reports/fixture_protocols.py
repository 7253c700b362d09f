"""Protocol results with invented numbers, for the tests of their sections. Nothing here was measured."""

from __future__ import annotations

from decide.protocols.records import (
    ArmCurve,
    BudgetStanding,
    Calibration,
    Crossing,
    CurvePoint,
    LearningCurve,
    ReliabilityBin,
)
from decide.records import Estimate
from tests.reports.fixture_arms import estimate

TUNED, PROMPTED = "Fine-tuned MiniLM", "Prompted SmolLM2 (5-shot)"
BUDGETS = [100, 400, 2700]


def point(budget: int, score: float) -> CurvePoint:
    return CurvePoint(
        budget=budget,
        labels=budget,
        score=estimate(score, 0.03),
        seed_scores=[score] * 3,
        label_usd=2.0 * budget,
        run_keys=["a1"],
    )


def learning_curve() -> LearningCurve:
    """A tuned arm that overtakes a prompted one, and one that failed."""
    rising = [point(b, s) for b, s in zip(BUDGETS, (0.48, 0.66, 0.842), strict=True)]
    return LearningCurve(
        budgets=BUDGETS,
        label_price_usd=2.0,
        curves=[
            ArmCurve(arm=TUNED, flat=False, points=rising, last_gain=Estimate(value=0.18, low=0.1, high=0.2)),
            ArmCurve(arm=PROMPTED, flat=True, points=[point(2700, 0.634)]),
            ArmCurve(arm="LoRA <b>", flat=False, points=[point(2700, 0.847)], failure="out of memory"),
        ],
        standings=[
            BudgetStanding(budget=b, label_usd=2.0 * b, leader=name, probability_best=0.9, pairs=[])
            for b, name in zip(BUDGETS, (PROMPTED, TUNED, TUNED), strict=True)
        ],
        crossings=[
            Crossing(
                winner=TUNED,
                loser=PROMPTED,
                status="crosses",
                labels=330.0,
                low=None,
                high=520.0,
                probability_ahead=1.0,
                label_usd=660.0,
                statement=f"{TUNED} overtakes {PROMPTED} at about 330 labels.",
            ),
            Crossing(
                winner=TUNED,
                loser="LoRA <b>",
                status="ahead throughout",
                probability_ahead=0.7,
                statement="Ahead throughout.",
            ),
        ],
        statements=[f"{TUNED} overtakes {PROMPTED} at about 330 labels."],
    )


def calibration() -> Calibration:
    """An overconfident arm that a temperature mends."""
    bins = [
        ReliabilityBin(low=c - 0.05, high=c + 0.05, confidence=c, accuracy=c - 0.2, items=n)
        for c, n in ((0.55, 3.0), (0.75, 60.0), (0.95, 200.0))
    ]
    return Calibration(
        ece=estimate(0.2, 0.03),
        ece_equal_mass=estimate(0.21, 0.03),
        brier=estimate(0.4, 0.03),
        temperatures=[2.1, 2.3],
        ece_after=estimate(0.03, 0.02),
        ece_equal_mass_after=estimate(0.04, 0.02),
        brier_after=estimate(0.3, 0.02),
        ece_change=estimate(-0.17, 0.03),
        mean_confidence=0.9,
        accuracy=0.7,
        answered=263.0,
        bins=bins,
        bins_after=[b.model_copy(update={"accuracy": b.confidence}) for b in bins],
        statement=f"{TUNED} states 90% on average and is right in 70%, so it is overconfident.",
    )
