"""Which protocols a comparison was asked for, checked before anything slow, and their answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from arms.base import Arm
from decide.protocols import calibration, learning_curve
from decide.protocols.budgets import check_budgets
from decide.run import Run
from decide.runner import Runner
from decide.workload import Workload
from evalsets import EvalSet


@dataclass(frozen=True)
class Plan:
    """What is asked beyond one score an arm.

    Args:
        budgets: Label budgets, growing.
    """

    budgets: tuple[int, ...] = ()

    @classmethod
    def checked(cls, data: EvalSet, *, label_budgets: Sequence[int] | None) -> Plan:
        """The plan of what the user asks for.

        Raises:
            DecideError: If something asked for cannot be had from ``data``.
        """
        return cls(budgets=check_budgets(label_budgets, data))

    def method(self) -> dict[str, str]:
        """How each protocol computes what it says, in words."""
        found = {"calibration": calibration.METHOD}
        return {**found, "learning_curve": learning_curve.METHOD} if self.budgets else found

    def answers(
        self,
        finished: Sequence[tuple[Arm, list[Run]]],
        data: EvalSet,
        workload: Workload,
        seeds: Sequence[int],
        runner: Runner,
    ) -> dict[str, Any]:
        """Fields of the comparison, by name.

        Args:
            finished: Arms with their runs on ``data``.
            data: The evaluation set.
            workload: What production needs.
            seeds: Seeds of the comparison.
            runner: Gives further runs.
        """
        return {
            "learning_curve": learning_curve.learning_curve(
                finished, data, workload, self.budgets, seeds, runner
            )
        }
