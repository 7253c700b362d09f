"""Keeps what an engagement file names in its own folder, for it may have been written by someone else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evalsets import DecideError

OPTION = "--allow-outside"


def check_paths(data: Mapping[str, Any], outputs: Mapping[str, Path], file: Path) -> None:
    """Refuse paths that leave the folder of the file that names them, links followed.

    Whoever writes an engagement file would otherwise choose which files of the reader's machine are
    overwritten, and which are shown in a report or sent to a model.

    Args:
        data: The arguments of ``EvalSet.from_files`` that the file gives, its paths as they would be used.
        outputs: Fields that name what is written, and where that would be.
        file: The file.

    Raises:
        DecideError: Naming the file, the field and the remedy.
    """
    folder = file.parent.resolve()
    named = {**outputs, **{f"data.{field}": path for field, path in _files(data)}}
    for field, path in named.items():
        try:
            outside = not path.resolve().is_relative_to(folder)
            path.exists()  # fails for a name that is too long
        except (OSError, RuntimeError, ValueError) as error:  # loops of links, NUL in the name
            raise DecideError(f"{file}: {field}: {path} is no usable path ({error}).") from error
        if outside:
            remedy = "Move it there" if field in outputs else "Put a copy there"
            raise DecideError(
                f"{file}: {field}: {path} is not in the folder of the file. {remedy}, or, if you trust the "
                f"file, say {OPTION} (in Python: outside=True)."
            )
    for field, path in outputs.items():
        if path.resolve() == file.resolve():
            raise DecideError(f"{file}: {field}: would overwrite the engagement file. Name another file.")


def _files(data: Mapping[str, Any]) -> Iterator[tuple[str, Path]]:
    from evalsets.tasks import task_class
    from evalsets.tasks.reader import FILES

    for field in (*FILES, *task_class(data["task"]).paths):
        value = data.get(field)
        for i, path in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(path, str | Path):
                yield (f"{field}.{i}" if isinstance(value, list) else field), Path(path)
