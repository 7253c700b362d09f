"""Comparisons with invented numbers, for the tests of the reports. Nothing here was measured."""

from __future__ import annotations

import itertools
from typing import Any

from decide.comparison import (
    ArmResult,
    ArmStanding,
    Comparison,
    DataSummary,
    Environment,
    Reason,
    Recommendation,
)
from decide.decision_records import FailureMode
from decide.rungs import find_rungs
from decide.workload import Assumption
from tests.reports.fixture_arms import ARMS, GROUPS, HARDWARE, LABELS, SUPPORT, WORKLOAD, arm, pair
from tests.reports.fixture_gap import gap
from tests.reports.fixture_money import energy, money
from tests.reports.fixture_privacy import privacy

ADAPTATION: dict[str, Any] = {
    "adaptation_rung": "full_corpus",
    "adaptation_new_tokens": 500,
    "adaptation_fertility_before": 1.61,
    "adaptation_fertility_after": 1.32,
    "adaptation_documents": 12_400,
    "adaptation_held_out_documents": 620,
    "adaptation_tokens": 3_410_000,
    "adaptation_steps": 4_995,
    "adaptation_processes": 2,
    "adaptation_planned_seconds": 4_800.0,
    "adaptation_seconds_actual": 5_240.0,
    "adaptation_resumed": True,
    "adaptation_domain_loss_before": 5.12,
    "adaptation_domain_loss_after": 4.31,
    "adaptation_domain_change": [-0.81, -0.93, -0.69],
    "adaptation_fresh_head": True,
}


def arms() -> list[ArmResult]:
    """Seven arms with results, one failed, one refused."""
    made = [arm(*row) for row in ARMS]
    more: dict[str, dict[str, Any]] = {
        "Domain-adapted MiniLM": {
            "facts": {
                **ADAPTATION,
                "adaptation_general_loss_before": 2.91,
                "adaptation_general_loss_after": 3.06,
                "adaptation_general_change": [0.15, 0.09, 0.21],
                "dev_score": 0.87,
                "dev_score_by_learning_rate": {"2e-05": 0.87, "5e-05": 0.86},
            },
            "notes": ["The checkpoint had no trained masked-LM head; a fresh one was trained first."],
            "config": {**made[0].config, "kind": "domain_adapted", "rung": "full_corpus"},
            "energy": energy(),
            "cached": True,
        },
        "Domain-adapted MiniLM (task text)": {
            "config": {**made[0].config, "kind": "domain_adapted", "rung": "task_text"},
            "facts": {
                "adaptation_rung": "task_text",
                "adaptation_domain_loss_before": 4.97,
                "adaptation_domain_loss_after": 4.71,
                "adaptation_domain_change": [-0.26, -0.38, -0.14],
                "adaptation_planned_seconds": None,
            },
        },
        "Prompted SmolLM2 (5-shot)": {
            "unanswered": 6.3,
            "unanswered_reasons": {"the answer named no label": 19},
            "input_tokens_per_document": 412.4,
            "output_tokens_per_document": 3.1,
            "facts": {"method": "likelihood", "shots": 5, "prompt": "[system]\nPick one label.\n\n[user]\n…"},
        },
    }
    made = [a.model_copy(update=more.get(a.name, {})) for a in made]
    blank = {"summary": "An approach of the fixture.", "config": {"kind": "prompted", "model": "big"}}
    return [
        *made,
        ArmResult(
            name="LoRA 8B",
            kind="lora",
            status="failed",
            **blank,
            failure="Out of memory: 16.2 GB needed, 7.8 GB there. Use a smaller model or a larger machine.",
        ),
        ArmResult(
            name="Hosted LLM",
            kind="prompted",
            status="refused",
            **blank,
            failure="It would send texts to api.example.com, and the workload does not allow that.",
        ),
    ]


def recommendation(results: list[ArmResult], chosen: str | None = "Domain-adapted MiniLM") -> Recommendation:
    """A recommendation of the chosen arm, with exclusions by the latency limit."""
    best = {"Domain-adapted MiniLM": 0.86, "Fine-tuned MiniLM": 0.13, "LoRA SmolLM2 (rank 8)": 0.01}
    standings = []
    for a in results:
        why = [] if a.status == "ok" else [a.failure or a.status]
        if a.timing and a.timing.latency.p95_ms > 300:
            why = [f"p95 latency of {a.timing.latency.p95_ms:,.0f} ms is over the limit of 300 ms"]
        standings.append(
            ArmStanding(
                name=a.name,
                eligible=not why,
                exclusions=why,
                probability_best=None if why else best.get(a.name, 0.0),
                expected_regret=None if why else 0.004,
            )
        )
    return Recommendation(
        outcome="ship",
        arm=chosen,
        headline=f"Ship {chosen}: score 0.861, under US$0.01 per 1,000 documents.",
        probability_best=0.86,
        expected_regret=0.0013,
        reasons=[
            Reason(text=f"{chosen} scores 0.861; it is the best with probability 86%.", value=0.86),
            Reason(
                text="Shipping it is expected to lose 0.0013 of score to the best eligible arm.", value=0.0013
            ),
            Reason(text="Adaptation shows no certain gain here: +0.019 (−0.009 to +0.047).", value=0.019),
            Reason(
                text="Against Majority label: +0.783 (+0.755 to +0.811, adjusted p 0.001), different.",
                value=0.783,
            ),
            Reason(text="Probability of being within the margin of the best", value=0.91),
            Reason(
                text="Against TF-IDF + logistic regression: +0.120 (+0.092 to +0.148), different.", value=0.12
            ),
        ],
        flips=["Fine-tuned MiniLM costs US$0.15 less once; with a margin of 0.02 the answer would be that."],
        failure_modes=[
            FailureMode(
                kind="adaptation skipped where it pays",
                risk="avoided",
                text=f"The adapted arm is the answer: {chosen} gained 1.9 points.",
                value=0.019,
                unit="score",
            ),
            FailureMode(
                kind="over-investment where fine-tuning suffices",
                risk="present",
                text=f"{chosen} costs US$0.17 more than Fine-tuned MiniLM over 24 months for 1.9 points.",
                value=0.17,
                unit="US$",
            ),
        ],
        next_steps=[
            "Label 400 more test documents to halve the interval of the difference to Fine-tuned MiniLM."
        ],
        standings=standings,
    )


def comparison(results: list[ArmResult] | None = None, **changes: Any) -> Comparison:
    """The fixture, or the fixture with other arms or other fields."""
    results = arms() if results is None else results
    scored = [a for a in results if a.score is not None]
    pairs = [pair(a, b) for a, b in itertools.combinations(scored, 2)]
    values: dict[str, Any] = {
        "title": "Which approach for customer letters? (invented numbers)",
        "created": "2026-01-15T09:30:00+00:00",
        "data": data(),
        "workload": WORKLOAD,
        "assumptions": [
            Assumption(
                name="documents a month", value=200_000, unit="documents", source="the workload given"
            ),
            Assumption(
                name="utilisation of rented machines", value=0.5, unit="share of time", source="assumption"
            ),
            Assumption(name="price of a CPU core", value=0.05, unit="US$/hour", source="list prices of 2025"),
            Assumption(name="price of a label", value=0.0, unit="US$/document", source="labels exist"),
        ],
        "seeds": [0, 1, 2],
        "arms": results,
        "pairs": pairs,
        "rungs": find_rungs(results, pairs),
        "gap": gap(),
        **money(results, changes.get("workload", WORKLOAD), "Domain-adapted MiniLM"),
        "privacy": privacy(),
        "recommendation": recommendation(results),
        "environment": Environment(
            python="3.11.9",
            platform="Fixture-OS 1.0",
            hardware=HARDWARE,
            cores=2,
            memory_gb=8.1,
            accelerators=[],
            versions={"decide": "0.1.0", "torch": "2.9.0", "transformers": "5.0.0"},
        ),
        "method": {
            "score": "Each run is scored once on the test set.",
            "interval": "95% percentile interval from 2,000 resamples of test items and seeds.",
            "best": "The share of resamples in which the score is the highest.",
        },
        "wall_seconds": 17_420.0,
    }
    return Comparison(**{**values, **changes})


def data(labels: list[str] = LABELS, **changes: Any) -> DataSummary:
    values: dict[str, Any] = {
        "name": "customer-letters-fixture",
        "synthetic": True,
        "task": {
            "kind": "text_classification",
            "descriptions": {"claim": "a request to be paid under a policy"},
        },
        "metric": "macro_f1",
        "labels": labels,
        "train": 2400,
        "dev": 300,
        "test": 400,
        "unlabeled": True,
        "groups": {
            "train": {"north office": 1300, "south office": 1100},
            "test": {g: n for g, _, n in GROUPS},
        },
        "label_counts": {
            "train": dict.fromkeys(labels, 400),
            "test": {label: SUPPORT[i % 6] for i, label in enumerate(labels)},
        },
        "content_hash": "3f7a9c51d0e2b8846a1f5c7d9e0b2a4c6d8f1e3a5b7c9d0e2f4a6b8c0d1e3f5a",
        "notes": ["Invented for the tests of the report; no figure in it was measured."],
    }
    return DataSummary(**{**values, **changes})
