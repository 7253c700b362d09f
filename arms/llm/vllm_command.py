"""Which interpreter runs vLLM, with which arguments and environment."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from arms.base import ArmError
from arms.device import cpu_features

PYTHON_VARIABLE = "DECIDE_VLLM_PYTHON"
_LORA_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""Sizes vLLM makes room for."""

STRUCTURED_ARGUMENTS = ("--structured-outputs-config", json.dumps({"backend": "guidance"}))
"""Of vLLM's engines the one that lets a schema say how its JSON is written, as in this process. Labels are
left to the engine vLLM picks: it ends them by any token that ends a turn, this one by end of text alone."""


def interpreter(python: str | None) -> str:
    """The interpreter to use: the one given, the one the environment names, or this one.

    Raises:
        ArmError: If it does not exist or has no vLLM.
    """
    given = python or os.environ.get(PYTHON_VARIABLE)
    if given is None:
        if importlib.util.find_spec("vllm") is None:
            raise ArmError(
                "vLLM is not installed here. Install it into an environment of its own and name that "
                f"environment's interpreter by VLLMServer(python=…) or the variable {PYTHON_VARIABLE}; "
                "or use server=InProcess()."
            )
        return sys.executable
    path = shutil.which(str(Path(given).expanduser()))
    if path is None:
        raise ArmError(f"No interpreter at {given!r}. Give the path of a Python that has vLLM.")
    has = "import importlib.util, sys; sys.exit(importlib.util.find_spec('vllm') is None)"
    if subprocess.run([path, "-c", has], env=environment(path, {}), capture_output=True).returncode:
        raise ArmError(f"{given} has no vLLM. Install it there, or give a Python that has it.")
    return path


def has_gpu() -> bool:
    """Whether this machine shows a device that vLLM's GPU builds use."""
    devices = Path("/dev")
    return any(devices.glob("nvidia[0-9]*")) or (devices / "kfd").exists()


def environment(python: str, extra: Mapping[str, str]) -> dict[str, str]:
    """The server's environment: ours, without what would mix up two installations or report home."""
    env = dict(os.environ)
    if Path(python) != Path(sys.executable):
        for name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"):
            env.pop(name, None)
        # Compilers and tools of that environment are found beside its interpreter.
        if env.get("DECIDE_GUARD_PATH"):  # the worker's guard, of the standard library alone
            env["PYTHONPATH"] = env["DECIDE_GUARD_PATH"]
        env["PATH"] = os.pathsep.join([str(Path(python).parent), env.get("PATH", "")])
    env |= {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
    if not has_gpu():
        env.setdefault("VLLM_CPU_KVCACHE_SPACE", "2")
    return env | dict(extra)


def dtype_argument(dtype: str) -> str:
    """``auto`` made definite where there is no GPU: vLLM would not look at what the CPU computes in."""
    if dtype == "auto" and not has_gpu() and cpu_features() & {"avx512_bf16", "amx_bf16"}:
        return "bfloat16"
    return dtype


def lora_arguments(name: str, adapter: Path) -> list[str]:
    """Arguments that serve ``adapter`` as the model ``name``.

    Raises:
        ArmError: If the rank of the adapter is more than vLLM serves.
    """
    from arms.models import read_json

    rank = int(read_json(adapter / "adapter_config.json")["r"])
    room = next((size for size in _LORA_RANKS if size >= rank), None)
    if room is None:
        raise ArmError(f"vLLM serves adapters up to rank {_LORA_RANKS[-1]}; this one has rank {rank}.")
    modules = json.dumps({"name": name, "path": str(adapter.resolve())})
    return ["--enable-lora", "--max-lora-rank", str(room), "--max-loras", "1", "--lora-modules", modules]
