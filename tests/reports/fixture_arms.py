"""Arms with invented numbers, for the tests of the reports. Nothing here was measured."""

from __future__ import annotations

from typing import Any

from decide.comparison import (
    ArmResult,
    Cost,
    CostLine,
    DataFlow,
    ErrorExample,
    Estimate,
    GroupResult,
    LabelResult,
    PairResult,
)
from decide.latency import Latency, Timing
from decide.workload import Workload

LABELS = ["address change", "billing question", "cancellation", "claim", "complaint", "other"]
SUPPORT = [41, 88, 37, 120, 64, 50]
GROUPS = [("north office", True, 140), ("south office", True, 132), ("online form", False, 128)]
HARDWARE = "2 cores of a fixture CPU, no accelerator"
WORKLOAD = Workload(documents_per_month=200_000, horizon_months=24, max_p95_ms=300)
TEXT = (
    "Dear Sir or Madam, further to my letter of 3 March I have still not had a reply about the invoice that "
    "was charged twice. Please cancel the second one & confirm in writing."
)
LONG_TEXT = " ".join([TEXT] * 8)

# name, kind, score, half-width, p50, documents/s, memory, model size, parameters, training phases
ARMS: list[tuple[Any, ...]] = [
    ("Majority label", "majority", 0.078, 0.008, 0.002, 410_000, 182, None, None, {"training": 0.01}),
    (
        "TF-IDF + logistic regression",
        "tfidf_logistic",
        0.741,
        0.039,
        0.61,
        3_900,
        241,
        0.84,
        61_206,
        {"training": 4.2},
    ),
    ("Fine-tuned MiniLM", "fine_tuned", 0.842, 0.031, 11.4, 140, 905, 90.9, 22_715_526, {"training": 412}),
    (
        "Domain-adapted MiniLM",
        "domain_adapted",
        0.861,
        0.029,
        11.6,
        138,
        1_010,
        90.9,
        22_715_526,
        {"adaptation": 5_240, "training": 405},
    ),
    (
        "Domain-adapted MiniLM (task text)",
        "domain_adapted",
        0.804,
        0.033,
        11.5,
        139,
        940,
        90.9,
        22_715_526,
        {"adaptation": 310, "training": 408},
    ),
    (
        "Prompted SmolLM2 (5-shot)",
        "prompted",
        0.634,
        0.041,
        870,
        1.3,
        2_300,
        269,
        134_515_008,
        {"server start": 3.1, "choosing shots": 610},
    ),
    (
        "LoRA SmolLM2 (rank 8)",
        "lora",
        0.847,
        0.030,
        212,
        5.2,
        3_410,
        273,
        134_975_808,
        {"training": 9_800, "server start": 2.8},
    ),
]


def estimate(value: float, half: float | None) -> Estimate:
    if half is None:
        return Estimate(value=value)
    return Estimate(value=value, low=round(value - half, 4), high=round(value + half, 4))


def cost(per_1000: float, phases: dict[str, float], rate: float, workload: Workload = WORKLOAD) -> Cost:
    """Costs by the arithmetic of the library, at US$0.1 an hour."""
    months = workload.horizon_months * workload.documents_per_month / 1000
    once = [
        CostLine(
            name=name,
            usd=seconds / 36_000,
            basis=f"{seconds:,.0f} s × 2 cores × US$0.05/h",
            driver="machine_hour",
            quantity=seconds / 3600,
            price=0.1,
        )
        for name, seconds in phases.items()
        if name != "server start"
    ]
    total = sum(line.usd for line in once)
    basis = f"1,000 documents ÷ ({rate:,.1f} documents/s at 50% utilisation) × 2 cores × US$0.05/h"
    return Cost(
        one_off_usd=total,
        per_1000_usd=per_1000,
        horizon_usd=total + per_1000 * months,
        one_off=once,
        running=[
            CostLine(
                name="machine",
                usd=per_1000,
                basis=basis,
                driver="machine_hour",
                quantity=per_1000 / 0.1,
                price=0.1,
            )
        ],
    )


def examples(labels: list[str], text: str = TEXT) -> list[ErrorExample]:
    return [
        ErrorExample(
            item=17 * i,
            text=LONG_TEXT if i % 3 == 2 else text,
            gold=labels[i % len(labels)],
            predicted=None if i == 4 else labels[(i + 1) % len(labels)],
            probability=None if i == 4 else 0.97 - i / 20,
            group=GROUPS[i % 3][0],
            reason="the answer named no label" if i == 4 else None,
        )
        for i in range(6)
    ]


def confusion(score: float, support: list[int]) -> list[list[float]]:
    size = len(support)
    rows = []
    for i, n in enumerate(support):
        wrong = n * (1 - score) / max(1, size - 1)
        rows.append([round(n * score if j == i else wrong, 2) for j in range(size)] + [0.0])
    return rows


def arm(
    name: str = "Fine-tuned MiniLM",
    kind: str = "fine_tuned",
    score: float = 0.842,
    half: float | None = 0.031,
    p50: float = 11.4,
    rate: float = 140.0,
    memory: float | None = 905.0,
    model: float | None = 90.9,
    parameters: int | None = 22_715_526,
    phases: dict[str, float] | None = None,
    labels: list[str] = LABELS,
    support: list[int] = SUPPORT,
    **more: Any,
) -> ArmResult:
    phases = phases or {}
    values: dict[str, Any] = {
        "name": name,
        "kind": kind,
        "summary": f"{name}: an approach of the fixture.",
        "config": {
            "kind": kind,
            "model": "fixture/model",
            "learning_rates": [2e-5, 5e-5],
            "server": {"kind": "none"},
        },
        "seeds": [0, 1, 2],
        "score": estimate(score, half),
        "seed_scores": [score - 0.01, score, score + 0.01],
        "groups": [
            GroupResult(group=g, seen=seen, items=n, score=estimate(score - 0.03 * i, half and half * 1.7))
            for i, (g, seen, n) in enumerate(GROUPS)
        ],
        "labels": [
            LabelResult(
                label=label,
                precision=min(1, score + 0.02 * (i % 3)),
                recall=max(0, score - 0.03 * (i % 4)),
                f1=min(1, max(0, score + 0.05 * ((i * 7) % 5 - 2))),
                support=n,
            )
            for i, (label, n) in enumerate(zip(labels, support, strict=True))
        ],
        "confusion": confusion(score, support),
        "phase_seconds": {**phases, "test": 2.9},
        "timing": Timing(
            latency=Latency(p50_ms=p50, p95_ms=p50 * 1.4, p99_ms=p50 * 1.9, calls=300 if p50 < 100 else 24),
            documents_per_second=rate,
            documents_timed=400,
            hardware=HARDWARE,
        ),
        "cost": cost(1000 / (rate * 3600 * 0.5) * 0.1, phases, rate),
        "data_flow": DataFlow(destinations=["this machine"], leaves=False),
        "peak_memory_mb": memory,
        "model_mb": model,
        "parameters": parameters,
        "examples": examples(labels),
        "facts": {"dev_score": score + 0.01, "learning_rate": 2e-5, "best_epoch": 4},
        "fingerprint": {"fixture/model": "sha256:0f1e2d3c4b5a69788796a5b4c3d2e1f0"},
        "run_keys": ["a1b2c3", "d4e5f6"],
    }
    return ArmResult(**{**values, **more})


def pair(first: ArmResult, second: ArmResult) -> PairResult:
    assert first.score is not None
    assert second.score is not None
    value = round(first.score.value - second.score.value, 4)
    different = abs(value) > 0.035
    return PairResult(
        first=first.name,
        second=second.name,
        difference=estimate(value, 0.028),
        p_value=0.0004 if different else 0.21,
        p_adjusted=0.0005 if different else 0.42,
        test="approximate randomisation, 2,000 permutations, Holm",
        different=different,
    )
