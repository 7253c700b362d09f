"""What is recorded of stability: plain data in a saved comparison."""

from __future__ import annotations

from pydantic import Field

from decide.records import Estimate, Record


class Flips(Record):
    """Share of test items whose answer differs between two runs, mean over pairs of runs.

    ``least`` and ``most`` are the shares of the pair that agrees best and worst.
    """

    rate: Estimate
    least: float
    most: float
    pairs: int
    items: int


class ServedModel(Record):
    """A model whose weights we do not see: what it is called, and what the server says it is.

    ``unstable`` marks a name that may stand for another model tomorrow, or a server that reported
    several. ``reported`` and ``system_fingerprints`` are the distinct values in its replies.
    """

    model: str
    host: str
    pinned: bool
    why: str = Field(default="", description="why the name is not pinned")
    reported: list[str] = Field(default=[])
    system_fingerprints: list[str] = Field(default=[])
    unstable: bool
    statement: str


class Repeats(Record):
    """The first seed of an arm run again, the run itself counted among the ``runs``."""

    seed: int
    runs: int
    flips: Flips
    scores: list[float] = Field(description="of the run itself, then of each repetition")
    scores_agree: bool = Field(description="whether the scores are equal to the last digit")
    largest_change: float | None = Field(
        default=None, description="of a probability, where the arm states them"
    )
    run_keys: list[str] = Field(description="of the repetitions")


class ArmStability(Record):
    """How far the answers of an arm stay the same from seed to seed, and from run to run."""

    arm: str
    between_seeds: Flips | None = None
    seeds_missing: str = ""
    repeats: Repeats | None = None
    repeats_missing: str = ""
    served: ServedModel | None = None
    statement: str


class Stability(Record):
    """Flip rates of all arms. ``repeats`` is how often each first seed was run, 1 if only once."""

    repeats: int
    arms: list[ArmStability]
