"""Toy data of the other tasks, made from the words that the tiny encoder knows."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalsets import EvalSet, Extraction, MultiLabel, Span, Split, TokenClassification
from tests.conftest import FILLER, WORDS

Make = Callable[[random.Random], tuple[str, Any]]
KINDS = ("account", "network")


def sentence(rng: random.Random, chosen: list[str]) -> list[str]:
    words = [*chosen, *(rng.choice(FILLER) for _ in range(6))]
    rng.shuffle(words)
    return words


def place(words: list[str], word: str) -> tuple[int, int]:
    start = len(" ".join(words[: words.index(word)])) + (words.index(word) > 0)
    return start, start + len(word)


def splits(make: Make, sizes: tuple[int, int, int] = (80, 30, 40)) -> dict[str, Split]:
    rng = random.Random(7)
    made = []
    for size in sizes:
        pairs = [make(rng) for _ in range(size)]
        made.append(Split(tuple(t for t, _ in pairs), tuple(g for _, g in pairs)))
    return dict(zip(("train", "dev", "test"), made, strict=True))


@pytest.fixture(scope="session")
def toy_entities() -> EvalSet:
    """One entity of two words a sentence, and now and then a single word that is one."""

    def make(rng: random.Random) -> tuple[str, tuple[Span, ...]]:
        label = rng.choice(KINDS)
        # Each word says whether it begins an entity: two layers learn little more from 80 sentences.
        first, second = rng.choice(WORDS[label][:4]), rng.choice(WORDS[label][4:])
        entity = first if rng.random() < 0.3 else f"{first} {second}"
        words = sentence(rng, [entity])
        return " ".join(words), (Span(*place(words, entity), label),)

    return EvalSet("Toy entities", TokenClassification(KINDS), **splits(make))


@pytest.fixture(scope="session")
def toy_topics() -> EvalSet:
    """Each text has the topics whose words it holds; some have none."""

    def make(rng: random.Random) -> tuple[str, tuple[str, ...]]:
        topics = tuple(sorted(topic for topic in WORDS if rng.random() < 0.4))
        return " ".join(sentence(rng, [w for t in topics for w in rng.sample(WORDS[t], 3)])), topics

    return EvalSet("Toy topics", MultiLabel(tuple(sorted(WORDS))), **splits(make, (120, 40, 40)))


@pytest.fixture(scope="session")
def toy_records() -> EvalSet:
    """A device and problems that the text names, urgency that it only hints at, and what it never says."""
    schema = {
        "type": "object",
        "properties": {
            "device": {"type": "string"},
            "papers": {"type": "array", "items": {"type": "string"}},
            "urgent": {"type": "boolean"},
            "ticket": {"type": "string"},
        },
    }

    def make(rng: random.Random) -> tuple[str, dict[str, Any]]:
        device = rng.choice(WORDS["network"])
        papers = rng.sample(WORDS["billing"], rng.randint(0, 2))
        urgent = rng.random() < 0.5
        hint = rng.choice(WORDS["account"][:4] if urgent else WORDS["account"][4:])
        record = {"device": device, "urgent": urgent, "ticket": f"T{rng.random()}"}
        return " ".join(sentence(rng, [device, hint, *papers])), record | (
            {"papers": papers} if papers else {}
        )

    return EvalSet("Toy records", Extraction(schema), **splits(make, (120, 40, 40)))


@pytest.fixture
def model(tiny_encoder: Path) -> Any:
    """A classifier of three labels, its head untrained."""
    import torch
    from transformers import AutoModelForSequenceClassification

    torch.manual_seed(0)
    return AutoModelForSequenceClassification.from_pretrained(tiny_encoder, num_labels=3).eval()
