"""What it takes to get the same numbers again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reports import format, strings, view
from reports.registry import Context, register_section
from reports.text import as_yaml, plain

if TYPE_CHECKING:
    from decide.comparison import ArmResult, Comparison

LONG = 120
"""Characters above which a fact is shown as a block."""
LONGEST = 8_000


@register_section(
    "reproduce", title="Settings and how to reproduce", order=110, readers=("data_scientist", "engineer")
)
def build(comparison: Comparison) -> Context | None:
    """The environment, and settings, facts and fingerprints of each arm."""
    place = comparison.environment
    return {
        "environment": [
            ("Created", comparison.created),
            ("Ran for", format.duration(comparison.wall_seconds) if comparison.wall_seconds else None),
            ("Seeds", ", ".join(map(str, comparison.seeds)) or None),
            ("Hardware", place.hardware),
            ("Cores", format.whole(place.cores)),
            ("Memory", format.number(place.memory_gb, "GB")),
            ("Accelerators", ", ".join(place.accelerators) or "none"),
            ("Platform", place.platform),
            ("Python", place.python),
            ("Data", comparison.data.content_hash),
            ("Test documents and labels", comparison.data.test_hash or None),
            ("Made from", _source(comparison)),
        ],
        "again": comparison.source is not None,
        "versions": as_yaml(place.versions) if place.versions else None,
        "workload": as_yaml(comparison.workload.model_dump()),
        "arms": [_arm(arm) for arm in view.ordered(comparison)],
    }


def _source(comparison: Comparison) -> str | None:
    """Where the data came from, by bare name: no path of a machine is shown."""
    if comparison.source is None:
        return None
    return comparison.source.file if comparison.source.kind == "engagement" else "the bundled demo"


def _arm(arm: ArmResult) -> Context:
    short: list[tuple[str, str]] = []
    long: list[tuple[str, str]] = []
    for name, value in arm.facts.items():
        text = _fact(value)
        (long if len(text) > LONG or "\n" in text else short).append((strings.fact(name), _cut(text)))
    return {
        "name": arm.name,
        "summary": arm.summary,
        "config": _cut(as_yaml(arm.config)),
        "failure": None if arm.status == "ok" else view.failure(arm),
        "notes": arm.notes,
        "facts": [("Weights", format.large(arm.parameters)), *short] if arm.parameters else short,
        "long_facts": long,
        "seeds": [
            (str(seed), format.score(score)) for seed, score in zip(arm.seeds, arm.seed_scores, strict=False)
        ],
        "phases": [(strings.sentence(name), format.duration(s)) for name, s in arm.phase_seconds.items()],
        "fingerprint": list(arm.fingerprint.items()),
        "conditions": _cut(as_yaml(arm.conditions)) if arm.conditions else None,
        "seed_facts": _cut(as_yaml(_by_seed(arm))) if arm.seed_facts else None,
        "run_keys": arm.run_keys,
        "cached": arm.cached,
    }


def _by_seed(arm: ArmResult) -> dict[str, dict[str, Any]]:
    """What differs between seeds, by seed; the text of prompts is left to the saved file."""
    return {
        f"seed {seed}": {strings.fact(name): value for name, value in facts.items() if name != "prompt"}
        for seed, facts in zip(arm.seeds, arm.seed_facts, strict=False)
    }


def _fact(value: Any) -> str:
    value = plain(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return str(format.number(value))
    if value is None:
        return format.DASH
    if isinstance(value, dict) and not any(isinstance(v, dict | list) for v in value.values()):
        return ", ".join(f"{k}: {_fact(v)}" for k, v in value.items())
    if isinstance(value, list) and not any(isinstance(v, dict | list) for v in value):
        return ", ".join(_fact(v) for v in value)
    return value if isinstance(value, str) else as_yaml(value)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n[{len(text) - LONGEST:,} more characters]"
