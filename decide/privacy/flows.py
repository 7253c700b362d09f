"""Which texts an arm read in a run, and where they went with that."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from arms.base import Arm, FittedArm, Predictions
from decide.privacy.records import Provider, RedactionRecord, TextFlow
from evalsets import EvalSet

PURPOSES = {
    "examples": "quoted in every prompt, in production too",
    "examples_tried": "quoted in prompts while dev chose how many to quote",
    "train": "timing single documents, and what the model keeps of its training texts",
    "dev": "choices between settings, thresholds, and timing single documents",
    "test": "the score, and throughput",
    "perturbed": "the score on damaged texts",
    "hostile": "how often instructions in documents steer the answer",
}


class Watched(FittedArm):
    """A fitted arm that remembers which texts it was asked about.

    Only references are kept while it answers, so that timings do not change.
    """

    def __init__(self, fitted: FittedArm) -> None:
        self.record, self.location = fitted.record, fitted.location
        self._fitted = fitted
        self._calls: list[Sequence[str]] = []

    def predict(self, texts: Sequence[str]) -> Predictions:
        """Predict, and remember."""
        self._calls.append(texts)
        return self._fitted.predict(texts)

    def counts(self, evalset: EvalSet, hostile: Collection[str] = ()) -> dict[str, int]:
        """Distinct texts by where they are from; a text that several splits have counts for each.

        Args:
            evalset: The data.
            hostile: Test texts with instructions put in.
        """
        asked = {text for call in self._calls for text in call}
        splits = {name: set(getattr(evalset, name).texts) for name in ("train", "dev", "test")}
        found = {name: len(asked & texts) for name, texts in splits.items()}
        found["perturbed"] = len(asked.difference(*splits.values(), hostile))
        found["hostile"] = len(asked.intersection(hostile))
        record = self._fitted.record
        found["examples"] = record.examples
        found["examples_tried"] = record.tried_examples if record.tried_examples > record.examples else 0
        return {name: count for name, count in found.items() if count}


def flows_of(arm: Arm, counts: Sequence[dict[str, int]]) -> list[TextFlow]:
    """The flows of an arm from the counts of its runs; of several runs the largest count is given."""
    form = "redacted" if arm.redaction() is not None else "full text"
    flows = []
    for name, purpose in PURPOSES.items():
        documents = max((count.get(name, 0) for count in counts), default=0)
        if documents:
            flows.append(TextFlow(texts=name, documents=documents, form=form, purpose=purpose))
    return flows


def redaction_of(arm: Arm) -> RedactionRecord | None:
    """What an arm replaces before it sends."""
    settings = arm.redaction()
    if settings is None:
        return None
    detector = settings.detector()
    return RedactionRecord(
        types=list(detector.types),
        names=detector.names,
        settings=settings.config(),
        versions=detector.versions,
    )


def provider_of(arm: Arm) -> Provider | None:
    """What the user stated of whoever receives the texts."""
    profile = arm.provider()
    return None if profile is None else Provider.model_validate(profile.model_dump(mode="json"))
