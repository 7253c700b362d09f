"""The run directory: every finished run is a file under the key of what determines it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from decide.files import write_atomically
from decide.run import Run


class RunStore:
    """Runs on disk, each written whole with a checksum.

    Args:
        folder: The run directory; made if missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.artifacts = folder / "artifacts"
        (folder / "runs").mkdir(parents=True, exist_ok=True)
        self.artifacts.mkdir(exist_ok=True)

    def path(self, key: str) -> Path:
        """The file of the run with ``key``."""
        return self.folder / "runs" / f"{key}.json"

    def get(self, key: str) -> Run | None:
        """The run with ``key``, or ``None``. A damaged file is set aside as ``.damaged`` and not used."""
        path = self.path(key)
        try:
            raw = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        try:
            wrapped = json.loads(raw)
            body = wrapped["run"]
            if hashlib.sha256(_canonical(body)).hexdigest() != wrapped["sha256"]:
                raise ValueError("checksum")
            return Run.model_validate(body)
        except (ValueError, KeyError, TypeError):
            path.replace(path.with_suffix(".damaged"))
            return None

    def put(self, run: Run) -> Path:
        """Write a run, whole or not at all."""
        body = run.model_dump(mode="json")
        wrapped = {"sha256": hashlib.sha256(_canonical(body)).hexdigest(), "run": body}
        return write_atomically(self.path(run.key), json.dumps(wrapped))


def _canonical(body: object) -> bytes:
    return json.dumps(body, sort_keys=True).encode()
