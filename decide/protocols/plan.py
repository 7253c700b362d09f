"""Which protocols a comparison was asked for, checked before anything slow, and their answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from arms.base import Arm
from decide.injection.settings import Injections
from decide.injection.settings import Wanted as Attacks
from decide.perturbations.base import Perturbation, perturbations_from
from decide.perturbations.base import Wanted as Damage
from decide.protocols import calibration, generalisation, injection, learning_curve, robustness, stability
from decide.protocols.budgets import check_budgets
from decide.protocols.held_out import Wanted, check_held_out
from decide.protocols.injection_records import InjectionTest
from decide.protocols.records import Generalisation, LearningCurve, Robustness
from decide.protocols.stability_records import Stability
from decide.run import QUICK, Measure, Run
from decide.runner import OpenRunner, seeds_of
from decide.units import Part
from decide.workload import Workload
from evalsets import EvalSet


@dataclass(frozen=True)
class ProtocolResults:
    """What the protocols of a comparison found; each field is that of :class:`decide.Comparison`."""

    learning_curve: LearningCurve | None
    robustness: Robustness | None
    injection: InjectionTest | None
    generalisation: list[Generalisation]
    stability: Stability | None


@dataclass(frozen=True)
class Plan:
    """What is asked beyond one score an arm.

    Args:
        budgets: Label budgets, growing.
        held_out: Groups to hold out of training in turn.
        perturbations: What is done to the test texts.
        left_out: Perturbations that do not suit the task, with the reason.
        repeats: How often the first seed of each arm is run.
        injections: Attacks by instructions in test documents.
    """

    budgets: tuple[int, ...] = ()
    held_out: tuple[str, ...] = ()
    perturbations: tuple[Perturbation, ...] = ()
    left_out: dict[str, str] = field(default_factory=dict)
    repeats: int = 1
    injections: Injections | None = None

    @classmethod
    def checked(
        cls,
        data: EvalSet,
        *,
        label_budgets: Sequence[int] | None,
        held_out_groups: Wanted,
        perturbations: Damage,
        repeats: int = 1,
        injections: Attacks = None,
    ) -> Plan:
        """The plan of what the user asks for.

        Raises:
            DecideError: If something asked for cannot be had from ``data``.
        """
        damage, left_out = robustness.check_perturbations(perturbations_from(perturbations), data)
        return cls(
            check_budgets(label_budgets, data),
            check_held_out(held_out_groups, data),
            damage,
            left_out,
            stability.check_repeats(repeats),
            injection.check_injections(injections, data),
        )

    def measure(self) -> Measure:
        """What the runs of the comparison measure."""
        return Measure(perturbations=self.perturbations, injections=self.injections)

    def method(self) -> dict[str, str]:
        """How each protocol computes what it says, in words."""
        found = {
            "calibration": calibration.METHOD,
            "generalisation": generalisation.METHOD,
            "stability": stability.METHOD,
        }
        if self.perturbations:
            found["robustness"] = robustness.METHOD
        if self.injections is not None:
            found["injection"] = injection.METHOD
        return {**found, "learning_curve": learning_curve.METHOD} if self.budgets else found

    def start(
        self, arms: Sequence[Arm], data: EvalSet, seeds: Sequence[int], measure: Measure, runner: OpenRunner
    ) -> None:
        """Say early all that arms will be run on, if it helps: cutting the data takes time."""
        if not runner.ahead:
            return
        sets = learning_curve.subsets(data, self.budgets, seeds)
        folds = generalisation.without_each(data, self.held_out)
        for arm in arms:
            runner.start(arm, [Part(data, seed) for seed in seeds_of(arm, seeds)], measure)
            budgets = learning_curve.parts_of_curve(arm, data, sets, seeds)
            groups = generalisation.parts_held_out(arm, folds, seeds)
            runner.start(arm, [part for _, part in (*budgets, *groups)], QUICK)
            for part, again in stability.repetitions(data, seeds[0], self.repeats):
                runner.start(arm, [part], again)

    def results(
        self,
        plain: Sequence[tuple[Arm, list[Run]]],
        finished: Sequence[tuple[Arm, list[Run]]],
        data: EvalSet,
        workload: Workload,
        seeds: Sequence[int],
        runner: OpenRunner,
    ) -> ProtocolResults:
        """What each protocol found.

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
        return ProtocolResults(
            learning_curve=learning_curve.learning_curve(plain, data, workload, self.budgets, seeds, runner),
            robustness=robustness.robustness(plain, data, self.perturbations, self.left_out),
            injection=injection.injection(finished, data, self.injections),
            generalisation=[found for found in apart if found is not None],
            stability=stability.stability(finished, data, self.repeats, runner),
        )
