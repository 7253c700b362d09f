"""A cheap arm that answers where it is confident, and a dearer one that takes the rest."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from arms.base import Arm, ArmError, FitContext, FittedArm
from arms.registry import register_arm
from evalsets import EvalSet
from evalsets.tasks import nearest


@register_arm
@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Cascade(Arm):
    """Two arms of the same comparison, one behind the other.

    Nothing is run for it: it is put together from the recorded runs of its parts. The first part needs
    probabilities; below a threshold that dev picks, a document goes on to the second.

    Args:
        first: Name of the arm that sees every document.
        then: Name of the arm that takes what the first is not sure of.
        name: How the report calls the cascade.
    """

    kind: ClassVar[str] = "cascade"
    keeps: ClassVar[str] = "What both of its parts keep."
    first: str
    then: str
    name: str | None = None

    def default_name(self) -> str:
        return f"{self.first}, then {self.then}"

    def summary(self) -> str:
        return f"{self.first} answers where it is sure, {self.then} takes the rest; dev set the threshold."

    def check(self, evalset: EvalSet) -> None:
        if nearest(evalset.task.kinds(), self.tasks) is None:
            raise ArmError(
                f"{self.label} needs one probability for each answer, which {evalset.task.kind} does not "
                "have. Leave the cascade out of this comparison."
            )

    def fit(self, evalset: EvalSet, seed: int, context: FitContext) -> FittedArm:
        raise ArmError(
            f"{self.label} is not fitted: it is put together from its parts. Compare it along with "
            f"{self.first} and {self.then}."
        )
