"""What a workload asks for that cannot be had, found before anything slow."""

from __future__ import annotations

from arms.registry import ARMS
from decide.energy import intensity
from decide.workload import Workload
from evalsets import DecideError, plugins


def check_workload(workload: Workload) -> None:
    """Refuse days of engineering for a kind of arm that does not exist, and energy that cannot be measured.

    Not done when a workload is made, because a saved one must load where an arm of one's own is not
    installed.

    Raises:
        DecideError: Naming the field and the remedy.
    """
    import arms  # noqa: F401 - registers the kinds

    plugins.load()

    unknown = sorted(set(workload.prices.engineering_days) - set(ARMS))
    if unknown:
        raise DecideError(
            f"workload.prices.engineering_days: no kind of arm is called {unknown[0]!r}. Kinds are "
            f"{', '.join(sorted(ARMS))}."
        )
    if workload.energy is not None:
        intensity(workload.energy)
