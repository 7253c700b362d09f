"""Whether the name of a served model stands for one snapshot of it, or for whatever is newest."""

from __future__ import annotations

import re

_YEAR, _MONTH, _DAY = r"20[2-9]\d", r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])"
_ENDS = r"(?=$|[-_.:@/])"
_SNAPSHOTS = (
    rf"(?<!\d)(?:{_YEAR}-{_MONTH}-{_DAY}|{_YEAR}{_MONTH}{_DAY})(?!\d)",  # gpt-4o-2024-08-06, …@20240620
    rf"(?<=[-_@])(?:{_MONTH}-{_YEAR}|{_YEAR}-{_MONTH}){_ENDS}",  # command-r-08-2024
    rf"(?<=[-_])(?:{_MONTH}{_DAY}|2[3-9]{_MONTH}){_ENDS}",  # gpt-4-0613, mistral-large-2407
    r"(?<=-)0\d\d$",  # gemini-2.0-flash-001
    r"(?<=[@:])(?:sha256:)?[0-9a-f]{7,64}$",  # a revision of a hub, or a digest
)
_MOVING = re.compile(r"(?:^|[-_:@/])(?:latest|main|default|stable|current)$", re.IGNORECASE)


def snapshot(model: str) -> str | None:
    """The part of a model's name that pins it: a date, a numbered release or a revision.

    Providers publish dated or numbered snapshots beside names that move on to the next one; which
    is which is read off the name, as no server says it.

    Args:
        model: The name as the server knows it, such as ``gpt-4o-2024-08-06``.

    Returns:
        The part, or ``None`` for a name that may stand for another model tomorrow.
    """
    if _MOVING.search(model):
        return None
    for pattern in _SNAPSHOTS:
        found = re.search(pattern, model)
        if found:
            return found[0]
    return None


def why_unpinned(model: str, pinned: bool | None = None) -> str | None:
    """Why what answers to ``model`` may change without notice; ``None`` if it is pinned.

    Args:
        model: The name as the server knows it.
        pinned: What the user knows of it; ``None`` lets the name decide.
    """
    if pinned is None:
        pinned = snapshot(model) is not None
        why = f"the name {model!r} holds no date, release number or revision"
    else:
        why = f"the settings say that {model!r} is not pinned"
    return None if pinned else why
