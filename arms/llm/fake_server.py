"""A stand-in for an OpenAI-compatible server: for tests, demonstrations and fault drills."""

from __future__ import annotations

import argparse
import contextlib
import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from arms.llm.fake_answers import Answerer, Composer, by_gazetteer, by_keyword


@dataclass(frozen=True)
class Fault:
    """One scripted misbehaviour of a chat request.

    Args:
        status: HTTP status to answer with; 200 keeps the reply and changes it by the rest.
        message: The server's words for an error status.
        code: Its error code.
        headers: Further headers, such as ``{"Retry-After": "2"}``.
        delay: Seconds to wait first.
        drop: Close the connection without a word.
        raw: Body to send in place of a reply or of an error.
        content_type: What the body is said to be.
        cut: Share of the body that is sent before the connection is reset; ``None`` sends it whole.
        chunked: Send the body in chunks, without saying how long it is.
        drip: Seconds between the bytes of the body.
        text: What the model writes.
        edit: What becomes of the text that the model would have written.
        finish: Why the text ends, ``length`` where it was cut.
        empty: Reply with no choices.
    """

    status: int = 200
    message: str = "scripted fault"
    code: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drop: bool = False
    raw: str | bytes | None = None
    content_type: str = "application/json"
    cut: float | None = None
    chunked: bool = False
    drip: float = 0.0
    text: str | None = None
    edit: Callable[[str], str] | None = None
    finish: str = "stop"
    empty: bool = False


def rate_limited(retry_after: float = 0.05) -> Fault:
    """Too many requests, with the wait the server asks for."""
    return Fault(429, "too many requests", headers={"Retry-After": str(retry_after)})


def server_error(retry_after: float = 0.05) -> Fault:
    """An internal error."""
    return Fault(500, "internal error", headers={"Retry-After": str(retry_after)})


def too_long(limit: int = 4096) -> Fault:
    """A prompt beyond the context window."""
    return Fault(400, f"This model's maximum context length is {limit} tokens.", "context_length_exceeded")


def proxy_page(status: int = 502) -> Fault:
    """The web page of a proxy that does not reach the server behind it."""
    page = "<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"
    return Fault(status, raw=page, content_type="text/html")


def dropped_midway(*, chunked: bool = False) -> Fault:
    """A reply whose connection is reset when half of it is there."""
    return Fault(cut=0.5, chunked=chunked)


def malformed() -> Fault:
    """JSON that is none: its first key lacks a colon and its strings their quotes."""
    return Fault(edit=lambda text: "{" + text.strip("{}").replace('"', "").replace(":", "") + " ~")


def truncated(share: float = 0.6) -> Fault:
    """An answer of which the server sends a part, saying that its length ran out."""
    return Fault(edit=lambda text: text[: int(len(text) * share)], finish="length")


def hallucinated(quote: str, label: str) -> Fault:
    """One entity more, quoted from nowhere."""

    def add(text: str) -> str:
        data = json.loads(text)
        data["entities"].append({"text": quote, "label": label})
        return json.dumps(data)

    return Fault(edit=add)


def mislabelled(label: str, wrong: str = "no such label") -> Fault:
    """A label that does not exist in place of one that does."""
    return Fault(edit=lambda text: text.replace(json.dumps(label), json.dumps(wrong)))


class FakeServer:
    """A server on this machine, as a context manager.

    Args:
        answer: What the model writes where it is told choices, or nothing.
        compose: What it answers where it is told the JSON Schema of something else than a label, as data.
        model: The model it serves; other names are not found.
        owned_by: ``vllm`` to be taken for vLLM.
        api_key: The key it asks for; as some servers do, it echoes a wrong one.
        refuses: Request fields it answers 400 to, such as ``response_format``; ``system`` stands for
            system turns.
        port: ``0`` for any free one.
        decode: Writes tokens as text; needed where a request says which tokens it allows.
    """

    def __init__(
        self,
        answer: Answerer = by_keyword,
        *,
        compose: Composer | None = None,
        model: str = "fake",
        owned_by: str = "fake",
        api_key: str | None = None,
        refuses: Sequence[str] = (),
        port: int = 0,
        decode: Callable[[list[int]], str] | None = None,
    ) -> None:
        self._decode = decode
        self.answer, self.model, self.owned_by = answer, model, owned_by
        self.compose = compose or by_gazetteer({})
        self.api_key, self.refuses = api_key, frozenset(refuses)
        self.faults: deque[Fault] = deque()
        self.requests: list[dict[str, Any]] = []
        """Each request seen: ``method``, ``path``, ``headers`` (names in lower case), ``body``."""
        self._lock = threading.Lock()
        self._http = _Server(("127.0.0.1", port), self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def base_url(self) -> str:
        """Its address, ``/v1`` included."""
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def chats(self) -> list[dict[str, Any]]:
        """Bodies of the chat requests seen."""
        with self._lock:
            return [r["body"] for r in self.requests if r["path"].endswith("/chat/completions")]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._http.hang_up()

    def serve_forever(self) -> None:
        """Serve in this thread until interrupted."""
        self._http.serve_forever()

    def record(self, request: dict[str, Any]) -> Fault | None:
        """Note a request, and take the next scripted fault if it is a chat."""
        with self._lock:
            self.requests.append(request)
            chat = request["path"].endswith("/chat/completions")
            return self.faults.popleft() if chat and self.faults else None

    def reply(self, body: dict[str, Any], fault: Fault | None) -> tuple[int, dict[str, Any]]:
        """Status and content of the answer to a chat request."""
        if body.get("model") != self.model:
            return _error(404, f"The model {body.get('model')!r} does not exist.", "model_not_found")
        for name in sorted(self.refuses):
            roles = {m["role"] for m in body["messages"]}
            if name in body or (name == "system" and "system" in roles):
                what = "System role not supported" if name == "system" else f"Unsupported parameter: '{name}'"
                hint = " Use 'max_completion_tokens' instead." if name == "max_tokens" else ""
                return _error(400, f"{what}.{hint}", "unsupported_parameter")
        text = self._write(body) if fault is None or fault.text is None else fault.text
        if fault and fault.edit:
            text = fault.edit(text)
        sent = sum(len(m["content"].split()) for m in body["messages"])
        full = len(text.split()) >= body.get("max_tokens", len(text) + 1)
        finish = fault.finish if fault else "length" if full else "stop"
        message = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
        return 200, {
            "id": "chatcmpl-0",
            "object": "chat.completion",
            "created": 0,
            "model": f"{self.model}-2026-01-01",
            "system_fingerprint": "fp_fake",
            "choices": [] if fault and fault.empty else [message],
            "usage": {
                "prompt_tokens": sent,
                "completion_tokens": len(text.split()),
                "total_tokens": sent + len(text.split()),
                "prompt_tokens_details": {"cached_tokens": sent // 2},
            },
        }

    def _write(self, body: dict[str, Any]) -> str:
        structured = body.get("structured_outputs", {})
        if "choice" in structured:
            return self.answer(body["messages"], structured["choice"])
        if self._decode is not None and "allowed_token_ids" in body:
            return self.answer(body["messages"], [self._decode([i]) for i in body["allowed_token_ids"]])
        schema = body.get("response_format", {}).get("json_schema", {}).get("schema", {})
        schema = structured.get("json", schema)
        properties = schema.get("properties", {})
        if list(properties) == ["label"] and "enum" in properties["label"]:
            return json.dumps({"label": self.answer(body["messages"], properties["label"]["enum"])})
        if schema:
            return json.dumps(self.compose(body["messages"], schema))
        return self.answer(body["messages"], ())


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], fake: FakeServer) -> None:
        super().__init__(address, _Handler)
        self.fake = fake
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Close connections kept alive, so that a server that is gone is gone for its clients too."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that gave up is part of the drill."""


def _error(status: int, message: str, code: str | None) -> tuple[int, dict[str, Any]]:
    return status, {"error": {"message": message, "type": "invalid_request_error", "code": code}}


class _Handler(BaseHTTPRequestHandler):
    """Answers requests as the fake of its server says."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each body waits 40 ms for the headers to be acknowledged

    @property
    def fake(self) -> FakeServer:
        """What stands behind the server."""
        assert isinstance(self.server, _Server)
        return self.server.fake

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self.fake.record({"method": "GET", "path": self.path, "headers": self._seen(), "body": None})
        if self.path == "/health":
            self._send(200, {})
        elif refusal := self._unauthorised():
            self._send(*refusal)
        elif self.path == "/v1/models":
            model = {"id": self.fake.model, "object": "model", "created": 0, "owned_by": self.fake.owned_by}
            self._send(200, {"object": "list", "data": [model]})
        else:
            self._send(*_error(404, f"no {self.path}", None))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        fault = self.fake.record({"method": "POST", "path": self.path, "headers": self._seen(), "body": body})
        if fault and fault.delay:
            time.sleep(fault.delay)
        if fault and fault.drop:
            self._reset()
            return
        if refusal := self._unauthorised():
            self._send(*refusal)
        elif not self.path.endswith("/chat/completions"):
            self._send(*_error(404, f"no {self.path}", None))
        elif fault and fault.raw is not None:
            self._send(fault.status, fault.raw, fault)
        elif fault and fault.status != 200:
            self._send(*_error(fault.status, fault.message, fault.code), fault)
        else:
            self._send(*self.fake.reply(body, fault), fault)

    def _reset(self) -> None:
        """A reset rather than a polite close."""
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True
        self.connection.close()

    def _seen(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    def _unauthorised(self) -> tuple[int, dict[str, Any]] | None:
        given = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.fake.api_key is None or given == self.fake.api_key:
            return None
        return _error(401, f"Incorrect API key provided: {given}.", "invalid_api_key")

    def _send(self, status: int, content: dict[str, Any] | str | bytes, fault: Fault | None = None) -> None:
        how = fault or Fault()
        text = json.dumps(content) if isinstance(content, dict) else content
        data = text if isinstance(text, bytes) else text.encode()
        self.send_response(status)
        self.send_header("Content-Type", how.content_type)
        if how.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(data)))
        for name, value in how.headers.items():
            self.send_header(name, value)
        self.end_headers()
        sent = data if how.cut is None else data[: int(len(data) * how.cut)]
        for part in [sent[i : i + 1] for i in range(len(sent))] if how.drip else [sent]:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part) if how.chunked else part)
            time.sleep(how.drip)
        if how.cut is not None:
            self._reset()
        elif how.chunked:
            self.wfile.write(b"0\r\n\r\n")


def main() -> None:
    """Serve until interrupted: ``python -m arms.llm.fake_server --port 8000``."""
    parser = argparse.ArgumentParser(description="A fake OpenAI-compatible server that needs no model.")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--model", default="fake")
    arguments = parser.parse_args()
    server = FakeServer(model=arguments.model, port=arguments.port)
    print(f"{server.base_url} serves model {arguments.model!r}; interrupt to stop", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == "__main__":
    main()
