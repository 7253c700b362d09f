"""Approach 1: fine-tune a general encoder on the labelled examples."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from arms import models
from arms.base import Arm, FitContext, FittedArm
from arms.encoder.deployment import SPOKEN, Runtime, check_runtime
from arms.encoder.fine_tuning import FineTuning, fine_tune, window_reader
from arms.encoder.heads import HEADS, head_class
from arms.encoder.windows import LongDocuments
from arms.registry import register_arm
from evalsets import EvalSet

Rate = Annotated[float, Field(gt=0)]
Rates = Rate | Annotated[tuple[Rate, ...], Field(min_length=1)]
MODEL_FIELD_CONFIG = ConfigDict(extra="forbid")


@dataclass(frozen=True, config=MODEL_FIELD_CONFIG)
class EncoderArm(Arm):
    """What every arm that fine-tunes an encoder lets the user set.

    Args:
        model: Hub name or local folder of the encoder.
        epochs: Most passes over train; dev picks the epoch that is kept.
        patience: Epochs without a better dev score before training stops.
        learning_rate: Peak learning rate, or several of which dev picks one.
        batch_size: Texts a step.
        weight_decay: Decoupled weight decay.
        warmup: Share of steps over which the learning rate rises.
        max_length: Longest input in tokens; by default the model's limit, at most 512.
        long_documents: What is done with texts longer than that. ``windows``: they are read in windows that
            overlap, whose answers are put together, so that the arm sees all of a text, as language models
            do; this takes time in proportion. ``truncate``: their end is not read.
        stride: Tokens that neighbouring windows share; by default a quarter of ``max_length``.
        runtime: What computes predictions, each a variant with scores and times of its own. ``torch``: in
            full precision on a CPU, else as trained. ``torch_bf16``: products in bfloat16, for CPUs and GPUs
            that multiply it quickly. ``onnx``: exported to ONNX Runtime. ``onnx_int8``: products in 8-bit
            integers there. Both need ``pip install "decide-nlp[onnx]"``.
        name: How the report calls the arm.
    """

    tasks: ClassVar[tuple[str, ...]] = tuple(sorted(HEADS))
    memorises: ClassVar[bool] = True
    keeps: ClassVar[str] = "All weights are trained on the training texts. No text is stored as such."
    model: str
    epochs: Annotated[int, Field(ge=1)] = 8
    patience: Annotated[int, Field(ge=1)] = 3
    learning_rate: Rates = 5e-5
    batch_size: Annotated[int, Field(ge=1)] = 16
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    warmup: Annotated[float, Field(ge=0, le=1)] = 0.1
    max_length: Annotated[int, Field(ge=8)] | None = None
    long_documents: LongDocuments = "windows"
    stride: Annotated[int, Field(ge=0)] | None = None
    runtime: Runtime = "torch"
    name: str | None = None

    def wants_gpu(self) -> bool:
        return True

    def fine_tuning(self) -> FineTuning:
        """The settings that fine-tuning needs."""
        rates = self.learning_rate if isinstance(self.learning_rate, tuple) else (self.learning_rate,)
        return FineTuning(
            epochs=self.epochs,
            patience=self.patience,
            learning_rates=rates,
            batch_size=self.batch_size,
            weight_decay=self.weight_decay,
            warmup=self.warmup,
            max_length=self.max_length,
            stride=self.stride,
            long_documents=self.long_documents,
            runtime=self.runtime,
        )

    def of_runtime(self) -> str:
        """What the runtime adds to the arm's name."""
        return f" · {SPOKEN[self.runtime]}" if self.runtime in SPOKEN else ""

    def fingerprint(self) -> dict[str, str]:
        return {self.model: models.fingerprint(self.model)}

    def check(self, evalset: EvalSet) -> None:
        super().check(evalset)
        check_runtime(self.runtime)
        models.check_model(self.model)
        head = head_class(evalset.task)
        # A model that has yet to be downloaded is looked at when fitting begins.
        if models.is_path(self.model) and (head.needs_offsets or self.stride is not None):
            window_reader(models.local_folder(self.model), head, self.fine_tuning())


@register_arm
@dataclass(frozen=True, config=MODEL_FIELD_CONFIG)
class FineTuned(EncoderArm):
    """Fine-tune a general encoder with a classification head; dev picks rate and epoch."""

    kind: ClassVar[str] = "fine_tuned"

    def default_name(self) -> str:
        return f"Fine-tuned {models.short_name(self.model)}{self.of_runtime()}"

    def summary(self) -> str:
        return f"{models.short_name(self.model)} fine-tuned on the labelled training texts."

    def fit(self, evalset: EvalSet, seed: int, context: FitContext) -> FittedArm:
        context.on_phase("training")
        folder = models.local_folder(self.model)
        return fine_tune(folder, self.fine_tuning(), evalset, seed, f"{self.label} · seed {seed}")
