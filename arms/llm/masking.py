"""Keeps keys out of everything that is shown or kept."""

from __future__ import annotations

import re

HIDDEN = "***"
_KEY_LIKE = re.compile(r"\b(?:sk|key|hf|gsk)[-_][\w*.-]{8,}|(?<=Bearer )\S+")
_SECRET_NAME = re.compile(r"key|token|secret|password|passwd|credential|signature|\bsig\b", re.IGNORECASE)


def mask(text: str, secret: str | None) -> str:
    """``text`` without the secret, and without whatever looks like a key a server echoed in part."""
    if secret:
        text = text.replace(secret, HIDDEN)
    return _KEY_LIKE.sub(HIDDEN, text)


def names_secret(name: str) -> bool:
    """Whether a setting of that name is likely to hold a secret."""
    return bool(_SECRET_NAME.search(name))
