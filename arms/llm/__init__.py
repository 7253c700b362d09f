"""Language models behind one interface: in this process, on a vLLM server of ours, or on any other server."""

from __future__ import annotations

from arms.llm.base import Answer, LLMClient, Message, Method, Prompt, Server
from arms.llm.fake_server import FakeServer
from arms.llm.in_process import InProcess
from arms.llm.openai_server import OpenAIServer
from arms.llm.provider import ProviderProfile
from arms.llm.vllm_server import VLLMServer

SERVERS: dict[str, type[Server]] = {server.kind: server for server in (InProcess, OpenAIServer, VLLMServer)}
"""Servers by their kind, so that a file can name them."""


def register_server(server: type[Server]) -> type[Server]:
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


__all__ = [
    "SERVERS",
    "Answer",
    "FakeServer",
    "InProcess",
    "LLMClient",
    "Message",
    "Method",
    "OpenAIServer",
    "Prompt",
    "ProviderProfile",
    "Server",
    "VLLMServer",
    "register_server",
]
