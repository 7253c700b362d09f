"""The run directory: each finished run and domain gap is a file under the key of what determines it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TypeVar

from decide.domain_gap.report import GapReport
from decide.files import write_atomically
from decide.records import Record
from decide.run import Run

R = TypeVar("R", bound=Record)


class RunStore:
    """Runs and gap reports on disk, each written whole with a checksum.

    A damaged file is set aside as ``.damaged`` and not used.

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

    def gap_path(self, key: str) -> Path:
        """The file of the gap report with ``key``."""
        return self.folder / "gaps" / f"{key}.json"

    def get(self, key: str) -> Run | None:
        """The run with ``key``, or ``None``."""
        return _read(self.path(key), "run", Run)

    def put(self, run: Run) -> Path:
        """Write a run, whole or not at all."""
        return _write(self.path(run.key), "run", run)

    def get_gap(self, key: str) -> GapReport | None:
        """The gap report with ``key``, or ``None``."""
        return _read(self.gap_path(key), "gap", GapReport)

    def put_gap(self, key: str, report: GapReport) -> Path:
        """Write a gap report, whole or not at all."""
        return _write(self.gap_path(key), "gap", report)


def _read(path: Path, name: str, kind: type[R]) -> R | None:
    try:
        raw = path.read_text(encoding="utf-8", errors="replace")  # a damaged byte fails the checksum
    except FileNotFoundError:
        return None
    try:
        wrapped = json.loads(raw)
        body = wrapped[name]
        if hashlib.sha256(_canonical(body)).hexdigest() != wrapped["sha256"]:
            raise ValueError("checksum")
        return kind.model_validate(body)
    except (ValueError, KeyError, TypeError):
        path.replace(path.with_suffix(".damaged"))
        return None


def _write(path: Path, name: str, record: Record) -> Path:
    body = record.model_dump(mode="json")
    wrapped = {"sha256": hashlib.sha256(_canonical(body)).hexdigest(), name: body}
    return write_atomically(path, json.dumps(wrapped))


def _canonical(body: object) -> bytes:
    return json.dumps(body, sort_keys=True).encode()
