"""A file of records that survives being killed at any instant: appended, each line with its checksum."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from pathlib import Path
from typing import Any

SYNC_SECONDS = 1.0
"""Records are forced to the disk this often; a process that is killed loses none, a power cut up to this."""


class CheckedLines:
    """Records as JSON, one a line, behind a checksum of the line.

    A record is appended by a single write, which the system does whole or, on a full disk, in part. It has
    a line break on either side, so that a torn one cannot spoil the next. Several processes of one machine
    may append to the same file. Whatever does not fit its checksum is dropped and counted.

    Args:
        path: The file; made on the first record, readable by its owner alone.
        sync: Whether records are forced to the disk from time to time.
    """

    def __init__(self, path: Path, *, sync: bool = False) -> None:
        self.path, self._sync = path, sync
        self.damaged = 0
        """Lines that were dropped so far."""
        self._file: int | None = None
        self._offset, self._synced = 0, time.monotonic()
        self._lock = threading.Lock()

    def append(self, record: dict[str, Any]) -> None:
        """Add a record.

        Raises:
            OSError: If it cannot be written whole.
        """
        body = json.dumps(record, separators=(",", ":")).encode()
        line = b"\n" + _checksum(body) + b" " + body + b"\n"
        with self._lock:
            if self._file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            if os.write(self._file, line) != len(line):
                raise OSError(f"{self.path}: could not be written to. Is the disk full?")
            if self._sync and time.monotonic() - self._synced > SYNC_SECONDS:
                os.fsync(self._file)
                self._synced = time.monotonic()

    def read(self) -> list[dict[str, Any]]:
        """The whole records that were added, by anybody, since the last call."""
        with self._lock:
            try:
                if self.path.stat().st_size <= self._offset:
                    return []
                with self.path.open("rb") as stream:
                    stream.seek(self._offset)
                    data = stream.read()
            except FileNotFoundError:
                return []
            end = data.rfind(b"\n") + 1  # what follows is still being written
            self._offset += end
            records = [self._checked(line) for line in data[:end].split(b"\n") if line]
        return [record for record in records if record is not None]

    def _checked(self, line: bytes) -> dict[str, Any] | None:
        checksum, _, body = line.partition(b" ")
        try:
            record = json.loads(body) if checksum == _checksum(body) else None
        except ValueError:
            record = None
        if isinstance(record, dict):
            return record
        self.damaged += 1
        return None

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def remove(self) -> None:
        """Remove the file."""
        self.close()
        self.path.unlink(missing_ok=True)


def _checksum(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=12).hexdigest().encode()
