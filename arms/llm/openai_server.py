"""Any server that speaks the OpenAI chat protocol: hosted, or already running nearby."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import parse_qsl, urlsplit

from pydantic import ConfigDict, Field, field_validator
from pydantic.dataclasses import dataclass

from arms.base import ArmError, Location
from arms.llm.base import LLMClient, Method, Server
from arms.llm.dialect import Constraint, Dialect
from arms.llm.faults import fatal
from arms.llm.masking import HIDDEN, names_secret
from arms.llm.openai_client import LONGEST_WAIT, OpenAIClient
from arms.llm.pinning import why_unpinned
from arms.llm.provider import ProviderProfile
from arms.llm.registry import register_server
from arms.llm.replies import http_client


@register_server
@dataclass(frozen=True, config=ConfigDict(extra="forbid", hide_input_in_errors=True))
class OpenAIServer(Server):
    """Ask a server that is already there.

    Args:
        base_url: Its address, such as ``https://api.openai.com/v1``.
        api_key_env: Name of the environment variable that holds the key; ``None`` if it needs none. The
            key itself is read on connecting and is kept nowhere.
        constraint: How answers are held to the labels. ``auto`` uses vLLM's own way with vLLM and a JSON
            schema elsewhere, and goes on with free text if the server refuses that; the facts say so.
        concurrency: Most requests under way at once.
        timeout_s: Seconds to wait for one answer.
        max_retries: Further attempts after a fault that may pass.
        longest_wait_s: Longest wait that the server may ask for (Retry-After); if it asks for more the run
            ends, and its answers are kept.
        extra_body: Sent with each request, such as ``{"service_tier": "flex"}``.
        pinned: Whether the model's name stands for one snapshot of it; by default the name decides (see
            :mod:`arms.llm.pinning`). It is part of a run's key.
        profile: Who runs it and what they do with texts, as you state it; the report shows it as stated. It
            does not change results, and so is none of :meth:`config`.
    """

    kind: ClassVar[str] = "openai"
    serves_adapters: ClassVar[bool] = False
    base_url: str
    api_key_env: str | None = "OPENAI_API_KEY"
    constraint: Literal["auto", "vllm", "json_schema", "none"] = "auto"
    concurrency: Annotated[int, Field(ge=1, le=1000)] = 16
    timeout_s: Annotated[float, Field(gt=0)] = 60.0
    max_retries: Annotated[int, Field(ge=0, le=20)] = 4
    extra_body: dict[str, Any] = Field(default_factory=dict, repr=False)
    longest_wait_s: Annotated[float, Field(ge=0)] = LONGEST_WAIT
    pinned: bool | None = None
    profile: ProviderProfile | None = None

    @field_validator("base_url")
    @classmethod
    def _plain_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("base_url must start with http:// or https:// and name a host")
        if parts.username or parts.password or any(names_secret(name) for name, _ in parse_qsl(parts.query)):
            raise ValueError("base_url must hold no credentials; put the key into api_key_env's variable")
        return value

    def config(self) -> dict[str, Any]:
        """Settings as JSON-able data, secrets hidden."""
        return {
            "kind": self.kind,
            "base_url": self.base_url,
            "api_key_env": self.api_key_env,
            "constraint": self.constraint,
            "concurrency": self.concurrency,
            "timeout_s": self.timeout_s,
            "max_retries": self.max_retries,
            "extra_body": {k: HIDDEN if names_secret(k) else v for k, v in self.extra_body.items()},
            **({} if self.longest_wait_s == LONGEST_WAIT else {"longest_wait_s": self.longest_wait_s}),
            **({} if self.pinned is None else {"pinned": self.pinned}),
        }

    def unpinned(self, model: str) -> str | None:
        """Why what answers to ``model`` may change; ``None`` if its name is pinned."""
        return why_unpinned(model, self.pinned)

    def destination(self) -> Location:
        """Where prompts would go."""
        host = urlsplit(self.base_url).hostname or self.base_url
        return Location(host, remote=not is_loopback(host))

    def provider(self) -> ProviderProfile | None:
        """What the user states of whoever runs it."""
        return self.profile

    def methods(self) -> tuple[Method, ...]:
        """Methods its clients can do, the preferred one first."""
        return ("free",) if self.constraint == "none" else OpenAIClient.methods

    def check(self) -> None:
        """Refuse what cannot work, before anything slow."""
        self._key()

    def _key(self) -> str | None:
        if self.api_key_env is None:
            return None
        key = os.environ.get(self.api_key_env, "").strip()
        if not key:
            raise ArmError(
                f"The environment variable {self.api_key_env} holds no key for "
                f"{self.destination().host}. Set it, or set api_key_env to None if none is needed."
            )
        return key

    @contextmanager
    def connect(
        self,
        model: str,
        *,
        adapter: Path | None = None,
        chat_template_kwargs: dict[str, Any] | None = None,
        structured: bool = False,
    ) -> Iterator[LLMClient]:
        """Open a client; leaving the context frees what it took."""
        if adapter is not None:
            raise ArmError(
                "An adapter of ours cannot be loaded into a server that runs elsewhere. "
                "Use server=InProcess() or server=VLLMServer()."
            )
        key = self._key()
        location = self.destination()
        api = open_api(self.base_url, key, self.timeout_s, self.max_retries)
        try:
            vllm = self._is_vllm(api, model, key)
            wanted = self.constraint
            constraint: Constraint = wanted if wanted != "auto" else "vllm" if vllm else "json_schema"
            extra = dict(self.extra_body)
            if chat_template_kwargs:
                extra.setdefault("chat_template_kwargs", chat_template_kwargs)
            client = OpenAIClient(
                api,
                model,
                location,
                Dialect(constraint, fallback=wanted == "auto"),
                concurrency=self.concurrency,
                extra_body=extra,
                secret=key,
                key_env=self.api_key_env,
                longest_wait=self.longest_wait_s,
            )
            client.probe()
            yield client
        finally:
            api.close()

    def _is_vllm(self, api: Any, model: str, key: str | None) -> bool:
        """Whether the server is vLLM; also finds a wrong key, address or model early."""
        import openai

        failure: ArmError | None = None
        try:
            listed = list(api.models.list().data)
        except openai.APIConnectionError:
            failure = ArmError(f"No server answers at {self.base_url}. Check base_url and that it runs.")
        except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
            failure = fatal(
                error,
                model=model,
                host=self.destination().host,
                key_env=self.api_key_env,
                secret=key,
            )
        except (openai.OpenAIError, ValueError, TypeError, AttributeError):
            return False  # many servers offer no list
        if failure is not None:
            raise failure from None
        vllm = any(getattr(m, "owned_by", None) == "vllm" for m in listed)
        names = [m.id for m in listed]
        if vllm and model not in names:
            raise ArmError(f"The server has no model {model!r}; it serves {', '.join(names)}.")
        return vllm


def open_api(base_url: str, key: str | None, timeout_s: float, max_retries: int) -> Any:
    """An ``openai.OpenAI`` for that address; a proxy in the environment is not used for this machine."""
    import openai

    local = is_loopback(urlsplit(base_url).hostname or "")
    return openai.OpenAI(
        base_url=base_url,
        api_key=key or "none",
        timeout=timeout_s,
        max_retries=max_retries,
        http_client=http_client(trust_env=not local),
    )


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine by its loopback name or address."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
