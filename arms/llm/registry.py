"""Servers of language models by their kind, so that a file can name them."""

from __future__ import annotations

from typing import Any, TypeVar

from arms.llm.base import Server

SERVERS: dict[str, type[Server]] = {}
S = TypeVar("S", bound=type[Any])


def register_server(server: S) -> S:
    """Make a server known by its ``kind``; usable as a class decorator.

    Raises:
        ValueError: If another class already has that kind.
    """
    if SERVERS.get(server.kind, server).__qualname__ != server.__qualname__:
        raise ValueError(
            f"Server {server.kind!r} is already registered by {SERVERS[server.kind].__qualname__}"
        )
    SERVERS[server.kind] = server
    return server
