"""Keeps the Python code of a process from reaching other machines; standard library alone.

An audit hook (PEP 578) sees every address that a Python socket is about to use and cannot be taken out again.
It does not see sockets that native code opens by itself, nor programs that are not Python: where the system
has network namespaces, :mod:`decide.privacy.seal` closes those ways too. Child processes that run Python load
this file through ``child/sitecustomize.py``.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import socket
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

VARIABLE = "DECIDE_NETWORK"
"""Environment variable that holds, as JSON, what a worker and its children may reach."""
PATH_VARIABLE = "DECIDE_GUARD_PATH"
"""Environment variable that holds the folder whose ``sitecustomize`` guards a Python process."""
CHILD = Path(__file__).parent / "child"
_LONGEST = 60
_HARMLESS = {-1, *(getattr(socket, name, -1) for name in ("AF_UNIX", "AF_NETLINK", "AF_ALG"))}
_INTERNET = {socket.AF_INET, socket.AF_INET6}
_resolve = socket.getaddrinfo


class BlockedError(PermissionError):
    """Somewhere was to be reached that text must not go to. An ``OSError``, as failing connections are."""


class Guard:
    """What may be reached: this machine, and hosts that were declared.

    Args:
        hosts: Names or addresses of other machines that may be reached.
        own: Addresses of this machine beside the loopback.
        log: File that every guarded process adds refused hosts to; without, they are kept in memory.
        exempt: Threads that are none of our business.
    """

    def __init__(
        self,
        hosts: Sequence[str] = (),
        own: Sequence[str] = (),
        log: str | None = None,
        exempt: Sequence[int] = (),
    ) -> None:
        self.hosts = frozenset(_plain(host) for host in hosts)
        self.own = frozenset(_plain(address) for address in own)
        self.log = log
        self.exempt = frozenset(exempt)
        self._known: set[str] = set()
        self._refused: list[str] = []
        self._here = {_plain(socket.gethostname()), "localhost", ""}

    def check(self, event: str, args: tuple[Any, ...]) -> None:
        """Let an audit event of the module ``socket`` pass, or raise.

        Raises:
            BlockedError: If it would reach another machine that was not declared.
        """
        if event == "socket.__new__":
            if args[1] not in _HARMLESS and args[1] not in _INTERNET:
                self._refuse(f"a socket of family {int(args[1])}")
        elif event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            if args[0].family in _INTERNET and args[1] is not None:
                self._host(args[1][0])
        elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
            self._host(args[0])
        elif event == "socket.getnameinfo":
            self._host(args[0][0])

    def _host(self, host: Any) -> None:
        if host is None:
            return
        name = _plain(host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else str(host))
        if name in self._here or name.endswith(".localhost") or name in self.hosts or name in self.own:
            return
        address = _address(name)
        if address is not None and (address.is_loopback or address.is_unspecified):
            return
        if address is not None and (str(address) in self.own or self._declared(str(address))):
            return
        self._refuse(name)

    def _declared(self, address: str) -> bool:
        """Whether a declared host has that address, which only the resolver knows."""
        if address in self._known or address in self.hosts:
            return True
        for host in self.hosts:
            with contextlib.suppress(OSError):
                self.learn(_resolve(host, None))
        return address in self._known

    def learn(self, answers: Sequence[Any]) -> None:
        """Remember addresses that the resolver gave for a declared host."""
        self._known.update(_plain(str(answer[4][0])) for answer in answers)

    def _refuse(self, what: str) -> None:
        shown = shortened(what)
        if self.log is None:
            self._refused.append(shown)
        else:
            with contextlib.suppress(OSError):
                file = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
                os.write(file, f"{shown}\n".encode("ascii", "replace"))
                os.close(file)
        raise BlockedError(f"text may not be sent to {shown}")

    def refused(self) -> dict[str, int]:
        """What was refused so far, by host, in all processes that share the log."""
        lines = list(self._refused)
        if self.log is not None:
            with contextlib.suppress(OSError):
                lines += Path(self.log).read_text(encoding="ascii", errors="replace").splitlines()
        return dict(Counter(lines))


_guards: list[Guard] = []
_hooked = False


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if _guards and event.startswith("socket."):
        for guard in tuple(_guards):
            if threading.get_ident() not in guard.exempt:
                guard.check(event, args)


def _noted(host: Any, *args: Any, **kwargs: Any) -> Any:
    """``socket.getaddrinfo`` that remembers the addresses of declared hosts."""
    answers = _resolve(host, *args, **kwargs)
    for guard in tuple(_guards):
        if isinstance(host, str) and _plain(host) in guard.hosts:
            guard.learn(answers)
    return answers


def install(guard: Guard) -> Guard:
    """Put a guard up for the rest of the process."""
    global _hooked
    _guards.append(guard)
    if not _hooked:
        sys.addaudithook(_hook)
        _hooked = True
    socket.getaddrinfo = _noted
    return guard


def install_from_environment() -> Guard | None:
    """Put up the guard that the environment describes, if it describes one."""
    raw = os.environ.get(VARIABLE)
    return install(Guard(**json.loads(raw))) if raw else None


@contextlib.contextmanager
def scoped(hosts: Sequence[str], own: Sequence[str]) -> Iterator[Guard]:
    """A guard over this thread and those started from now on, for as long as the context is open."""
    mine = threading.get_ident()
    others = [t.ident for t in threading.enumerate() if t.ident is not None and t.ident != mine]
    guard = install(Guard(hosts, own, exempt=others))
    try:
        yield guard
    finally:
        _guards.remove(guard)
        if not _guards:
            socket.getaddrinfo = _resolve


def current() -> Guard | None:
    """The guard put up last, if one is up."""
    return _guards[-1] if _guards else None


def shortened(host: str) -> str:
    """A host as it may be written down: a long name could itself carry text."""
    clean = "".join(c if c.isascii() and c.isprintable() else "?" for c in host)
    if len(clean) <= _LONGEST and clean.count(".") <= 5:
        return clean
    return "..." + ".".join(clean.split(".")[-2:])[-_LONGEST:]


def _plain(host: str) -> str:
    return host.strip().rstrip(".").split("%")[0].lower()


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
