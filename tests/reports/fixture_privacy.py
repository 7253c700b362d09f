"""Privacy records with invented numbers, for the tests of their section. Nothing here was measured."""

from __future__ import annotations

from typing import Any

from decide.privacy.records import (
    Kept,
    Leaving,
    LeavingType,
    Licence,
    Memorisation,
    NetworkGuard,
    PiiCount,
    PiiReport,
    PiiSplit,
    Privacy,
    Provider,
    RedactionEffect,
    RedactionRecord,
    TextFlow,
)
from decide.records import Estimate

HOSTED, REDACTED = "Hosted LLM", "Hosted LLM, redacted"
PROVIDER = Provider(
    name="Example AG",
    region="EU (Frankfurt)",
    retention="30 days",
    trains_on_data=False,
    subprocessors=["Cloud Ltd"],
    source="contract of 1 March 2026",
)


def flow(**changes: Any) -> dict[str, Any]:
    """Fields of a data flow that left, under a check of Python's sockets, with a provider and redaction."""
    values: dict[str, Any] = {
        "destinations": ["api.example.com"],
        "leaves": True,
        "guard": NetworkGuard(layer="process", hosts=["api.example.com"], refused={"198.51.100.7": 2}),
        "flows": [
            TextFlow(texts="examples", documents=4, form="redacted", purpose="quoted in every prompt"),
            TextFlow(texts="test", documents=400, form="redacted", purpose="the score"),
        ],
        "provider": PROVIDER,
        "redaction": RedactionRecord(
            types=["EMAIL_ADDRESS", "PHONE_NUMBER"], names=False, settings={"min_score": 0.4}, versions={}
        ),
    }
    return {**values, **changes}


def share(count: int, total: int) -> Estimate:
    value = count / total
    return Estimate(value=value, low=max(0.0, value - 0.05), high=min(1.0, value + 0.05))


def count(kind: str, documents: int, total: int) -> PiiCount:
    return PiiCount(type=kind, documents=documents, findings=documents + 2, share=share(documents, total))


def pii() -> PiiReport:
    return PiiReport(
        splits=[
            PiiSplit(
                split=name,
                total=total,
                looked_at=300,
                characters=120_000,
                any=count("any", 60, 300),
                types=[count("EMAIL_ADDRESS", 45, 300), count("DE_TAX_ID", 3, 300)][: 1 + (name == "test")],
            )
            for name, total in (("train", 2400), ("dev", 300), ("test", 400))
        ],
        looked_for=["DE_TAX_ID", "EMAIL_ADDRESS", "PHONE_NUMBER"],
        names=False,
        settings={"entities": None, "language": "en", "spacy_model": None, "min_score": 0.4},
        seed=0,
        versions={"presidio-analyzer": "2.2.0"},
    )


def privacy() -> Privacy:
    return Privacy(
        pii=pii(),
        leaving=[
            Leaving(
                arm=HOSTED,
                hosts=["api.example.com"],
                provider=PROVIDER,
                allowed=False,
                documents=200_000,
                characters=81_000_000,
                tokens=None,
                examples=4,
                any=Estimate(value=40_000, low=30_000, high=50_000),
                types=[
                    LeavingType(
                        type="EMAIL_ADDRESS", documents=Estimate(value=30_000, low=20_000, high=40_000)
                    )
                ],
            )
        ],
        kept=[
            Kept(arm="Fine-tuned MiniLM", statement="All weights are trained.", verbatim=False),
            Kept(arm="TF-IDF + logistic regression", statement="The vocabulary holds words.", verbatim=True),
            Kept(
                arm="LoRA SmolLM2 (rank 8)",
                statement="The adapter's weights are trained.",
                verbatim=False,
                missing="its runs were recorded without it",
            ),
        ],
        memorisation=[
            Memorisation(
                arm="Fine-tuned MiniLM",
                signal="probability of the right label",
                auc=Estimate(value=0.61, low=0.55, high=0.67),
                trained=200,
                others=320,
                other_texts="test, of groups that training has",
                seeds=3,
            )
        ],
        licences=[
            Licence(
                model="fixture/model",
                arms=["Fine-tuned MiniLM", "Domain-adapted MiniLM"],
                licence="apache-2.0",
                source="its model card",
            ),
            Licence(model="big", arms=[HOSTED], licence=None, source="served elsewhere"),
        ],
        redaction=[
            RedactionEffect(
                arm=REDACTED,
                base=HOSTED,
                difference=Estimate(value=-0.01, low=-0.03, high=0.01),
                p_adjusted=0.4,
                statement="Redaction shows no certain effect on the score of Hosted LLM: -0.010.",
            )
        ],
    )
