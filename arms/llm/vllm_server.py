"""A vLLM server that we start, use and stop."""

from __future__ import annotations

import http.client
import json
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from arms import models
from arms.base import ArmError, Location
from arms.llm.base import LLMClient, Method, Server
from arms.llm.dialect import Dialect
from arms.llm.first_token import first_tokens_of
from arms.llm.masking import HIDDEN, mask, names_secret
from arms.llm.openai_client import OpenAIClient
from arms.llm.openai_server import open_api
from arms.llm.registry import register_server
from arms.llm.templates import DEFAULT_TEMPLATE_KWARGS
from arms.llm.vllm_command import (
    STRUCTURED_ARGUMENTS,
    dtype_argument,
    environment,
    has_gpu,
    interpreter,
    lora_arguments,
)
from arms.process import Process, free_port


@register_server
@dataclass(frozen=True, config=ConfigDict(extra="forbid", hide_input_in_errors=True))
class VLLMServer(Server):
    """Start vLLM on this machine for as long as it is needed.

    Where the first tokens of the labels differ, one token is asked for and no more: greedy decoding held to
    the labels is decided by then. Other labels, and JSON, are held to by vLLM's structured outputs.

    It listens on the loopback address alone, behind a key made for that start. It is stopped on leaving,
    on an error, and if this process is killed.

    Args:
        python: Interpreter that has vLLM; by default the variable ``DECIDE_VLLM_PYTHON``, else this one.
        port: Where it listens; by default any free port.
        dtype: Number format of the weights.
        max_model_len: Longest prompt with answer, in tokens; by default what the model can take.
        tensor_parallel_size: GPUs the model is spread over.
        gpu_memory_utilization: Share of GPU memory it may take.
        concurrency: Most requests under way at once.
        startup_timeout_s: Seconds it may take to be ready.
        timeout_s: Seconds to wait for one answer.
        extra_args: Further arguments of vLLM's server.
        env: Further environment variables of the server.
    """

    kind: ClassVar[str] = "vllm"
    serves_adapters: ClassVar[bool] = True
    python: str | None = None
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    max_model_len: Annotated[int, Field(ge=1)] | None = None
    tensor_parallel_size: Annotated[int, Field(ge=1)] = 1
    gpu_memory_utilization: Annotated[float, Field(gt=0, le=1)] | None = None
    concurrency: Annotated[int, Field(ge=1, le=1000)] = 32
    startup_timeout_s: Annotated[float, Field(gt=0)] = 600.0
    timeout_s: Annotated[float, Field(gt=0)] = 300.0
    extra_args: tuple[str, ...] = ()
    env: dict[str, str] = Field(default_factory=dict, repr=False)

    def config(self) -> dict[str, Any]:
        """Settings as JSON-able data, secrets hidden."""
        return {
            "kind": self.kind,
            "python": self.python,
            "port": self.port,
            "dtype": self.dtype,
            "max_model_len": self.max_model_len,
            "tensor_parallel_size": self.tensor_parallel_size,
            "gpu_memory_utilization": self.gpu_memory_utilization,
            "concurrency": self.concurrency,
            "startup_timeout_s": self.startup_timeout_s,
            "timeout_s": self.timeout_s,
            "extra_args": list(self.extra_args),
            "env": {k: HIDDEN if names_secret(k) else v for k, v in self.env.items()},
        }

    def destination(self) -> Location:
        """Where prompts would go."""
        return Location()

    def methods(self) -> tuple[Method, ...]:
        """Methods its clients can do, the preferred one first."""
        return OpenAIClient.methods

    def check(self) -> None:
        """Refuse what cannot work, before anything slow."""
        interpreter(self.python)

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
        python, folder = interpreter(self.python), models.local_folder(model)
        port, key = self.port or free_port(), secrets.token_urlsafe(24)
        served = model if adapter is None else f"{models.short_name(model)}-adapter"
        with ExitStack() as stack:
            template, prefix = _template(folder, stack)
            command = [python, *self._arguments(folder, model, port), *template]
            command += [] if adapter is None else lora_arguments(served, adapter)
            command += STRUCTURED_ARGUMENTS if structured else []
            env = environment(python, {**self.env, "VLLM_API_KEY": key})
            process = Process([*command, *self.extra_args], env)
            stack.callback(process.stop)
            started = time.monotonic()
            version = self._wait(process, port, key)
            api = stack.enter_context(open_api(f"http://127.0.0.1:{port}/v1", key, self.timeout_s, 2))
            first_token = first_tokens_of(folder)
            kwargs = DEFAULT_TEMPLATE_KWARGS | (chat_template_kwargs or {})

            def connection(api: Any) -> OpenAIClient:
                return OpenAIClient(
                    api,
                    served,
                    Location(),
                    Dialect("vllm", fallback=False),
                    concurrency=self.concurrency,
                    extra_body={"chat_template_kwargs": kwargs},
                    secret=key,
                    answer_prefix=prefix,
                    gone=lambda: _obituary(process, key),
                    first_token=first_token,
                )

            # The first structured answer compiles grammars and may take longer than any later one.
            patient = api.with_options(timeout=self.startup_timeout_s, max_retries=0)
            warm = connection(patient).probe()
            if warm.error:
                raise ArmError(f"vLLM started but does not answer: {warm.error}.\n{_tail(process, key)}")
            client = connection(api)
            client.know(
                parameters=_parameters(folder),
                model_bytes=models.weights_bytes(folder),
                vllm=version,
                dtype=dtype_argument(self.dtype),
                seconds_to_ready=round(time.monotonic() - started, 1),
            )
            client.process_group = process.group
            yield client

    def _arguments(self, folder: Path, model: str, port: int) -> list[str]:
        # Not the `vllm` command: that is a thin wrapper and missing from some builds.
        arguments = ["-m", "vllm.entrypoints.openai.api_server", "--host", "127.0.0.1", "--port", str(port)]
        arguments += ["--model", str(folder), "--served-model-name", model]
        arguments += ["--dtype", dtype_argument(self.dtype), "--enable-prompt-tokens-details"]
        if self.max_model_len is not None:
            arguments += ["--max-model-len", str(self.max_model_len)]
        if self.tensor_parallel_size > 1:
            arguments += ["--tensor-parallel-size", str(self.tensor_parallel_size)]
        if self.gpu_memory_utilization is not None:
            arguments += ["--gpu-memory-utilization", str(self.gpu_memory_utilization)]
        if not has_gpu():
            arguments.append("--enforce-eager")  # compiling for a CPU costs minutes and gains little
            # A prefix is shared by whole blocks. The default for CPUs, 128 tokens, is longer than most
            # instructions; this is the least its kernels are made for.
            arguments += ["--block-size", "32"]
        return arguments

    def _wait(self, process: Process, port: int, key: str) -> str | None:
        """Wait until the server is ready; its version, if it says."""
        until = time.monotonic() + self.startup_timeout_s
        while time.monotonic() < until:
            if not process.running():
                raise ArmError(f"vLLM ended while starting. Its last words:\n{_tail(process, key)}")
            if _get(port, "/health") is not None:
                try:
                    return str(json.loads(_get(port, "/version", key) or "{}").get("version"))
                except ValueError:
                    return None
            time.sleep(0.25)
        raise ArmError(
            f"vLLM was not ready within {self.startup_timeout_s:.0f} s. Raise startup_timeout_s, or see its "
            f"last words:\n{_tail(process, key)}"
        )


def _get(port: int, path: str, key: str | None = None) -> str | None:
    """Body of a page of the server, ``None`` unless it answers 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {key}"} if key else {})
        response = connection.getresponse()
        text = response.read().decode("utf-8", "replace")
        return text if response.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _tail(process: Process, key: str) -> str:
    return mask(process.log_tail(), key)


def _obituary(process: Process, key: str) -> str | None:
    return None if process.running() else f"vLLM has died. Its last words:\n{_tail(process, key)}"


def _template(folder: Path, stack: ExitStack) -> tuple[list[str], str]:
    """Arguments that give vLLM a chat template if the model has none, and what precedes an answer then."""
    settings = folder / "tokenizer_config.json"
    if (folder / "chat_template.jinja").is_file() or (
        settings.is_file() and models.read_json(settings).get("chat_template")
    ):
        return [], ""
    from transformers import AutoTokenizer

    from arms.llm.templates import answer_prefix, has_chat_template, plain_chat_template

    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    if has_chat_template(tokenizer):
        return [], ""
    file = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="decide-"))) / "plain.jinja"
    file.write_text(plain_chat_template(tokenizer), encoding="utf-8")
    return ["--chat-template", str(file)], answer_prefix(tokenizer)


def _parameters(folder: Path) -> int:
    """Number of weights, from the headers of the safetensors files."""
    count = 0
    for file in folder.glob("*.safetensors"):
        with file.open("rb") as stream:
            header = json.loads(stream.read(int.from_bytes(stream.read(8), "little")))
        for name, entry in header.items():
            if name != "__metadata__":
                size = 1
                for side in entry["shape"]:
                    size *= side
                count += size
    return count
