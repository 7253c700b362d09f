"""Bounds on what a server may send: how long it may take over a reply, and how long that may be."""

from __future__ import annotations

import email.utils
import importlib
import time
from collections.abc import Iterator
from typing import Any

LARGEST_REPLY = 16 * 1024 * 1024
"""Bytes; an answer of 100,000 tokens is under one million."""
_STARTED = "decide_started"


def http_client(*, trust_env: bool) -> Any:
    """An HTTP client for ``openai.OpenAI`` that gives a reply up when it is too slow or too long.

    The timeout of an HTTP library is for each read, so that a server that sends a byte now and then would
    never run into it. Here it is for the whole reply.

    Args:
        trust_env: Whether a proxy named by the environment is used.
    """
    import openai

    return openai.DefaultHttpxClient(
        trust_env=trust_env, event_hooks={"request": [_start], "response": [_bound]}
    )


def _start(request: Any) -> None:
    request.extensions[_STARTED] = time.monotonic()


def _bound(response: Any) -> None:
    import openai

    # Which HTTP library it is depends on the version of openai.
    library = importlib.import_module(type(response).__module__.split(".")[0])
    request, inner = response.request, response.stream
    patience = (request.extensions.get("timeout") or {}).get("read")
    until = request.extensions[_STARTED] + patience if patience else float("inf")

    class Bounded(library.SyncByteStream):  # type: ignore[name-defined,misc]
        def __iter__(self) -> Iterator[bytes]:
            size = 0
            for part in inner:
                size += len(part)
                if size > LARGEST_REPLY:
                    # One of its own errors is passed on by openai as it is, not taken for a lost connection.
                    raise openai.OpenAIError(
                        f"the server's reply is longer than {LARGEST_REPLY // 1024**2} MB"
                    )
                if time.monotonic() > until:
                    raise library.ReadTimeout("the reply took too long", request=request)
                yield part

        def close(self) -> None:
            inner.close()

    response.stream = Bounded()


def asked_to_wait(error: Any) -> float | None:
    """Seconds that a refusal asks to wait by its Retry-After (a number or a date), or ``None``."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    said = headers.get("retry-after")
    if said is None:
        return None
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(said).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None
