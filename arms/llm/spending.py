"""What the answers of language models have cost, counted over a run directory, and where that must stop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from arms.base import ArmError
from arms.llm.base import Answer
from arms.llm.checked_lines import CheckedLines


class BudgetSpent(ArmError):
    """The budget is used up, and no further request is sent."""


@dataclass
class Spent:
    """What was asked for so far: answers, their tokens, US dollars at the price of then."""

    answers: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    usd: float = 0.0

    @property
    def tokens(self) -> int:
        """Tokens read and written."""
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True)
class Limit:
    """Where to stop; ``None`` is no limit.

    Args:
        usd: US dollars, for models on other machines.
        tokens: Tokens read and written, wherever the model is.
        per: Whether that is for all arms of the run directory together, or for each by its name.
    """

    usd: float | None = None
    tokens: int | None = None
    per: Literal["comparison", "arm"] = "comparison"

    @property
    def any(self) -> bool:
        """Whether there is a limit at all."""
        return self.usd is not None or self.tokens is not None


@dataclass
class Purse:
    """Counts what one arm spends, and sees what all others of the run directory spend.

    Args:
        path: The file that all processes of the run directory add to.
        arm: Name of the arm.
        limit: Where to stop.
        price: US dollars of an answer.
    """

    path: Path
    arm: str
    limit: Limit = Limit()
    price: Callable[[Answer], float] = lambda answer: 0.0
    _by_arm: dict[str, Spent] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lines = CheckedLines(self.path)
        self._lock = threading.Lock()

    def add(self, answer: Answer) -> None:
        """Count an answer that was asked for.

        Raises:
            ArmError: If there is a limit and the server does not say how many tokens an answer took.
        """
        if answer.input_tokens or answer.output_tokens:
            usd = self.price(answer)
            record = {"arm": self.arm, "input": answer.input_tokens, "output": answer.output_tokens}
            self._lines.append({**record, "usd": usd} if usd else record)
        elif self.limit.any and answer.text is not None:
            raise ArmError(
                "The server does not say how many tokens its answers take, so a budget cannot be kept. "
                "Run this arm without a budget."
            )

    def spent(self, arm: str | None = None) -> Spent:
        """What was spent so far by ``arm``, by default by all."""
        with self._lock:
            for record in self._lines.read():
                one = self._by_arm.setdefault(str(record.get("arm")), Spent())
                one.answers += 1
                one.input_tokens += int(record.get("input", 0))
                one.output_tokens += int(record.get("output", 0))
                one.usd += float(record.get("usd", 0.0))
            chosen = [s for name, s in self._by_arm.items() if arm is None or name == arm]
            return Spent(
                sum(s.answers for s in chosen),
                sum(s.input_tokens for s in chosen),
                sum(s.output_tokens for s in chosen),
                sum(s.usd for s in chosen),
            )

    def arms(self) -> dict[str, Spent]:
        """What each arm has spent."""
        self.spent()
        return dict(self._by_arm)

    def check(self) -> None:
        """Whether another request may be sent.

        Raises:
            BudgetSpent: If a limit is reached.
        """
        limit = self.limit
        if not limit.any:
            return
        spent = self.spent(self.arm if limit.per == "arm" else None)
        whose = "this arm" if limit.per == "arm" else "this run directory"
        if limit.usd is not None and spent.usd >= limit.usd:
            what = f"US${limit.usd:,.2f} is used up: US${spent.usd:,.4g}"
        elif limit.tokens is not None and spent.tokens >= limit.tokens:
            what = f"{limit.tokens:,} tokens is used up: {spent.tokens:,} tokens"
        else:
            return
        raise BudgetSpent(
            f"The budget of {what} for {spent.answers:,} answers that {whose} has asked for, earlier "
            "attempts included."
        )

    def close(self) -> None:
        """Close the file."""
        self._lines.close()
