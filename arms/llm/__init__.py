"""Language models behind one interface: in this process, on a vLLM server of ours, or on any other server."""

from __future__ import annotations

from arms.llm.base import Answer, LLMClient, Message, Method, Prompt, Server
from arms.llm.fake_server import FakeServer
from arms.llm.in_process import InProcess
from arms.llm.openai_server import OpenAIServer
from arms.llm.provider import ProviderProfile
from arms.llm.registry import SERVERS, register_server
from arms.llm.vllm_server import VLLMServer

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
