"""A unit: one run to be made, of an arm on data with a seed; and the place where it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from arms.device import hardware
from decide.conditions import variables
from evalsets import EvalSet

MAIN = "main"


@dataclass(frozen=True)
class Part:
    """What an arm is to be run on.

    Args:
        evalset: The data.
        seed: The seed.
        name: What this run is for, such as ``100 labels``.
    """

    evalset: EvalSet
    seed: int
    name: str = MAIN


@dataclass(frozen=True)
class Place:
    """Where a run is made, as far as that determines the result.

    Args:
        hardware: The machine, or the machines it may be.
        variables: Environment variables that change the order or the precision of sums.
    """

    hardware: str
    variables: Mapping[str, str] = field(default_factory=dict)


def here() -> Place:
    """This machine and process."""
    return Place(hardware(), variables())


@dataclass(frozen=True)
class Unit:
    """A run that is missing from the run directory.

    Args:
        part: What the arm is run on.
        key: Its key in the run directory.
    """

    part: Part
    key: str
