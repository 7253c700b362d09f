"""A linear-chain conditional random field over words."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from arms.base import Arm, ArmError, FitContext, FitRecord, FittedArm, Predictions
from arms.baselines.crf_features import best_way, features, offsets_of
from arms.baselines.spans import TASKS, Readings, located_share
from arms.registry import register_arm
from evalsets import EvalSet, Extraction, Span
from evalsets.gold_spans import gold_spans
from evalsets.tags import spans_of, tags_of

Strengths = Annotated[tuple[Annotated[float, Field(ge=0)], ...], Field(min_length=1)]


class _Tagger:
    """A trained model, held in memory.

    Args:
        model: What CRFsuite wrote.
        way: How texts are cut into tokens.
    """

    def __init__(self, model: bytes, way: str) -> None:
        import pycrfsuite

        # CRFsuite reads from these bytes as long as it tags.
        self._model, self._way = model, way
        self._tagger = pycrfsuite.Tagger()
        self._tagger.open_inmemory(model)

    def spans(self, text: str) -> tuple[Span, ...]:
        offsets = offsets_of(text, self._way)
        if not offsets:
            return ()
        return spans_of(self._tagger.tag(features(text, offsets)), offsets)

    @property
    def weights(self) -> int:
        info = self._tagger.info()
        return len(info.state_features) + len(info.transitions)


class _FittedCRF(FittedArm):
    def __init__(self, readings: Readings, tagger: _Tagger, record: FitRecord) -> None:
        self.record = record
        self._readings, self._tagger = readings, tagger

    def predict(self, texts: Sequence[str]) -> Predictions:
        return Predictions(values=[self._readings.answer(self._tagger.spans(text), text) for text in texts])


@register_arm
@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class CRF(Arm):
    """A linear-chain conditional random field over words (CRFsuite; Lafferty, McCallum and Pereira 2001).

    It sees each word, its shape and affixes and two neighbours on each side. Tokens are words, or letters
    and digits apart, whichever fits the edges of more spans of train. For ``extraction`` it tags where a
    text states each field, so it cannot give a value that the text does not state.

    Args:
        c1: Strengths of L1 regularisation.
        c2: Strengths of L2 regularisation; dev chooses among all pairs with ``c1`` by the task's metric.
        iterations: Most steps of L-BFGS.
    """

    kind: ClassVar[str] = "crf"
    keeps: ClassVar[str] = (
        "The features hold words of the training texts as they are written, names among them."
    )
    keeps_verbatim: ClassVar[bool] = True
    tasks: ClassVar[tuple[str, ...]] = TASKS
    c1: Strengths = (0.03, 0.3)
    c2: Strengths = (0.01, 0.1)
    iterations: Annotated[int, Field(ge=1)] = 100
    name: str | None = None

    def default_name(self) -> str:
        return "CRF"

    def summary(self) -> str:
        return "A conditional random field over words and their forms, strength chosen on dev."

    def stochastic(self) -> bool:
        return False

    def fit(self, evalset: EvalSet, seed: int, context: FitContext) -> FittedArm:
        context.on_phase("training")
        started = time.perf_counter()
        task, train, dev = evalset.task, evalset.train, evalset.dev
        gold = gold_spans(task, train)
        if not any(gold):
            raise ArmError(
                f"{self.label} found no value of train in its texts, so there is nothing to tag. "
                "Give the evidence of values, or leave the arm out of this comparison."
            )
        readings = Readings(task, train, gold)
        way, aligned = best_way(train.texts, gold)
        trainer = _trainer(train.texts, gold, way)
        best: tuple[float, float, float, bytes, _Tagger] | None = None
        for c1 in self.c1:
            for c2 in self.c2:
                trainer.set_params({"c1": c1, "c2": c2, "max_iterations": self.iterations})
                model = _trained(trainer)
                tagger = _Tagger(model, way)
                score = task.score(
                    dev.labels, [readings.answer(tagger.spans(text), text) for text in dev.texts]
                )
                if best is None or score > best[0]:
                    best = (score, c1, c2, model, tagger)
        assert best is not None
        score, c1, c2, model, tagger = best
        facts: dict[str, Any] = {"c1": c1, "c2": c2, "dev_score": score, "tokens": way, "aligned": aligned}
        notes = []
        if aligned < 1:
            notes.append(f"{1 - aligned:.1%} of the spans of train begin or end within a token.")
        if isinstance(task, Extraction):
            facts["located"] = located = located_share(task, train, gold)
            if located < 1:
                notes.append(f"{1 - located:.1%} of the values of train were not found in its texts.")
        record = FitRecord(
            seconds={"training": time.perf_counter() - started},
            facts=facts,
            notes=notes,
            parameters=tagger.weights,
            model_bytes=len(model),
        )
        return _FittedCRF(readings, tagger, record)


def _trainer(texts: Sequence[str], gold: Sequence[Sequence[Span]], way: str) -> Any:
    import pycrfsuite

    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    for text, spans in zip(texts, gold, strict=True):
        if offsets := offsets_of(text, way):
            trainer.append(features(text, offsets), tags_of(spans, offsets))
    return trainer


def _trained(trainer: Any) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.crfsuite"
        trainer.train(str(file))
        return file.read_bytes()
