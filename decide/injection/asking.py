"""Getting a fitted arm's answers to hostile documents, within a run."""

from __future__ import annotations

from typing import Any

from arms.base import FitRecord, FittedArm
from decide.injection.documents import hostile_set
from decide.injection.settings import Injections
from evalsets import EvalSet


def hostile_texts(data: EvalSet, injections: Injections | None) -> set[str]:
    """All texts that :func:`ask` asks about."""
    if injections is None:
        return set()
    return {d.text for _, documents in hostile_set(data, injections).parts() for d in documents}


def ask(
    fitted: FittedArm, record: FitRecord, data: EvalSet, injections: Injections | None
) -> dict[str, list[Any]]:
    """Plain answers by name of the attack or control; none without settings.

    What the arm says of its last answers in ``record`` must not become what it says of hostile ones, so the
    record is put back to what it was.
    """
    if injections is None:
        return {}
    facts, notes = dict(record.facts), list(record.notes)
    answers = {
        name: [data.task.to_plain(v) for v in fitted.predict([d.text for d in documents]).values]
        for name, documents in hostile_set(data, injections).parts()
    }
    record.facts.clear()
    record.facts.update(facts)
    record.notes[:] = notes
    return answers
