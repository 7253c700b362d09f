"""How a fine-tuned encoder is computed when it predicts, and whether its answers stay the same."""

from __future__ import annotations

import shutil
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from arms.base import ArmError, FitRecord
from arms.encoder.heads import Head
from arms.encoder.inference import logits_of
from arms.encoder.onnx_export import MODEL, export, lack, quantise
from arms.encoder.windows import Windows
from arms.memory import Room
from evalsets import Split

Runtime = Literal["torch", "torch_bf16", "onnx", "onnx_int8"]
RUNTIMES: tuple[Runtime, ...] = get_args(Runtime)
SPOKEN: dict[Runtime, str] = {"torch_bf16": "bfloat16", "onnx": "ONNX", "onnx_int8": "ONNX int8"}
"""What a runtime other than torch's full precision adds to the name of an arm."""


@dataclass
class Deployed:
    """What predicts.

    Args:
        model: Called like a model of transformers.
        runtime: What computes it.
        file: The ONNX model, if it is one.
    """

    model: Any
    runtime: Runtime = "torch"
    file: Path | None = None
    _folder: tempfile.TemporaryDirectory[str] | None = field(default=None, repr=False)

    def save(self, folder: Path) -> None:
        """Write what is needed beside the weights."""
        if self.file is not None:
            shutil.copyfile(self.file, folder / MODEL)

    def close(self) -> None:
        """Free the model."""
        del self.model
        if self._folder is not None:
            self._folder.cleanup()


def check_runtime(runtime: Runtime) -> None:
    """Refuse a runtime whose libraries are missing.

    Raises:
        ArmError: Saying what to install.
    """
    if runtime.startswith("onnx") and (missing := lack()):
        raise ArmError(missing)


def deploy(model: Any, head: Head, runtime: Runtime) -> Deployed:
    """Make what predicts from a trained model.

    Raises:
        ArmError: If a library is missing or the model cannot be exported.
    """
    # Here, for it loads torch.
    from arms.encoder.fused import fused

    check_runtime(runtime)
    if runtime == "torch":
        return Deployed(fused(model, head.first_token))
    if runtime == "torch_bf16":
        import torch

        return Deployed(fused(model, head.first_token, torch.bfloat16), runtime)
    from arms.encoder.onnx_model import OnnxModel

    folder = tempfile.TemporaryDirectory(prefix="decide-onnx-")
    whole, file = Path(folder.name) / "whole.onnx", Path(folder.name) / MODEL
    export(model, head.first_token, whole)
    if runtime == "onnx_int8":
        quantise(whole, file)
        whole.unlink()
    else:
        whole.rename(file)
    return Deployed(OnnxModel(file), runtime, file, folder)


def deploy_and_compare(
    model: Any, head: Head, runtime: Runtime, dev: Split, windows: Windows, pad_id: int, record: FitRecord
) -> Deployed:
    """Make what predicts, and record how often it answers dev as the trained model does."""
    started = time.perf_counter()
    deployed = deploy(model, head, runtime)
    if runtime == "torch":
        return deployed
    before, after = (
        head.predict(logits_of(one, head, windows, pad_id, Room("")), windows, dev.texts).values
        for one in (model, deployed.model)
    )
    same = sum(a == b for a, b in zip(before, after, strict=True))
    record.facts |= {
        "runtime": runtime,
        "dev_answers_like_torch": same / len(before),
        "dev_score_of_runtime": head.task.score(dev.labels, after),
    }
    record.notes.append(
        f"Predicts by {SPOKEN[runtime]}: on dev {same} of {len(before)} answers are those of the trained "
        "model in full precision. Scores and times are measured as deployed."
    )
    if deployed.file is not None:
        record.model_bytes = deployed.file.stat().st_size
    record.seconds["deployment"] = time.perf_counter() - started
    return deployed
