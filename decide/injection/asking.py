"""Getting a fitted arm's answers to hostile documents, within a run."""

from __future__ import annotations

from typing import Any

from arms.base import FitRecord, FittedArm
from decide.injection.documents import hostile_set
from decide.injection.settings import Injections
from evalsets import EvalSet


def ask(
    fitted: FittedArm, record: FitRecord, data: EvalSet, injections: Injections | None
) -> tuple[dict[str, list[Any]], set[str]]:
    """Plain answers by name of the attack or control, and all texts they are to; none without settings.

    What the arm says of its last answers in ``record`` must not become what it says of hostile ones, so the
    record is put back to what it was.
    """
    if injections is None:
        return {}, set()
    facts, notes = dict(record.facts), list(record.notes)
    parts = {name: [d.text for d in documents] for name, documents in hostile_set(data, injections).parts()}
    answers = {
        name: [data.task.to_plain(v) for v in fitted.predict(texts).values] for name, texts in parts.items()
    }
    record.facts.clear()
    record.facts.update(facts)
    record.notes[:] = notes
    return answers, {text for texts in parts.values() for text in texts}
