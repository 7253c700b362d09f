"""Loads a causal language model into this process: safetensors only, no code of the model's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arms import models
from arms.base import ArmError
from arms.device import cpu_features
from arms.device import device as default_device


@dataclass(frozen=True)
class Loaded:
    """A model ready to run.

    Args:
        model: In evaluation mode, on its device, adapter merged.
        tokenizer: Its tokenizer.
        weights_bytes: Size of the base weights on disk.
        context: Longest prompt with answer it can take, in tokens, or ``None`` if it does not say.
        window: Tokens its attention looks back where that is fewer than all, else ``None``.
    """

    model: Any
    tokenizer: Any
    weights_bytes: int
    context: int | None
    window: int | None


def load(name: str, adapter: Path | None, dtype: str, device: str) -> Loaded:
    """Load a model by hub name or folder, with a LoRA adapter merged into it if given.

    Args:
        name: Hub name or local folder.
        adapter: Folder of a peft adapter.
        dtype: ``auto``, ``float32``, ``bfloat16`` or ``float16``.
        device: ``auto`` or a torch device.

    Raises:
        ArmError: If there are no safetensors weights or they cannot be loaded.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = models.local_folder(name)
    where = default_device() if device == "auto" else torch.device(device)
    number_format = pick_dtype(where) if dtype == "auto" else getattr(torch, dtype)
    with models.quiet():
        try:
            tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
            model = AutoModelForCausalLM.from_pretrained(
                folder, use_safetensors=True, trust_remote_code=False, dtype=number_format
            )
        except (ValueError, OSError, KeyError) as error:
            raise ArmError(
                f"{name} cannot be loaded as a causal language model: {_first_line(error)}. "
                "Give a decoder model saved with save_pretrained that needs no code of its own."
            ) from error
        if adapter is not None:
            model = _merge(model, adapter)
    model = model.to(where).eval().requires_grad_(False)
    config = model.config.get_text_config()
    return Loaded(
        model=model,
        tokenizer=tokenizer,
        weights_bytes=models.weights_bytes(folder),
        context=getattr(config, "max_position_embeddings", None),
        window=_window(config),
    )


def pick_dtype(where: Any) -> Any:
    """The bfloat16 type where ``where`` computes in it natively, else float32."""
    import torch

    if where.type == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        native = where.type == "cpu" and bool(cpu_features() & {"avx512_bf16", "amx_bf16"})
    return torch.bfloat16 if native else torch.float32


def check_adapter(adapter: Path) -> None:
    """Refuse a folder that holds no adapter in safetensors.

    Raises:
        ArmError: Naming what is missing.
    """
    for file in ("adapter_config.json", "adapter_model.safetensors"):
        if not (adapter / file).is_file():
            raise ArmError(f"{adapter} has no {file}. Give the folder a LoRA adapter was saved to by peft.")


def _merge(model: Any, adapter: Path) -> Any:
    """Add the adapter to the weights: no extra products at each step."""
    from peft import PeftModel

    check_adapter(adapter)
    try:
        return PeftModel.from_pretrained(model, str(adapter)).merge_and_unload()
    except (ValueError, RuntimeError, KeyError) as error:
        raise ArmError(
            f"The adapter in {adapter} does not fit this model: {_first_line(error)}. "
            "Use the model that it was trained on."
        ) from error


def _window(config: Any) -> int | None:
    kinds = set(getattr(config, "layer_types", None) or ())
    window = getattr(config, "sliding_window", None)
    chunk = getattr(config, "attention_chunk_size", None)
    if "chunked_attention" in kinds and chunk:
        return int(chunk)
    if not window or getattr(config, "use_sliding_window", True) is False:
        return None
    return int(window) if not kinds or "sliding_attention" in kinds else None


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")[:300]
