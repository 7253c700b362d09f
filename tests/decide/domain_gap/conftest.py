from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

import decide
from decide.domain_gap import GapReport
from evalsets import EvalSet

COMMON = "the of and to in is that it was for on with as at by from this have are be not or an".split()


def english(
    n: int, seed: int, words: str = "house water people school morning street family work"
) -> list[str]:
    """Distinct texts that read as English, about the given words."""
    rng = random.Random(seed)
    pool = words.split()
    return [
        " ".join(rng.choice(COMMON if rng.random() < 0.5 else pool) for _ in range(14)) + f" {seed} {i}"
        for i in range(n)
    ]


@pytest.fixture(scope="session", autouse=True)
def _few_general_words() -> Iterator[None]:
    """Fewer reference words: tokenising 50,000 at every call is most of the time of a small assessment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("decide.domain_gap.tokens.GENERAL_WORDS", 2000)
        yield


@pytest.fixture(scope="session")
def report(toy: EvalSet, tiny_encoder: Path) -> GapReport:
    """A gap report with everything in it: labels, groups and a reference corpus."""
    return decide.gap(toy, tiny_encoder, english(120, 5, "invoice refund charge router signal house login"))
