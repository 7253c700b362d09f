"""Files that are there whole or not at all, whatever happens to the writer or the machine."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import socket
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

from evalsets.errors import DecideError

MARK = ".part"
"""Ending of files that are being written."""
FOREIGN_DAYS = 7.0
"""Age at which what another machine was writing is taken for left over."""
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def write_atomically(path: Path, text: str | bytes) -> Path:
    """Write ``text`` to ``path`` through a temporary file beside it, and return ``path``.

    Text is written as UTF-8, bytes as they are. When this returns, the file outlives a loss of power: the
    file and then its folder are flushed to the disk.

    Raises:
        DecideError: If it cannot be written, such as on a full disk. What was there before stays.
    """
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=_prefix(path.name), suffix=MARK)
        with os.fdopen(handle, "wb") as stream:
            stream.write(text.encode("utf-8") if isinstance(text, str) else text)
            stream.flush()
            os.fsync(stream.fileno())
        # mkstemp makes files private; a report is for whoever may read its folder.
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
        os.replace(temporary, path)  # noqa: PTH105 - one call, which either happened or did not
    except OSError as error:
        _discard(temporary)
        raise cannot_write(path, error) from error
    except BaseException:
        _discard(temporary)
        raise
    flush_folder(path.parent)
    return path


def cannot_write(path: Path, error: OSError) -> DecideError:
    """The error for a file or folder that could not be written, with the remedy."""
    why = error.strerror or str(error)
    if error.errno in _FULL:
        return DecideError(
            f"{path}: cannot be written, there is no room for it ({why}). Free some space or use a folder on "
            "another disk, then start again: what was finished before is kept."
        )
    return DecideError(f"{path}: cannot be written ({why}). Use a folder that you may write to.")


def disk_full(error: BaseException | None) -> bool:
    """Whether an error, or what caused it, is that the disk is full; libraries word it in their own ways."""
    while error is not None:
        text = str(error).lower()
        if isinstance(error, OSError) and error.errno in _FULL:
            return True
        # Rust states the number, others the words of the system.
        if any(f"(os error {n})" in text or os.strerror(n).lower() in text for n in _FULL):
            return True
        error = error.__cause__ or error.__context__
    return False


def flush_folder(folder: Path) -> None:
    """Make names of a folder outlive a loss of power, where the system can do that."""
    if sys.platform == "win32":
        return
    # Some network file systems cannot flush a folder; the names are then as safe as they make them.
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def remove_left_over(folder: Path) -> list[Path]:
    """Remove the temporary files of writers that are gone, and return them.

    A writer of this machine is gone when its process is; of another machine, after :data:`FOREIGN_DAYS`.
    """
    import psutil

    removed = []
    for file in folder.glob(f".*{MARK}"):
        here, _, process = _writer(file.name).rpartition("-")
        try:
            if here == machine() and process.isdigit():
                gone = not psutil.pid_exists(int(process))
            else:
                gone = time.time() - file.stat().st_mtime > FOREIGN_DAYS * 86400
            if gone:
                file.unlink()
                removed.append(file)
        except OSError:
            continue  # another process was faster, or may not be ours to remove
    return removed


@cache
def machine() -> str:
    """What process numbers are unique in: this machine and, on Linux, its process namespace, as a hash."""
    space = ""
    with contextlib.suppress(OSError):
        space = os.readlink("/proc/self/ns/pid")  # noqa: PTH115 - no path
    return hashlib.sha256(f"{socket.gethostname()}|{space}".encode()).hexdigest()[:8]


def _prefix(name: str) -> str:
    # Names are at most 255 bytes long in most file systems.
    short = name.encode()[:150].decode(errors="ignore")
    return f".{short}.{machine()}-{os.getpid()}."


def _writer(name: str) -> str:
    """Machine and process in the name of a temporary file."""
    parts = name.removesuffix(MARK).rsplit(".", 2)
    return parts[1] if len(parts) == 3 else ""


def _discard(temporary: str | None) -> None:
    if temporary is not None:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
