"""Arms by their kind, so that a file can name them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from arms.base import Arm, ArmError

ARMS: dict[str, type[Arm]] = {}
A = TypeVar("A", bound=type[Any])


def register_arm(arm: A) -> A:
    """Make an arm known by its ``kind``; usable as a class decorator.

    Raises:
        ValueError: If another class already has that kind.
    """
    if ARMS.get(arm.kind, arm).__qualname__ != arm.__qualname__:
        raise ValueError(f"Arm kind {arm.kind!r} is already registered by {ARMS[arm.kind].__qualname__}")
    ARMS[arm.kind] = arm
    return arm


def arm_from_config(config: Mapping[str, Any]) -> Arm:
    """Build an arm from plain data such as ``{"kind": "fine_tuned", "model": "bert-base-uncased"}``.

    Raises:
        ArmError: Naming the unknown kind or each wrong setting.
    """
    from arms.llm import SERVERS

    settings = dict(config)
    kind = settings.pop("kind", None)
    if not isinstance(kind, str) or kind not in ARMS:
        raise ArmError(f"Unknown arm kind {kind!r}. Known kinds: {', '.join(sorted(ARMS))}.")
    if isinstance(settings.get("server"), Mapping):
        server = dict(settings["server"])
        server_kind = server.pop("kind", None)
        if not isinstance(server_kind, str) or server_kind not in SERVERS:
            raise ArmError(f"Unknown server kind {server_kind!r}. Known kinds: {', '.join(sorted(SERVERS))}.")
        settings["server"] = _build(SERVERS[server_kind], server, f"server {server_kind}")
    built: Arm = _build(ARMS[kind], settings, f"arm {kind}")
    return built


def _build(cls: Any, settings: dict[str, Any], what: str) -> Any:
    try:
        return cls(**settings)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors(include_url=False)
        )
        raise ArmError(f"Settings of {what} are wrong: {problems}.") from None
