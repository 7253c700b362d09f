"""Language models behind one interface: in this process, a vLLM server of ours, or any OpenAI-compatible one."""

from __future__ import annotations

from arms.llm.base import Answer, LLMClient, Message, Method, Prompt, Server
from arms.llm.in_process import InProcess

SERVERS: dict[str, type[Server]] = {server.kind: server for server in (InProcess,)}

__all__ = ["SERVERS", "Answer", "InProcess", "LLMClient", "Message", "Method", "Prompt", "Server"]
