"""A model that ONNX Runtime computes, called as one of transformers is."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from arms.device import cores

NAMES = ("input_ids", "attention_mask")
"""Inputs of the graph, both of shape ``(batch, length)``."""


class OnnxModel:
    """An ONNX model of token ids and mask that gives logits.

    Args:
        file: The model.
        threads: Threads that compute it; by default as many as torch uses.
    """

    def __init__(self, file: Path, threads: int | None = None) -> None:
        import onnxruntime
        import torch

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or min(cores(), torch.get_num_threads())
        options.inter_op_num_threads = 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.log_severity_level = 3
        # A sum and a norm in one operator take several times as long as one after the other: its kernel
        # computes a number at a time.
        self._session = onnxruntime.InferenceSession(
            file, options, providers=["CPUExecutionProvider"], disabled_optimizers=["SkipLayerNormFusion"]
        )
        self.device = torch.device("cpu")

    def __call__(self, input_ids: Any, attention_mask: Any) -> Any:
        """What the model says of tokens; both arguments have the shape ``(batch, length)``."""
        import torch

        given = dict(zip(NAMES, (input_ids.numpy(), attention_mask.numpy()), strict=True))
        return SimpleNamespace(logits=torch.from_numpy(self._session.run(None, given)[0]))
