"""The run directory: each finished run and domain gap is a file under the key of what determines it."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from arms import artifacts
from arms.locks import alone
from arms.progress import say
from decide.domain_gap.report import GapReport
from decide.files import write_atomically
from decide.records import Record
from decide.run import Run
from evalsets import DecideError
from evalsets.files import cannot_write, remove_left_over

R = TypeVar("R", bound=Record)


class RunStore:
    """Runs and gap reports on disk, each written whole with a checksum.

    A damaged file is set aside as ``.damaged`` and not used.

    Args:
        folder: The run directory; made if missing.
        since: Seconds since the epoch; what was written earlier is not used, and made again.

    Raises:
        DecideError: If the directory cannot be made.
    """

    def __init__(self, folder: Path, since: float = 0.0) -> None:
        self.folder, self.since = folder, since
        self.artifacts = folder / "artifacts"
        try:
            (folder / "runs").mkdir(parents=True, exist_ok=True)
            self.artifacts.mkdir(exist_ok=True)
        except OSError as error:
            raise cannot_write(folder, error) from error

    def path(self, key: str) -> Path:
        """The file of the run with ``key``."""
        return self.folder / "runs" / f"{key}.json"

    def gap_path(self, key: str) -> Path:
        """The file of the gap report with ``key``."""
        return self.folder / "gaps" / f"{key}.json"

    def get(self, key: str) -> Run | None:
        """The run with ``key``, or ``None``."""
        return _read(self.path(key), key, "run", Run, self.since)

    def put(self, run: Run) -> Path:
        """Write a run, whole or not at all."""
        return _write(self.path(run.key), run.key, "run", run)

    def get_gap(self, key: str) -> GapReport | None:
        """The gap report with ``key``, or ``None``."""
        return _read(self.gap_path(key), key, "gap", GapReport, self.since)

    def put_gap(self, key: str, report: GapReport) -> Path:
        """Write a gap report, whole or not at all."""
        return _write(self.gap_path(key), key, "gap", report)

    @contextmanager
    def computing(self, key: str, what: str) -> Iterator[None]:
        """Held while the run or gap report with ``key`` is made, by one process at a time.

        Whoever gets in looks first whether it is there by now.

        Args:
            key: The key.
            what: What is made, for the line that says that another process is at it.
        """
        with alone(self.folder / "locks" / f"{key}.lock", what):
            yield

    def tidy(self) -> list[Path]:
        """Remove what processes that are gone were writing, and return it."""
        places = (self.folder, self.folder / "runs", self.folder / "gaps")
        removed = [file for place in places for file in remove_left_over(place)]
        return removed + artifacts.remove_left_over(self.artifacts)


def _read(path: Path, key: str, name: str, kind: type[R], since: float) -> R | None:
    """What is in a file, if it is undamaged, has the key it should and was not written before ``since``."""
    raw = b""
    try:
        raw = path.read_bytes()
        wrapped = json.loads(raw)
        body = wrapped[name]
        if _checksum(wrapped, name) != wrapped["sha256"]:
            raise ValueError("checksum")
        if {wrapped.get("key", key), body.get("key", key)} != {key}:
            raise ValueError("key")
        record = kind.model_validate(body)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        _set_aside(path, raw, error)
        return None
    return record if wrapped.get("written", 0.0) >= since else None


def _set_aside(path: Path, judged: bytes, why: Exception) -> None:
    """Rename a damaged file, unless another process has done so and written a good one since.

    Raises:
        DecideError: If it cannot be renamed.
    """
    aside = path.with_suffix(".damaged")
    try:
        path.replace(aside)
        if judged and aside.read_bytes() != judged and not path.exists():
            aside.replace(path)
            return
    except FileNotFoundError:
        return
    except OSError as error:
        if isinstance(why, OSError):
            raise DecideError(
                f"{path}: cannot be read ({why.strerror}) nor renamed ({error.strerror}). "
                "Give yourself the rights to it, or use another run directory."
            ) from error
        if aside.exists() and not path.exists():
            return  # renamed, and cannot be read again: it is out of the way
        raise cannot_write(aside, error) from error
    reason = f"cannot be read ({why.strerror})" if isinstance(why, OSError) else "is damaged"
    say(f"{path} {reason}. It was set aside as {aside.name} and is made again.")


def _write(path: Path, key: str, name: str, record: Record) -> Path:
    wrapped: dict[str, Any] = {"key": key, "written": time.time(), name: record.model_dump(mode="json")}
    wrapped["sha256"] = _checksum(wrapped, name)
    return write_atomically(path, json.dumps(wrapped))


def _checksum(wrapped: dict[str, Any], name: str) -> str:
    """SHA-256 of all but the checksum; of the record alone in files of version 0.1, which have no key."""
    parts: Any = [wrapped["key"], wrapped["written"], wrapped[name]] if "key" in wrapped else wrapped[name]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
