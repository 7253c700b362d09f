"""Protocol results with invented numbers, for the tests of their sections. Nothing here was measured."""

from __future__ import annotations

from decide.protocols.records import (
    ArmCurve,
    ArmGeneralisation,
    ArmRobustness,
    BudgetStanding,
    Calibration,
    CascadePoint,
    CascadeResult,
    Crossing,
    CurvePoint,
    Generalisation,
    HeldOutGroup,
    LearningCurve,
    PerturbationDrop,
    PerturbationSummary,
    ReliabilityBin,
    Robustness,
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


CASCADE = "MiniLM <then> SmolLM2"


def cascade() -> CascadeResult:
    """A cascade whose second part is remote."""
    return CascadeResult(
        arm=CASCADE,
        first=TUNED,
        then=PROMPTED,
        thresholds=[0.8, 1.0000000000000002],
        temperatures=[1.2, 1.1],
        deferral_dev=0.3,
        deferral_test=0.28,
        egress_share=0.28,
        curve=[
            CascadePoint(deferral=d, per_1000_usd=c, p95_ms=p, score=s)
            for d, c, p, s in ((0.0, 0.001, 12, 0.842), (0.5, 0.02, 900, 0.86), (1.0, 0.04, 1200, 0.8))
        ],
        statement=f"{TUNED} answers 72% of the documents and passes 28% on to {PROMPTED}.",
    )


def generalisation() -> list[Generalisation]:
    """Two groups held out in turn; one arm failed."""
    arms = [
        ArmGeneralisation(
            arm=name,
            in_domain=estimate(0.85, 0.03),
            out_of_domain=estimate(out, 0.05),
            drop=estimate(round(0.85 - out, 3), 0.06),
            probability_best=best,
            probability_smallest_drop=None if name == "Majority label" else best,
            groups=[
                HeldOutGroup(
                    group=group,
                    items=90,
                    in_domain=estimate(0.85, 0.03),
                    out_of_domain=estimate(out, 0.05),
                    drop=estimate(round(0.85 - out, 3), 0.06),
                )
                for group in ("north <office>", "south office")
            ],
        )
        for name, out, best in ((TUNED, 0.71, 0.8), (PROMPTED, 0.69, 0.2), ("Majority label", 0.08, 0.0))
    ]
    return [
        Generalisation(
            source="held out in turn",
            held_out=["north <office>", "south office"],
            in_domain_from="dev",
            arms=arms,
            best=TUNED,
            smallest_drop=TUNED,
            failures={"LoRA <b>": "out of memory"},
            statement=f"On 2 groups held out in turn, {TUNED} scores highest.",
        )
    ]


def robustness() -> Robustness:
    """Scanning errors that cost something and dates that are in no text."""

    def drop(name: str, value: float) -> PerturbationDrop:
        return PerturbationDrop(
            perturbation=name,
            score=estimate(0.842 - value, 0.03),
            drop=estimate(value, 0.02),
            changed_answers=value,
        )

    return Robustness(
        seed=0,
        perturbations=[
            PerturbationSummary(
                name="ocr", description="scanning <errors>", config={}, changed=390, items=400
            ),
            PerturbationSummary(name="dates", description="other formats", config={}, changed=0, items=400),
        ],
        left_out={"typos": "the gold annotation may no longer be right"},
        arms=[
            ArmRobustness(
                arm=TUNED,
                drops=[drop("ocr", 0.09), drop("dates", 0.0)],
                mean_drop=estimate(0.09, 0.02),
                worst="ocr",
                statement=f"{TUNED} loses 0.090 of score on average; most under ocr.",
            )
        ],
        statements=[f"{TUNED} loses 0.090 of score on average; most under ocr."],
    )
