"""Which protocols a comparison was asked for, checked before anything slow, and their answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from arms.base import Arm
from decide.protocols import calibration, generalisation, learning_curve
from decide.protocols.budgets import check_budgets
from decide.protocols.held_out import Wanted, check_held_out
from decide.run import Run
from decide.runner import Runner
from decide.workload import Workload
from evalsets import EvalSet


@dataclass(frozen=True)
class Plan:
    """What is asked beyond one score an arm.

    Args:
        budgets: Label budgets, growing.
        held_out: Groups to hold out of training in turn.
    """

    budgets: tuple[int, ...] = ()
    held_out: tuple[str, ...] = ()

    @classmethod
    def checked(cls, data: EvalSet, *, label_budgets: Sequence[int] | None, held_out_groups: Wanted) -> Plan:
        """The plan of what the user asks for.

        Raises:
            DecideError: If something asked for cannot be had from ``data``.
        """
        return cls(check_budgets(label_budgets, data), check_held_out(held_out_groups, data))

    def method(self) -> dict[str, str]:
        """How each protocol computes what it says, in words."""
        found = {"calibration": calibration.METHOD, "generalisation": generalisation.METHOD}
        return {**found, "learning_curve": learning_curve.METHOD} if self.budgets else found

    def answers(
        self,
        plain: Sequence[tuple[Arm, list[Run]]],
        finished: Sequence[tuple[Arm, list[Run]]],
        data: EvalSet,
        workload: Workload,
        seeds: Sequence[int],
        runner: Runner,
    ) -> dict[str, Any]:
        """Fields of the comparison, by name.

        Args:
            plain: Arms that can run again, with their runs on ``data``.
            finished: The same with cascades.
            data: The evaluation set.
            workload: What production needs.
            seeds: Seeds of the comparison.
            runner: Gives further runs.
        """
        apart = (
            generalisation.from_test(finished, data),
            generalisation.held_out_in_turn(plain, data, self.held_out, seeds, runner),
        )
        return {
            "learning_curve": learning_curve.learning_curve(
                plain, data, workload, self.budgets, seeds, runner
            ),
            "generalisation": [found for found in apart if found is not None],
        }
