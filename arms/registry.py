"""Arms by their kind, so that a file can name them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from arms.base import Arm, ArmError
from evalsets import plugins
from evalsets.explain import Path, did_you_mean, explained

ARMS: dict[str, type[Arm]] = {}
A = TypeVar("A", bound=type[Any])


class SettingsError(ArmError):
    """Settings that an arm or its server does not take.

    Args:
        message: All that is wrong.
        problems: Each thing that is wrong: its place in the settings, and what it is.
    """

    def __init__(self, message: str, problems: Sequence[tuple[Path, str]] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


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

    plugins.load()
    settings = dict(config)
    kind = settings.pop("kind", None)
    if not isinstance(kind, str) or kind not in ARMS:
        raise _unknown(("kind",), "arm", kind, ARMS)
    if isinstance(settings.get("server"), Mapping):
        server = dict(settings["server"])
        server_kind = server.pop("kind", None)
        if not isinstance(server_kind, str) or server_kind not in SERVERS:
            raise _unknown(("server", "kind"), "server", server_kind, SERVERS)
        settings["server"] = _build(SERVERS[server_kind], server, f"server {server_kind}", ("server",))
    built: Arm = _build(ARMS[kind], settings, f"arm {kind}")
    return built


def _unknown(path: Path, what: str, kind: Any, known: Mapping[str, Any]) -> SettingsError:
    message = (
        f"Unknown {what} kind {kind!r}.{did_you_mean(kind, known)} Known kinds: {', '.join(sorted(known))}."
        f"{plugins.lacking()}"
    )
    return SettingsError(message, [(path, message)])


def _build(cls: Any, settings: dict[str, Any], what: str, path: Path = ()) -> Any:
    settings = {str(key): value for key, value in settings.items()}  # YAML has keys that are no text
    try:
        return cls(**settings)
    except ValidationError as error:
        found = explained(error, settings, cls)
        listed = "; ".join(f"{'.'.join(map(str, place))}: {message}" for place, message in found)
        raise SettingsError(
            f"Settings of {what} are wrong: {listed}.",
            [((*path, *place), f"{message} ({what})") for place, message in found],
        ) from None
