"""Approach 2: adapt the encoder to the domain by continued pretraining, then fine-tune it."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from arms import models
from arms.base import ArmError, FitContext, FittedArm
from arms.encoder.classifier import fine_tune
from arms.encoder.masked_lm import AdaptationRecord, MaskedLM, adapt
from arms.fine_tuned import EncoderArm
from arms.registry import register_arm
from evalsets import EvalSet

Rung = Literal["task_text", "small_corpus"]


@register_arm
@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class DomainAdapted(EncoderArm):
    """Continued masked-LM training on domain text, then exactly the fine-tuning of ``FineTuned``.

    The adaptation runs once and is shared by all seeds of fine-tuning. Test texts are never used.

    Args:
        rung: What to adapt to: ``task_text``, the training texts alone (Gururangan et al. 2020 call
            it TAPT), or ``small_corpus``, the unlabelled text and the training texts.
        adaptation_epochs: Passes over that text.
        adaptation_steps: Most optimiser steps of adaptation.
        adaptation_learning_rate: Peak learning rate of adaptation.
        block_size: Tokens of a packed block.
        adaptation_batch_size: Blocks a step.
        adaptation_seed: Seed of masking and order.
    """

    kind: ClassVar[str] = "domain_adapted"
    rung: Rung = "small_corpus"
    adaptation_epochs: Annotated[float, Field(gt=0)] = 3.0
    adaptation_steps: Annotated[int, Field(ge=1)] | None = None
    adaptation_learning_rate: Annotated[float, Field(gt=0)] = 1e-4
    block_size: Annotated[int, Field(ge=16)] = 128
    adaptation_batch_size: Annotated[int, Field(ge=1)] = 16
    adaptation_seed: int = 0

    def default_name(self) -> str:
        return f"Domain-adapted {models.short_name(self.model)} ({self.rung.replace('_', ' ')})"

    def summary(self) -> str:
        text = {
            "task_text": "the training texts",
            "small_corpus": "the unlabelled domain text and the training texts",
        }[self.rung]
        return (
            f"{models.short_name(self.model)} with continued masked-language-model training on {text}, "
            "then fine-tuned."
        )

    def check(self, evalset: EvalSet) -> None:
        super().check(evalset)
        if self.rung != "task_text" and evalset.unlabeled is None:
            raise ArmError(
                f"{self.label} needs unlabelled domain text and the data has none. "
                "Give unlabeled= when loading the data, or use rung='task_text'."
            )

    def fit(self, evalset: EvalSet, seed: int, context: FitContext) -> FittedArm:
        folder, record = self._adapted(evalset, context)
        context.on_phase("training")
        fitted = fine_tune(folder, self.fine_tuning(), evalset, seed, f"{self.label} · seed {seed}")
        fitted.record.seconds = {"adaptation": record.seconds, **fitted.record.seconds}
        fitted.record.facts |= record.facts()
        fitted.record.notes += self._notes(record)
        return fitted

    def _texts(self, evalset: EvalSet) -> Iterator[str]:
        if self.rung != "task_text" and evalset.unlabeled is not None:
            # Unlabelled text may contain the test documents; learning them would be leakage.
            test = {" ".join(text.split()).casefold() for text in evalset.test.texts}
            for text in evalset.unlabeled:
                if " ".join(text.split()).casefold() not in test:
                    yield text
        yield from evalset.train.texts

    def _adapted(self, evalset: EvalSet, context: FitContext) -> tuple[Path, AdaptationRecord]:
        """The adapted checkpoint, made once for all seeds and kept under what determines it."""
        settings = MaskedLM(
            epochs=self.adaptation_epochs,
            max_steps=self.adaptation_steps,
            learning_rate=self.adaptation_learning_rate,
            block_size=self.block_size,
            batch_size=self.adaptation_batch_size,
        )
        key = hashlib.sha256(
            json.dumps(
                [self.rung, asdict(settings), self.adaptation_seed, self.fingerprint(), evalset.content_hash],
                sort_keys=True,
            ).encode()
        ).hexdigest()
        folder = context.artifacts / f"adapted-{key[:32]}"
        record_file = folder / "adaptation.json"
        if not record_file.is_file():
            context.on_phase("adaptation")
            partial = folder.with_name(folder.name + ".partial")
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            made = adapt(
                models.local_folder(self.model),
                self._texts(evalset),
                settings,
                self.adaptation_seed,
                partial,
                self.label,
            )
            (partial / record_file.name).write_text(json.dumps(asdict(made)))
            shutil.rmtree(folder, ignore_errors=True)
            partial.rename(folder)
        return folder, AdaptationRecord(**models.read_json(record_file))

    def _notes(self, record: AdaptationRecord) -> list[str]:
        notes = [
            f"Held-out masked-LM loss went from {record.loss_before:.3f} to "
            f"{record.loss_after:.3f} nats a token "
            f"({record.held_out_documents:,} held-out documents; {record.tokens:,} training tokens, "
            f"{record.steps:,} steps). The adapted encoder is shared by all fine-tuning seeds."
        ]
        if record.fresh_head:
            notes.append(
                "The checkpoint has no trained masked-LM head: a fresh one, tied to the "
                "embeddings, was trained "
                f"first with the encoder held still (loss {record.loss_as_loaded:.3f} as loaded), "
                f"and the loss "
                "before adaptation was measured after that."
            )
        if record.loss_after >= record.loss_before:
            notes.append(
                "Adaptation did not lower the held-out loss: more text or other settings are needed."
            )
        return notes
