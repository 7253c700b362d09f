"""On which terms an arm asks its language model: under which budget, and at which prices."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from arms.base import Arm, ArmError
from arms.llm.answer_book import AnswerBook
from arms.llm.asking import Asking
from arms.llm.base import Answer
from arms.llm.spending import Limit, Purse
from decide.budget import SPENDING, Budget
from decide.economics.tokens import MILLION, TYPICAL_REQUEST, TokenPrices, token_prices
from decide.store import RunStore
from decide.workload import Prices

ANSWERS = "answers"
"""Folder of a run directory."""
_STEP = 10_000
"""Input tokens up to which all requests are priced alike, and in steps of which longer ones are."""


@dataclass(frozen=True)
class Terms:
    """On which terms language models are asked.

    Args:
        budget: Where to stop.
        prices: The user's prices.
    """

    budget: Budget | None = None
    prices: Prices = field(default_factory=Prices)

    @contextmanager
    def asking(self, run_dir: Path, key: str, arm: Arm, since: float = 0.0) -> Iterator[Asking]:
        """What an arm asks its language model through, for the run with ``key``.

        Answers are kept in the run directory until :meth:`Asking.finish`.

        Args:
            run_dir: The run directory.
            key: Key of the run.
            arm: The arm.
            since: Seconds since the epoch; answers of attempts that began earlier are not used.
        """
        kept = run_dir / ANSWERS / f"{key}.jsonl"
        if since and kept.exists() and kept.stat().st_mtime < since:
            kept.unlink(missing_ok=True)
        limit = self.budget.limit() if self.budget is not None else Limit()
        purse = Purse(run_dir / SPENDING, arm.label, limit, price_of(arm, self.prices))
        remove_finished(run_dir)
        asking = Asking(AnswerBook(kept), purse)
        try:
            yield asking
        finally:
            asking.close()


PLAIN = Terms()
"""No budget, and the prices that the library assumes."""


def remove_finished(run_dir: Path) -> None:
    """Remove answers of runs that are stored: their process was killed just before it did so."""
    store = RunStore(run_dir)
    for file in (run_dir / ANSWERS).glob("*.jsonl"):
        if store.path(file.stem).exists():
            file.unlink(missing_ok=True)


def price_of(arm: Arm, prices: Prices) -> Callable[[Answer], float]:
    """US dollars of an answer; 0 where the model is on this machine, or no price is known."""
    places = arm.destinations()
    if not any(place.remote for place in places):
        return lambda answer: 0.0
    known: dict[int, TokenPrices | None] = {}

    def price(answer: Answer) -> float:
        tokens = answer.input_tokens
        size = TYPICAL_REQUEST if tokens <= _STEP else math.ceil(tokens / _STEP) * _STEP
        if size not in known:
            try:
                known[size] = token_prices(getattr(arm, "model", ""), places[0].host, prices, size)
            except ArmError:
                known[size] = None
        found = known[size]
        if found is None:
            return 0.0
        fresh = tokens - answer.cached_tokens
        total = (
            fresh * found.input + answer.cached_tokens * found.cached + answer.output_tokens * found.output
        )
        return total / MILLION

    return price
