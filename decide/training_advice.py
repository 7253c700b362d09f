"""Arms that lost before they had learned all they can: no ground yet to give an approach up."""

from __future__ import annotations

from collections.abc import Sequence

from decide.comparison import ArmResult


def advice(recommended: str | None, results: Sequence[ArmResult]) -> list[str]:
    """What to do before an arm that is not recommended is given up for its score.

    Args:
        recommended: The arm that is.
        results: All arms. An arm that trains says in its facts of a seed whether dev was best after the last
            epoch it was allowed (``best_at_the_end``).

    Returns:
        A step for each arm for which that is so in at least half of its seeds.
    """
    steps = []
    for arm in results:
        told = [facts["best_at_the_end"] for facts in arm.seed_facts if "best_at_the_end" in facts]
        if arm.name != recommended and arm.score is not None and told and 2 * sum(told) >= len(told):
            steps.append(
                f"Train {arm.name} longer before concluding that it is worse: with {sum(told)} of "
                f"{len(told)} seeds dev was best after the last epoch allowed. Raise epochs, or let dev "
                "choose among several learning rates."
            )
    return steps
