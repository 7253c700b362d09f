"""Which machines an arm may reach while it runs, and what it is told when it tries another."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies

from arms.base import THIS_MACHINE, Arm, ArmError
from decide.privacy import guard, seal
from decide.privacy.records import NetworkGuard
from decide.workload import TEXT_STAYS

_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy")
_UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ECONNREFUSED, errno.EADDRNOTAVAIL}


@dataclass(frozen=True)
class Access:
    """What may be reached.

    Args:
        hosts: Other machines.
        sealed: Whether the process may lose all network but a loopback of its own, which it cannot if it
            needs a server on this machine that was there before it.
    """

    hosts: tuple[str, ...] = ()
    sealed: bool = True


NOWHERE = Access()


def access_of(arm: Arm, text_may_leave: bool) -> Access:
    """What an arm may reach: the places it declares.

    Raises:
        ArmError: If it declares another machine and text may not leave this one.
    """
    places = arm.destinations()
    remote = sorted({place.host for place in places if place.remote})
    if remote and not text_may_leave:
        raise ArmError(
            f"It would send text to {', '.join(remote)}, and {TEXT_STAYS}. "
            "Set text_may_leave to true in the workload if that is allowed."
        )
    return Access(tuple(remote), sealed=all(place.host == THIS_MACHINE for place in places))


def command(access: Access, program: list[str]) -> list[str]:
    """The command that starts ``program`` with that access."""
    if access.sealed and sys.platform == "linux":
        return [sys.executable, "-I", "-S", str(Path(seal.__file__)), *program]
    return program


def environment(access: Access, environ: Mapping[str, str], log: Path) -> dict[str, str]:
    """The environment of the program: what it may reach, and nothing that would have it try more."""
    env = {k: v for k, v in environ.items() if k not in (seal.VARIABLE, guard.VARIABLE)}
    hosts = access.hosts
    if hosts:
        hosts += tuple({urlsplit(url).hostname or url for url in getproxies().values()})
    else:
        env = {k: v for k, v in env.items() if k.lower() not in _PROXIES}
    # Models were fetched when their fingerprint was taken.
    env |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    if access.sealed:
        for name in ("GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME"):
            env.setdefault(name, "lo")
        env.setdefault("VLLM_HOST_IP", "127.0.0.1")
    policy = {"hosts": list(hosts), "own": list(own_addresses()), "log": str(log)}
    return {**env, guard.VARIABLE: json.dumps(policy), guard.PATH_VARIABLE: str(guard.CHILD)}


def guard_process() -> None:
    """Put the guard up in a worker, and in every Python process that it will start."""
    if guard.install_from_environment() is not None:
        # In sys.path too, from which arms make the path of what they start.
        sys.path.insert(0, str(guard.CHILD))
        rest = os.environ.get("PYTHONPATH", "")
        os.environ["PYTHONPATH"] = os.pathsep.join([str(guard.CHILD), *([rest] if rest else [])])


@contextlib.contextmanager
def scoped(access: Access) -> Iterator[None]:
    """The guard in this process, while the context is open."""
    with guard.scoped(access.hosts, own_addresses()), explained():
        yield


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Says of a failure that it came of the guard, if it did.

    Raises:
        ArmError: Naming what was to be reached.
    """
    try:
        yield
    except Exception as error:
        found = record()
        if found is not None and found.refused:
            allowed = f"It declared {', '.join(found.hosts)}" if found.hosts else "It declared this machine"
            raise ArmError(
                f"It tried to reach {', '.join(found.refused)} and was stopped; nothing was sent there. "
                f"{allowed} as where its texts go. A place it needs belongs into its destinations(), and "
                "needs Workload(text_may_leave=True); a model belongs into its fingerprint(), which is taken "
                f"before. ({type(error).__name__}: {str(error)[:300]})"
            ) from error
        if found is not None and found.layer == "namespace" and _unreachable(error):
            raise ArmError(
                f"{type(error).__name__}: {str(error)[:300]}. It ran without any network, as it declared "
                "that its texts stay in its own processes. If it needs a server that runs on this machine, "
                'it must declare that: destinations() with Location("localhost").'
            ) from error
        raise


def record() -> NetworkGuard | None:
    """The guard that is up, for the record of a run."""
    up = guard.current()
    if up is None:
        return None
    sealed = os.environ.get(seal.VARIABLE, "")
    layer = "scoped" if up.log is None else "namespace" if sealed == "yes" else "process"
    why = "" if sealed == "yes" or up.log is None else sealed
    return NetworkGuard(layer=layer, hosts=sorted(up.hosts), why_no_namespace=why, refused=up.refused())


def _unreachable(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, socket.gaierror) or (isinstance(error, OSError) and error.errno in _UNREACHABLE):
            return True
        error = error.__cause__ or error.__context__
    return False


@cache
def own_addresses() -> tuple[str, ...]:
    """Addresses of this machine."""
    import psutil

    found = {
        a.address.split("%")[0]
        for every in psutil.net_if_addrs().values()
        for a in every
        if a.family in (socket.AF_INET, socket.AF_INET6)
    }
    return tuple(sorted(found))


def merged(guards: Iterable[NetworkGuard | None]) -> NetworkGuard | None:
    """The guards of several runs as one: the weakest layer, and all that was refused."""
    found = [g for g in guards if g is not None]
    if not found:
        return None
    weakest = max(found, key=lambda g: ("namespace", "process", "scoped").index(g.layer))
    refused: dict[str, int] = {}
    for one in found:
        for host, count in one.refused.items():
            refused[host] = max(refused.get(host, 0), count)
    return weakest.model_copy(update={"refused": refused})
