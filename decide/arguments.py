"""Arguments of ``compare`` that are something else than what is asked for."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Sequence
from typing import Any

from arms.base import Arm, ArmError
from arms.registry import ARMS
from decide.workload import Workload
from evalsets import DecideError, EvalSet


def check_arguments(data: Any, arms: Any, workload: Any) -> None:
    """Refuse what is no evaluation set, arm or workload, before anything is asked of it.

    Raises:
        ArmError: If something is no arm, there is none, or two have the same name.
        DecideError: If data or workload are of another type.
    """
    if not isinstance(data, EvalSet):
        raise DecideError(
            f"data is a {type(data).__name__}, not an EvalSet. Read files by EvalSet.from_files(train=…, "
            "test=…), data in memory by EvalSet.from_datasets({'train': …, 'test': …})."
        )
    if workload is not None and not isinstance(workload, Workload):
        raise DecideError(f"workload is a {type(workload).__name__}. Give decide.Workload(…).")
    if not isinstance(arms, Sequence) or isinstance(arms, str):
        raise ArmError(f"arms is {_called(arms)}. Give a list of arms, such as [decide.Majority()].")
    for arm in arms:
        if not isinstance(arm, Arm):
            raise ArmError(f"arms holds {_called(arm)}, which is no arm. {_instead_of(arm)}")
    if not arms:
        raise ArmError("No arm to compare. Give at least one.")
    repeated = [name for name, count in Counter(arm.label for arm in arms).items() if count > 1]
    if repeated:
        raise ArmError(f"Two arms are called {repeated[0]!r}. Tell them apart with name=.")


def seeds_from(seeds: int | Sequence[int]) -> tuple[int, ...]:
    """The seeds themselves, from their number or from a sequence of them.

    Raises:
        ArmError: If there is none, or something else was given.
    """
    try:
        numbers = tuple(range(operator.index(seeds)))  # type: ignore[arg-type]
    except TypeError:
        try:
            numbers = tuple(operator.index(seed) for seed in seeds)  # type: ignore[union-attr]
        except TypeError:
            raise ArmError(
                f"seeds is {seeds!r}. Give how many, such as 3, or the seeds themselves, such as (0, 1)."
            ) from None
    if not numbers:
        raise ArmError("No seed to run with. Give seeds=1 or more.")
    return numbers


def _called(value: Any) -> str:
    if isinstance(value, type):
        return f"the class {value.__name__}"
    return repr(value) if isinstance(value, str) else f"of type {type(value).__name__}"


def _instead_of(value: Any) -> str:
    if isinstance(value, type) and issubclass(value, Arm):
        return f"Make one of it: {value.__name__}(…)."
    names = {arm.__name__: arm for arm in ARMS.values()}
    near = (ARMS.get(value) or names.get(value)) if isinstance(value, str) else None
    if near is not None:
        return f"Give decide.{near.__name__}(…)."
    return f"Arms are {', '.join(sorted(names))}, or of your own: see docs/plugins.md."
