"""What runs the comparison: machine and library versions."""

from __future__ import annotations

import functools
import platform
from collections.abc import Sequence
from importlib import metadata

from arms.device import cores, hardware
from decide._version import __version__
from decide.plugins import package_versions
from decide.records import Environment

LIBRARIES = (
    "torch",
    "transformers",
    "tokenizers",
    "accelerate",
    "peft",
    "scikit-learn",
    "numpy",
    "datasets",
    "openai",
    "genai-prices",
    "python-crfsuite",
    "pyahocorasick",
    "llguidance",
    "json-repair",
    "rapidfuzz",
    "onnxruntime",
)
RECORDED = ("scipy", "statsmodels", "sentencepiece", "safetensors", "huggingface-hub", "pandas", "vllm")
"""Recorded beside them, but not part of a run's key: they load, or compute what is said of results."""


@functools.cache
def versions() -> dict[str, str]:
    """Installed versions of every library that can change a result."""
    return {"decide": __version__, **_installed(LIBRARIES)}


def _installed(libraries: Sequence[str]) -> dict[str, str]:
    found = {}
    for library in libraries:
        try:
            found[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            continue
    return found


def environment() -> Environment:
    """This machine, for the report."""
    import psutil

    accelerators: list[str] = []
    import torch

    if torch.cuda.is_available():
        accelerators = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return Environment(
        python=platform.python_version(),
        platform=platform.platform(),
        hardware=hardware(),
        cores=cores(),
        memory_gb=psutil.virtual_memory().total / 1e9,
        accelerators=accelerators,
        versions={**versions(), **_installed(RECORDED), **package_versions()},
    )
