"""Approach 2: adapt the encoder to the domain, then fine-tune it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from arms import models
from arms.base import ArmError, FitContext, FittedArm
from arms.encoder.adaptation import AdaptationRecord, adapt
from arms.encoder.fine_tuning import fine_tune
from arms.encoder.launch import default_processes
from arms.encoder.preparation import Plan
from arms.encoder.pretraining import MaskedLM
from arms.fine_tuned import EncoderArm
from arms.memory import told
from arms.registry import register_arm
from evalsets import EvalSet
from evalsets.overlap import text_key, text_keys

Rung = Literal[
    "vocabulary",
    "task_text",
    "vocabulary+task_text",
    "small_corpus",
    "vocabulary+small_corpus",
    "large_corpus",
    "vocabulary+large_corpus",
]
RUNGS: tuple[Rung, ...] = get_args(Rung)
"""Every rung of adaptation, the cheapest first."""
VOCABULARY, TASK_TEXT, SMALL_CORPUS, LARGE_CORPUS = "vocabulary", "task_text", "small_corpus", "large_corpus"
_TEXTS = {
    TASK_TEXT: "the training texts",
    SMALL_CORPUS: "a sample of the unlabelled domain text and the training texts",
    LARGE_CORPUS: "all unlabelled domain text and the training texts",
}
EPOCHS = {TASK_TEXT: 3.0, SMALL_CORPUS: 3.0, LARGE_CORPUS: 1.0}
"""Passes over the text of a rung, by default."""
SMALL_CORPUS_DOCUMENTS = 20_000
"""Documents that ``small_corpus`` draws at most, by default."""


@register_arm
@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class DomainAdapted(EncoderArm):
    """Adaptation of the encoder to the domain, then exactly the fine-tuning of ``FineTuned``.

    The adaptation runs once and is shared by all seeds of fine-tuning; after an interruption it goes on from
    its last checkpoint. Test texts are never used.

    Args:
        rung: How far to adapt. ``vocabulary``: the frequent domain words that the tokenizer cuts to most
            pieces get tokens of their own, whose embeddings are the average of their pieces', and nothing
            is trained. ``task_text``: continued masked-LM training on the training texts alone
            (Gururangan et al. 2020 call it TAPT). ``small_corpus``: on a sample of the unlabelled text and
            the training texts. ``large_corpus``: on all of both, streamed from disk (their DAPT).
            ``vocabulary+…``: both, the vocabulary first.
        new_tokens: Most words that get a token.
        corpus_documents: Documents of unlabelled text that ``small_corpus`` draws at most.
        adaptation_epochs: Passes over the text; by default 3, and 1 for ``large_corpus``.
        adaptation_steps: Most optimiser steps of adaptation.
        adaptation_learning_rate: Peak learning rate of adaptation.
        block_size: Tokens of a packed block.
        adaptation_batch_size: Blocks a step, over all processes together.
        adaptation_seed: Seed of sampling, masking and order.
        adaptation_max_hours: Longest training that is gone on with; what it will take is measured on its
            first few steps and stated.
        processes: Processes that train, started by ``accelerate launch``; by default one for each
            accelerator, or one.
    """

    kind: ClassVar[str] = "domain_adapted"
    rung: Rung = "small_corpus"
    new_tokens: Annotated[int, Field(ge=1)] = 1000
    corpus_documents: Annotated[int, Field(ge=1)] = SMALL_CORPUS_DOCUMENTS
    adaptation_epochs: Annotated[float, Field(gt=0)] | None = None
    adaptation_steps: Annotated[int, Field(ge=1)] | None = None
    adaptation_learning_rate: Annotated[float, Field(gt=0)] = 1e-4
    block_size: Annotated[int, Field(ge=16)] = 128
    adaptation_batch_size: Annotated[int, Field(ge=1)] = 16
    adaptation_seed: Annotated[int, Field(ge=0)] = 0
    adaptation_max_hours: Annotated[float, Field(gt=0)] | None = None
    processes: Annotated[int, Field(ge=1)] | None = None

    def default_name(self) -> str:
        rung = self.rung.replace("_", " ")
        return f"Domain-adapted {models.short_name(self.model)} ({rung}){self.of_runtime()}"

    def summary(self) -> str:
        done = []
        if self._extends():
            done.append(f"tokens for up to {self.new_tokens:,} domain words")
        if self._text() is not None:
            done.append(f"continued masked-language-model training on {_TEXTS[self._text() or TASK_TEXT]}")
        return f"{models.short_name(self.model)} with {' and '.join(done)}, then fine-tuned."

    def what_is_kept(self) -> tuple[str, bool]:
        kept = "All weights are trained on the training texts. No text is stored as such."
        if self._text() in (SMALL_CORPUS, LARGE_CORPUS):
            kept = kept.replace("the training texts", "the training texts and the unlabelled text")
        if not self._extends():
            return kept, False
        return (
            f"{kept} The tokenizer lists frequent domain words as they are written, rare names hardly among "
            "them.",
            True,
        )

    def _extends(self) -> bool:
        return self.rung.startswith(VOCABULARY)

    def _text(self) -> str | None:
        """Which text is trained on; ``None`` for none."""
        return None if self.rung == VOCABULARY else self.rung.removeprefix(f"{VOCABULARY}+")

    def check(self, evalset: EvalSet) -> None:
        super().check(evalset)
        if self._text() in (SMALL_CORPUS, LARGE_CORPUS) and evalset.unlabeled is None:
            task_text = self.rung.replace(self._text() or "", TASK_TEXT)
            raise ArmError(
                f"{self.label} needs unlabelled domain text and the data has none. "
                f"Give unlabeled= when loading the data, or use rung={task_text!r}."
            )

    def fit(self, evalset: EvalSet, seed: int, context: FitContext) -> FittedArm:
        folder, record = self._adapted(evalset, context)
        context.on_phase("training")
        fitted = fine_tune(folder, self.fine_tuning(), evalset, seed, f"{self.label} · seed {seed}")
        fitted.record.seconds = {"adaptation": record.seconds, **fitted.record.seconds}
        fitted.record.facts |= record.facts()
        fitted.record.notes += _notes(record)
        return fitted

    def _texts(self, evalset: EvalSet) -> Iterator[str]:
        if self._text() != TASK_TEXT and evalset.unlabeled is not None:
            # Unlabelled text may contain the test documents; learning them would be leakage.
            test = set(text_keys(evalset.test))
            yield from (text for text in evalset.unlabeled if text_key(text) not in test)
        yield from evalset.train.texts

    def plan(self) -> Plan:
        """The adaptation that these settings ask for."""
        text = self._text()
        settings = text and MaskedLM(
            epochs=self.adaptation_epochs or EPOCHS[text],
            max_steps=self.adaptation_steps,
            learning_rate=self.adaptation_learning_rate,
            block_size=self.block_size,
            batch_size=self.adaptation_batch_size,
        )
        return Plan(
            rung=self.rung,
            new_tokens=self.new_tokens if self._extends() else 0,
            settings=settings or None,
            documents=self.corpus_documents if text == SMALL_CORPUS else None,
            seed=self.adaptation_seed,
            processes=self.processes or default_processes(),
            max_hours=self.adaptation_max_hours,
        )

    def _adapted(self, evalset: EvalSet, context: FitContext) -> tuple[Path, AdaptationRecord]:
        """The adapted encoder, made once for all seeds and kept under what determines it."""
        plan = replace(self.plan(), hour_usd=context.hour_usd)
        # How often to save, how many processes train and what they cost do not determine the result.
        how = ("processes", "checkpoint_seconds", "max_hours", "hour_usd")
        what = {k: v for k, v in asdict(plan).items() if k not in how}
        key = hashlib.sha256(
            json.dumps([what, self.fingerprint(), evalset.content_hash], sort_keys=True).encode()
        ).hexdigest()
        folder = context.artifacts / f"adapted-{key[:32]}"
        context.on_phase("adaptation")
        source = models.local_folder(self.model)
        texts = lambda: self._texts(evalset)  # noqa: E731 - a stream that can be read again
        return folder, adapt(source, texts, evalset.reference, plan, folder, self.label, context.since)


def _notes(record: AdaptationRecord) -> list[str]:
    """What the adaptation did, in sentences for the report."""
    notes = []
    if record.rung.startswith(VOCABULARY):
        notes.append(
            f"{record.new_tokens:,} domain words got a token of their own; on held-out text a word takes "
            f"{record.fertility_after:.2f} tokens instead of {record.fertility_before:.2f}."
            if record.new_tokens
            else "No frequent domain word is cut to pieces, so the tokenizer stayed as it was."
        )
    if record.steps:
        notes.append(
            f"Continued training on {record.tokens:,} tokens of {record.documents:,} documents took "
            f"{record.steps:,} steps; the adapted encoder is shared by all fine-tuning seeds."
        )
    notes += told(record.divided)
    if record.domain_change is not None:
        notes += _loss_notes(record)
    if record.fresh_head:
        notes.append(
            "The checkpoint has no trained masked-LM head: a fresh one, tied to the embeddings, was trained "
            "first with the encoder held still, and losses before adaptation were measured after that. "
            "It goes on learning with the encoder, so part of the fall in loss is the head's own."
            if record.steps
            else "The checkpoint has no trained masked-LM head, so the loss on held-out text is not measured."
        )
    return notes


def _loss_notes(record: AdaptationRecord) -> list[str]:
    assert record.domain_change is not None
    value, low, high = record.domain_change
    notes = [
        f"Held-out masked-LM loss went from {record.domain_loss_before:.3f} to "
        f"{record.domain_loss_after:.3f} nats a word, a change of {value:+.3f} "
        f"(95% interval {low:+.3f} to {high:+.3f}, {record.held_out_documents:,} documents)."
    ]
    if high >= 0:
        notes.append(
            "Adaptation did not surely lower the held-out loss: more text or other settings are needed."
        )
    if record.general_change is None:
        notes.append("Forgetting was not watched: the data has no reference text (give reference=).")
    else:
        value, low, high = record.general_change
        verdict = "part of it was forgotten" if low > 0 else "no forgetting shows"
        if low <= 0 and record.fresh_head:
            verdict += ", though what the fresh head still learnt may hide it"
        notes.append(
            f"Loss on general text went from {record.general_loss_before:.3f} to "
            f"{record.general_loss_after:.3f} nats a word ({value:+.3f}, {low:+.3f} to {high:+.3f}): "
            f"{verdict}."
        )
    return notes
