"""The licence of each model, from where it is stated: by the user, in its files, on the hub."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from arms import models
from arms.base import Arm
from decide.privacy.records import Licence
from decide.yaml_text import YamlProblem, parse_yaml
from evalsets import DecideError

HUB_SECONDS = 3.0
_FIRST_LINES = {
    "apache license version 2.0": "apache-2.0",
    "mit license": "mit",
    "the mit license": "mit",
    "gnu general public license version 3": "gpl-3.0",
    "gnu affero general public license version 3": "agpl-3.0",
    "mozilla public license version 2.0": "mpl-2.0",
    "bsd 3-clause license": "bsd-3-clause",
    "creative commons attribution 4.0 international": "cc-by-4.0",
}
"""How the texts of common licences begin, and their names on the hub."""


def check_licences(given: Mapping[str, str] | None, arms: Sequence[Arm]) -> None:
    """Refuse a licence for a model that no arm has.

    Raises:
        DecideError: Naming it and the models there are.
    """
    known = {getattr(arm, "model", None) for arm in arms} - {None}
    for name in given or {}:
        if name not in known:
            raise DecideError(
                f"licences names {name!r}, which is the model of no arm. "
                f"Models are: {', '.join(sorted(map(str, known))) or 'none'}."
            )


def licences_of(arms: Sequence[Arm], given: Mapping[str, str] | None) -> list[Licence]:
    """One record for each model and where it is served."""
    found: dict[tuple[str, bool], Licence] = {}
    for arm in arms:
        model = getattr(arm, "model", None)
        if not isinstance(model, str):
            continue
        remote = any(place.remote for place in arm.destinations())
        known = found.get((model, remote))
        if known is not None:
            found[model, remote] = known.model_copy(update={"arms": [*known.arms, arm.label]})
            continue
        licence, source = _of(model, arm, remote, given or {})
        found[model, remote] = Licence(
            model=models.short_name(model) if models.is_path(model) else model,
            arms=[arm.label],
            licence=licence,
            source=source,
        )
    return list(found.values())


def _of(model: str, arm: Arm, remote: bool, given: Mapping[str, str]) -> tuple[str | None, str]:
    if model in given:
        return given[model], "stated by the user"
    if remote:
        return None, "served elsewhere; the provider's terms apply"
    server = getattr(arm, "server", None)
    if server is not None and not server.serves_adapters:
        return None, "served by a server that was already running, under a name of its own"
    folder = _folder(model)
    licence, source = (None, "its files are not here") if folder is None else licence_in(folder)
    if licence is None and not models.is_path(model):
        online = _on_hub(model)
        if online:
            return online, "the model hub"
    return licence, source


def _folder(model: str) -> Path | None:
    """The folder of a model that is here already; nothing is downloaded for a licence."""
    if models.is_path(model):
        folder = Path(model).expanduser()
        return folder if folder.is_dir() else None
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(model, local_files_only=True))
    except Exception:
        return None


def licence_in(folder: Path) -> tuple[str | None, str]:
    """The licence that a model's files state, and which file does."""
    head = front_matter(folder / "README.md")
    named = head.get("license")
    if isinstance(named, list):
        named = ", ".join(str(one) for one in named)
    if named and str(named).lower() != "other":
        return str(named), "its model card"
    if named:
        more = head.get("license_name") or head.get("license_link")
        return (str(more) if more else "other"), "its model card"
    for file in sorted(folder.iterdir()):
        if file.is_file() and file.name.upper().startswith(("LICENSE", "LICENCE", "COPYING")):
            return _begins(file), f"its file {file.name}"
    return None, "neither model card nor licence file states one"


def _begins(file: Path) -> str:
    """The name of a licence by the first words of its text, or those words."""
    words = " ".join(file.read_text(encoding="utf-8", errors="replace")[:400].replace(",", " ").split())
    for start, name in _FIRST_LINES.items():
        if words.lower().startswith(start):
            return name
    return f"text that begins “{words[:60]}”"


def front_matter(card: Path) -> dict[str, Any]:
    """The YAML at the head of a model card; empty if there is none that can be read."""
    if not card.is_file():
        return {}
    parts = card.read_text(encoding="utf-8", errors="replace").split("---", 2)
    if len(parts) < 3 or parts[0].strip():
        return {}
    try:
        found = parse_yaml(parts[1])
    except YamlProblem:
        return {}
    return found if isinstance(found, dict) else {}


def _on_hub(model: str) -> str | None:
    """The licence on the hub, if it answers soon; its name is all that is sent."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE or os.environ.get("HF_HUB_OFFLINE") == "1":
        return None
    from huggingface_hub import HfApi

    try:
        card = HfApi().model_info(model, timeout=HUB_SECONDS).card_data
    except Exception:
        return None
    licence = getattr(card, "license", None)
    return str(licence) if licence else None
