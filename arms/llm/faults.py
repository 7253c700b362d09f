"""What goes wrong between us and a server: what stops the run, what costs one answer."""

from __future__ import annotations

from typing import Any

from arms.base import ArmError
from arms.llm.masking import mask

_LONGEST = 300


def describe(error: Exception, secret: str | None) -> str:
    """One line on a fault of one prompt, without the key."""
    import openai

    if isinstance(error, openai.APITimeoutError):
        return "the server did not answer in time"
    if isinstance(error, openai.APIConnectionError):
        return "the connection to the server failed"
    if isinstance(error, openai.APIStatusError):
        return f"the server answered {error.status_code}: {said(error, secret)}"
    if isinstance(error, ValueError):
        return "the server's reply is not valid JSON"
    return f"the server's reply cannot be read ({type(error).__name__})"


def said(error: Any, secret: str | None) -> str:
    """The server's own words, on one line, cut and masked."""
    body = getattr(error, "body", None)
    text = body.get("message") if isinstance(body, dict) else None
    # Masked before it is cut: half a key would not be recognised.
    line = " ".join(mask(str(text or error), secret).split())
    return line if len(line) <= _LONGEST else line[:_LONGEST] + "…"


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
    if isinstance(error, openai.RateLimitError) and _code(error) == "insufficient_quota":
        return ArmError(f"The account at {host} has no quota left ({said(error, secret)}). Top it up.")
    return None


def _code(error: Any) -> str | None:
    body = getattr(error, "body", None)
    code = body.get("code") if isinstance(body, dict) else None
    return code if isinstance(code, str) else None
