"""What goes wrong between us and a server: what stops the run, what costs one answer."""

from __future__ import annotations

import re
from typing import Any

from arms.base import ArmError
from arms.llm.masking import mask

_LONGEST = 300
_PAGE = re.compile(r"^\s*<(?:!doctype|html|head|body)\b", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_PASSING = {408, 409, 425, 429}
"""Statuses below 500 that say nothing about the prompt."""


def describe(error: Exception, secret: str | None) -> str:
    """One line on a fault of one prompt, without the key."""
    import openai

    if isinstance(error, openai.APITimeoutError):
        return "the server did not answer in time"
    if isinstance(error, openai.APIConnectionError):
        return "the connection to the server failed"
    if isinstance(error, openai.APIStatusError):
        return f"the server answered {error.status_code}: {said(error, secret)}"
    if isinstance(error, openai.OpenAIError) and not isinstance(error, openai.APIError):
        return said(error, secret)
    if isinstance(error, ValueError):
        return "the server's reply is not valid JSON"
    return f"the server's reply cannot be read ({type(error).__name__})"


def passing(error: Exception) -> bool:
    """Whether a fault is the server's or the connection's, so that the same prompt may be answered later."""
    import openai

    if isinstance(error, openai.APIStatusError):
        return error.status_code >= 500 or error.status_code in _PASSING
    return True


def said(error: Any, secret: str | None) -> str:
    """The server's own words, on one line, cut and masked; of a page its title alone."""
    body = getattr(error, "body", None)
    text = body.get("message") if isinstance(body, dict) else None
    page = body if isinstance(body, str) else str(error)
    if text is None and _PAGE.match(page):
        title = _TITLE.search(page)
        text = f"a web page{f' ({title[1]})' if title else ''}"
    # Masked before it is cut: half a key would not be recognised.
    line = " ".join(mask(str(text or error), secret).split())
    return line if len(line) <= _LONGEST else line[:_LONGEST] + "…"


def empty_reply(reply: Any, secret: str | None) -> str:
    """What is wrong with a reply that holds no answer."""
    error = getattr(reply, "error", None)
    message = error.get("message") if isinstance(error, dict) else error
    if not message:
        return "the server's reply holds no answer"
    line = " ".join(mask(str(message), secret).split())[:_LONGEST]
    return f"the server's reply holds an error in place of an answer: {line}"


def fatal(
    error: Exception, *, model: str, host: str, key_env: str | None, secret: str | None
) -> ArmError | None:
    """The error that ends the run, if this fault would hit every prompt alike."""
    import openai

    if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
        remedy = (
            f"Set the environment variable {key_env} to a key that is valid there"
            if key_env
            else "Set api_key_env to the name of the environment variable that holds the key"
        )
        return ArmError(f"{host} refused the key ({said(error, secret)}). {remedy}.")
    if isinstance(error, openai.NotFoundError):
        return ArmError(
            f"{host} does not know model {model!r} or the address ({said(error, secret)}). "
            "Check the model's name, and that base_url is complete (most end in /v1)."
        )
    spent = isinstance(error, openai.RateLimitError) and _code(error) == "insufficient_quota"
    if spent or (isinstance(error, openai.APIStatusError) and error.status_code == 402):
        return ArmError(
            f"The account at {host} has no quota left ({said(error, secret)}). Top it up and run again; the "
            "answers that were had are kept."
        )
    return None


def _code(error: Any) -> str | None:
    body = getattr(error, "body", None)
    code = body.get("code") if isinstance(body, dict) else None
    return code if isinstance(code, str) else None
