"""Which arms of an engagement would not run, said by ``decide check`` before anything is run."""

from __future__ import annotations

from collections.abc import Sequence

from arms import Arm, ArmError
from arms.llm import OpenAIServer
from arms.models import check_model
from decide.economics import check_prices
from decide.privacy.network import access_of
from decide.workload import Workload
from evalsets import Finding


def foreseen(arms: Sequence[Arm], workload: Workload) -> list[Finding]:
    """A warning for each arm that would be refused, as far as that shows without a program or the network.

    It looks at where texts would go, the key and the price of a hosted model, and the folder of a local one.
    Whether an interpreter has vLLM, or a hub has a model, is seen only when the comparison starts.
    """
    found = []
    for arm in arms:
        try:
            _look_at(arm, workload)
        except ArmError as error:
            found.append(
                Finding("arm", "warning", f"{arm.label} would not be run", remedy=str(error), split="arms")
            )
    return found


def _look_at(arm: Arm, workload: Workload) -> None:
    """Raise what forbids the arm."""
    access_of(arm, workload.text_may_leave)
    server, model = getattr(arm, "server", None), getattr(arm, "model", None)
    if isinstance(server, OpenAIServer):
        server.check()
    elif isinstance(model, str):
        check_model(model)
    check_prices(arm, workload)
