"""A gap report with invented numbers, for the tests of the reports. Nothing here was measured."""

from __future__ import annotations

from typing import Any

from decide.domain_gap.report import FragmentedWord, GapReport, Level, Measure, ShiftedWord, Text
from decide.domain_gap.severity import judge
from decide.records import Environment, Estimate

OVERLAP = {"negligible": 55.0, "mild": 33.0, "marked": 27.0, "severe": 12.0}
WORDS = (
    "policyholder reinstatement subrogation indemnity underwriter annuity deductible endorsement bordereau "
    "moratorium cedant retrocession"
).split()


def measure(
    id: str, name: str, unit: str, value: float | None, reference: float | None, **more: Any
) -> Measure:
    def around(x: float | None) -> Estimate | None:
        return None if x is None else Estimate(value=x, low=round(x * 0.97, 3), high=round(x * 1.03, 3))

    values: dict[str, Any] = {
        "id": id,
        "family": "tokenizer",
        "name": name,
        "unit": unit,
        "value": around(value),
        "missing": "" if value is not None else "not measured: the checkpoint has no trained masked-LM head",
        "reference": around(reference),
        "reference_name": "general English (wordfreq)" if reference is not None else "",
        "reference_missing": "" if reference is not None else "not measured: give reference=",
        "method": "A method of the fixture.",
        "source": "fixture",
    }
    return Measure(**{**values, **more})


def measures(overlap: float) -> list[Measure]:
    return [
        measure("fertility", "Fertility", "tokens/word", 1.61, 1.24),
        measure("split_words", "Words split into several tokens", "share", 0.284, 0.121),
        measure(
            "vocabulary_overlap", "Overlap of the 10,000 most frequent words", "%", overlap, 54.1,
            family="vocabulary", larger_is="narrower", compared=10_000,
        ),
        measure("masked_lm_loss", "Masked-LM loss", "nats/masked token", None, None, family="language model"),
        measure("a_distance", "Proxy A-distance (encoder)", "0 to 2", 1.62, 0.04, family="distance"),
        measure("shifted_words", "Frequent shared words with a shifted use", "share", 0.31, 0.05),
    ]  # fmt: skip


def gap(level: Level | None = "marked", **changes: Any) -> GapReport:
    """A report of that level; its severity is judged from the invented measures."""
    found = measures(OVERLAP.get(level or "", 27.0))
    severity = judge(found, own_reference=False, english=level is not None)
    assert severity.level == level
    values: dict[str, Any] = {
        "title": "Domain gap of customer-letters-fixture",
        "created": "2026-01-15T09:00:00+00:00",
        "model": "MiniLM",
        "model_fingerprint": "sha256 0f1e2d3c",
        "domain": Text(name="customer-letters-fixture", documents=14_800, sampled=5000, words=412_000),
        "reference": Text(name="general.txt (reference)", documents=9000, sampled=5000, words=398_000),
        "exact": False,
        "seed": 0,
        "synthetic": True,
        "measures": found,
        "severity": severity,
        "fragmented": [
            FragmentedWord(word=word, count=900 - 61 * i, pieces=[word[:4], *(f"##{c}" for c in word[4:8])])
            for i, word in enumerate(WORDS)
        ],
        "shifted": [
            ShiftedWord(
                word=word,
                distance=0.31 - i / 50,
                within=0.11,
                shifted=i < 5,
                domain_count=120,
                reference_count=80,
                domain_contexts=[f"the {word} was sent with the renewal notice"],
                reference_contexts=[f"a {word} by the river"],
            )
            for i, word in enumerate(("claim", "premium", "cover", "rider", "excess", "notice"))
        ],
        "notes": ["customer-letters-fixture: 5,000 of 14,800 documents were drawn at random."],
        "environment": Environment(
            python="3.11.9",
            platform="Fixture-OS 1.0",
            hardware="2 cores of a fixture CPU",
            cores=2,
            memory_gb=8.1,
            accelerators=[],
            versions={"decide": "0.1.0"},
        ),
        "wall_seconds": 41.0,
    }
    return GapReport(**{**values, **changes})
