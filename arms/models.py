"""Finding a model by hub name or local path, and knowing exactly which one it was."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from arms.base import ArmError
from evalsets.files import write_atomically

_WANTED = ("*.safetensors", "*.json", "*.txt", "*.model", "*.tiktoken", "*.jinja", "LICENSE*", "README.md")


@contextmanager
def quiet() -> Iterator[None]:
    """Load models without transformers' reports and bars: missing heads are expected and recorded by us."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def is_path(model: str) -> bool:
    """Whether ``model`` is meant as a folder rather than a hub name (``owner/name``)."""
    return Path(model).expanduser().is_dir() or model.startswith((".", "~", os.sep)) or model.count("/") > 1


def check_model(model: str) -> None:
    """Refuse a path that is no model folder, before anything slow. Hub names are not looked up.

    Raises:
        ArmError: Naming the path and the remedy.
    """
    if not is_path(model):
        return
    folder = Path(model).expanduser()
    if not folder.is_dir():
        where = "" if folder.is_absolute() else f" in {Path.cwd()}"
        raise ArmError(
            f"No folder {model!r}{where}. Give a folder with config.json and safetensors, or a hub name."
        )
    if not (folder / "config.json").is_file():
        raise ArmError(f"{folder} has no config.json. Give the folder a model was saved to.")
    if not any(folder.glob("*.safetensors")):
        raise ArmError(
            f"{folder} has no .safetensors weights. Other formats can run code when loaded and are refused; "
            "convert with save_pretrained."
        )
    _check_code(folder)


def local_folder(model: str) -> Path:
    """The folder of ``model``, downloaded from the hub if it is a hub name not yet cached.

    Raises:
        ArmError: If it cannot be found, or has no safetensors weights.
    """
    check_model(model)
    if is_path(model):
        return Path(model).expanduser()
    from huggingface_hub import snapshot_download

    try:
        try:
            folder = Path(snapshot_download(model, allow_patterns=list(_WANTED), local_files_only=True))
        except Exception:
            folder = Path(snapshot_download(model, allow_patterns=list(_WANTED)))
    except Exception as error:
        raise ArmError(
            f"Model {model!r} is neither a local folder nor reachable on the hub ({type(error).__name__}). "
            "Check the name, the network and HF_TOKEN, or download it and give the folder."
        ) from error
    if not any(folder.glob("*.safetensors")):
        raise ArmError(f"Model {model!r} has no .safetensors weights on the hub. Use a revision that has.")
    _check_code(folder)
    return folder


def _check_code(folder: Path) -> None:
    """Refuse a model that needs code of its own, or that would load another by an adapter.

    Nothing of it would run in any case (``trust_remote_code`` is off wherever a model is loaded); this says
    so before anything slow.
    """
    if (folder / "adapter_config.json").is_file():
        raise ArmError(
            f"{folder} has an adapter_config.json, which makes transformers load another model and weights "
            "in any format. Merge the adapter into its model (merge_and_unload) and save that."
        )
    config = _config(folder)
    if "auto_map" not in config:
        return
    from transformers import CONFIG_MAPPING

    if (
        str(config.get("model_type")) not in CONFIG_MAPPING
    ):  # many that transformers has carry old code as well
        raise ArmError(
            f"{folder} is of the type {config.get('model_type')!r}, which transformers does not have, and "
            "brings code of its own. Such code is never run; use a model that transformers has."
        )


def _config(folder: Path) -> dict[str, Any]:
    try:
        return read_json(folder / "config.json")
    except (OSError, ValueError, RecursionError) as error:
        raise ArmError(f"{folder / 'config.json'} cannot be read ({error}). Save the model again.") from error


def fingerprint(model: str) -> str:
    """What identifies the weights: the hub commit, or a SHA-256 over the files of a local folder."""
    if not is_path(model):
        return f"hub commit {local_folder(model).resolve().name}"
    folder = Path(model).expanduser()
    files = sorted(
        f for f in folder.iterdir() if f.suffix in (".safetensors", ".json", ".txt", ".model", ".jinja")
    )
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + _file_hash(file).encode())
    return f"sha256 {digest.hexdigest()}"


def _file_hash(file: Path) -> str:
    """SHA-256 of a file, remembered by path, size and time so that large weights are read once."""
    from platformdirs import user_cache_path

    stat = file.stat()
    key = hashlib.sha256(f"{file.resolve()}|{stat.st_size}|{stat.st_mtime_ns}".encode()).hexdigest()
    memo = user_cache_path("decide") / "file-hashes" / key
    if stat.st_size > 1 << 20 and memo.is_file():
        return memo.read_text()
    with file.open("rb") as stream:
        value = hashlib.file_digest(stream, "sha256").hexdigest()
    if stat.st_size > 1 << 20:
        write_atomically(memo, value)
    return value


def weights_bytes(folder: Path) -> int:
    """Bytes of the safetensors weights in ``folder``."""
    return sum(f.stat().st_size for f in folder.glob("*.safetensors"))


def short_name(model: str) -> str:
    """The last part of a hub name or path; of a folder that is just called ``model``, the one it is in.

    >>> short_name("google-bert/bert-base-uncased"), short_name("/data/minilm/model")
    ('bert-base-uncased', 'minilm')
    """
    path = Path(model)
    return (path.parent.name if path.name == "model" else "") or path.name or model


def licence(folder: Path) -> str | None:
    """The licence the model card states, if it states one."""
    card = folder / "README.md"
    if not card.is_file():
        return None
    lines = card.read_text(encoding="utf-8", errors="replace").split("---")
    for line in lines[1].splitlines() if len(lines) > 2 else []:
        if line.startswith("license:"):
            return line.split(":", 1)[1].strip() or None
    return None


def read_json(file: Path) -> dict[str, Any]:
    """A JSON object from a file.

    Raises:
        ArmError: If it holds something else.
        OSError: If it cannot be read.
        ValueError: If it is no JSON.
    """
    data = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(data, dict):
        raise ArmError(f"{file} is not a JSON object.")
    return data
