"""Folders of files that arms keep: there whole or not at all, and known to be undamaged.

A folder is written elsewhere, sealed with a list of its files and their checksums, and renamed into place.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from arms.locks import if_free
from arms.progress import say
from evalsets import DecideError
from evalsets.files import cannot_write, disk_full, flush_folder, write_atomically

SEAL = "complete.json"
PARTIAL, OLD, DAMAGED, LOCK = ".partial", ".old", ".damaged", ".lock"
_TORCH_CANNOT_WRITE = ("pytorchstreamwriter failed writing", "unexpected pos")


def lock_of(folder: Path) -> Path:
    """The lock file of whoever makes ``folder``."""
    return folder.with_name(f".{folder.name}{LOCK}")


def seal(folder: Path) -> None:
    """Flush every file that is in ``folder`` to the disk and list them with their checksums, last of all.

    Raises:
        DecideError: If there is no room for it.
    """
    files = {}
    for file in sorted(f for f in folder.rglob("*") if f.is_file() and f.name != SEAL):
        with file.open("rb") as stream:
            files[file.relative_to(folder).as_posix()] = hashlib.file_digest(stream, "sha256").hexdigest()
            with contextlib.suppress(OSError):  # a few file systems flush only what was opened to write
                os.fsync(stream.fileno())
    for inner in sorted({(folder / name).parent for name in files}):
        flush_folder(inner)
    write_atomically(folder / SEAL, json.dumps({"written": time.time(), "files": files}))


def whole(folder: Path, since: float = 0.0) -> bool:
    """Whether ``folder`` is sealed, not before ``since``, and every listed file is as it was then."""
    try:
        sealed = json.loads((folder / SEAL).read_text(encoding="utf-8"))
        if sealed["written"] < since:
            return False
        for name, checksum in sealed["files"].items():
            with (folder / name).open("rb") as stream:
                if hashlib.file_digest(stream, "sha256").hexdigest() != checksum:
                    return False
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
    return True


def ready(folder: Path, since: float = 0.0) -> bool:
    """Whether ``folder`` can be used; one that is damaged is set aside, so that it is made again.

    Args:
        folder: The folder.
        since: Seconds since the epoch; one sealed earlier stays where it is and is not used.

    Raises:
        DecideError: If a damaged folder cannot be moved out of the way.
    """
    if whole(folder, since):
        return True
    if folder.exists() and not whole(folder):
        aside = folder.with_name(folder.name + DAMAGED)
        shutil.rmtree(aside, ignore_errors=True)
        try:
            folder.rename(aside)
        except OSError as error:
            raise cannot_write(aside, error) from error
        say(f"{folder} is damaged or incomplete. It was set aside as {aside.name} and is made again.")
    return False


def publish(partial: Path, folder: Path) -> None:
    """Seal ``partial`` and put it in the place of ``folder``.

    Raises:
        DecideError: If there is no room for it, or it cannot be moved there.
    """
    seal(partial)
    old = folder.with_name(folder.name + OLD)
    shutil.rmtree(old, ignore_errors=True)
    try:
        if folder.exists():
            folder.rename(old)
        partial.rename(folder)
    except OSError as error:
        raise cannot_write(folder, error) from error
    flush_folder(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


@contextlib.contextmanager
def making(folder: Path) -> Iterator[Path]:
    """A new folder beside ``folder`` to write to, which takes its place if the context ends well.

    If it does not, what was written is removed.

    Raises:
        DecideError: If there is no room for it, whatever library said so.
    """
    partial = folder.with_name(folder.name + PARTIAL)
    shutil.rmtree(partial, ignore_errors=True)
    try:
        with room_explained(folder):
            partial.mkdir(parents=True)
            yield partial
            publish(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextlib.contextmanager
def room_explained(folder: Path) -> Iterator[None]:
    """Says of a failure that the disk is full, if that is why.

    Raises:
        DecideError: Naming the folder and the remedy.
    """
    try:
        yield
    except DecideError:
        raise
    except Exception as error:
        text = str(error).lower()
        if disk_full(error) or any(words in text for words in _TORCH_CANNOT_WRITE):
            raise cannot_write(folder, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))) from error
        raise


def remove_left_over(artifacts: Path) -> list[Path]:
    """Remove what processes that are gone were writing to ``artifacts``, and return it.

    Work that is gone on with, such as the checkpoints of an adaptation, is not left over.
    """
    removed = []
    for ending in (PARTIAL, OLD):
        for folder in artifacts.glob(f"**/*{ending}"):
            made = folder.with_name(folder.name.removesuffix(ending))
            if not folder.is_dir() or folder.parent.name.endswith(".work"):
                continue
            with if_free(lock_of(made)) as mine:
                if not mine:
                    continue
                if ending == OLD and not made.exists():
                    folder.rename(made)  # killed between the two moves
                else:
                    shutil.rmtree(folder, ignore_errors=True)
                    removed.append(folder)
    return removed
