"""Writes a fine-tuned encoder with its head as an ONNX model, and quantises it."""

from __future__ import annotations

import importlib.util
import logging
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from arms.base import ArmError
from arms.encoder.onnx_model import NAMES, OnnxModel

LIBRARIES = ("onnxruntime", "onnx", "onnxscript")
MODEL = "model.onnx"
NARROW = 16
"""Outputs below which a product is not worth quantising."""


def lack() -> str | None:
    """Why nothing can be run by ONNX Runtime here, and the remedy; ``None`` if it can."""
    missing = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
    if not missing:
        return None
    is_or_are = "is" if len(missing) == 1 else "are"
    return (
        f"{' and '.join(missing)} {is_or_are} not installed. Install with: pip install 'decide-nlp[onnx]', "
        "or use runtime='torch'."
    )


def export(model: Any, first: bool, file: Path) -> bool:
    """Write the model to ``file``: of operators that ONNX Runtime computes at once, if its parts are known.

    Args:
        model: A model of transformers with a head. Afterwards it is where it was, in the mode it was in.
        first: Whether the head may read the first token alone.
        file: What to write; it holds the weights too.

    Returns:
        Whether its layers were fused.

    Raises:
        ArmError: If the model cannot be exported, or the exported one answers differently.
    """
    from arms.encoder.fused import Fused, same_answers
    from arms.encoder.onnx_layers import OnnxLayer

    def write(exported: Any) -> bool:
        _write(exported, file)
        return same_answers(model, OnnxModel(file))

    with _on_cpu(model):
        try:
            if write(Fused(model, OnnxLayer, first)):
                return True
        except Exception as error:  # the exporter raises errors of many kinds, and there is another way
            logging.getLogger(__name__).info("Layers were not fused: %s", error)
        try:
            same = write(model)
        except Exception as error:
            raise ArmError(
                f"The model could not be exported to ONNX ({type(error).__name__}: {str(error)[:300]}). "
                "Use runtime='torch'."
            ) from error
    if not same:
        raise ArmError("The exported ONNX model answers differently from the model. Use runtime='torch'.")
    return False


@contextmanager
def _on_cpu(model: Any) -> Iterator[None]:
    """Has a model on the CPU and in its mode for prediction, and puts it back afterwards."""
    device, training = model.device, model.training
    model.eval().cpu()
    try:
        yield
    finally:
        model.to(device).train(training)


def _write(model: Any, file: Path) -> None:
    import torch

    class Exported(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            return self.model(input_ids=input_ids, attention_mask=attention_mask).logits

    # Sizes of the example must differ from each other and from 1, which would be taken for constants.
    ids = torch.ones((2, 7), dtype=torch.long)
    mask = torch.ones_like(ids)
    mask[0, 5:] = 0
    sizes = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    with _quiet():
        torch.onnx.export(
            Exported().eval(),
            (ids, mask),
            file,
            input_names=list(NAMES),
            output_names=["logits"],
            dynamic_shapes=(sizes, sizes),
            dynamo=True,
            external_data=False,
            verbose=False,
        )


def quantise(file: Path, to: Path) -> None:
    """Write the model with weights and inputs of its products in 8 bits.

    Weights have a scale for each output; inputs are quantised as they come, so no examples are needed.
    Products of few outputs, such as the head's, and those of one row a text stay in full precision: they take
    hardly any time, and the answer is read off them.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory() as folder, _quiet():
        # Shapes that the exporter noted can contradict those of the replaced operators.
        graph = onnx.load(file)
        del graph.graph.value_info[:]
        widths = {one.name: one.dims[-1] for one in graph.graph.initializer if len(one.dims) == 2}
        wide = [
            node.name
            for node in graph.graph.node
            if node.op_type == "MatMul" and widths.get(node.input[1], 0) >= NARROW
        ]
        bare = Path(folder) / MODEL
        onnx.save(graph, bare)
        quantize_dynamic(
            bare,
            to,
            op_types_to_quantize=["MatMul"],
            nodes_to_quantize=wide,
            per_channel=True,
            reduce_range=False,
            weight_type=QuantType.QInt8,
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """Exporter and quantiser tell what they do; nobody needs to act on it."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir", "root")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
