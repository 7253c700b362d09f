"""Starts a program without any network but a loopback of its own; a script, standard library alone.

On Linux a process can be given a network namespace: whatever it and all it starts may try, in Python or not,
there is no way to another machine. The privilege this needs is had by root, and by anybody where user
namespaces are allowed. Where neither holds the program is started as it is, and told so by the environment.
Run as ``python -I -S seal.py program arguments``.
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import sys
from pathlib import Path

VARIABLE = "DECIDE_SEALED"
"""Environment variable that says ``yes``, or why not."""
SWITCH = "DECIDE_NETWORK_NAMESPACE"
"""Environment variable; ``0`` does without the namespace."""
_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 0x1


def enter() -> None:
    """Move this process, which must have a single thread, into a network of its own.

    Raises:
        OSError: If the system does not allow it.
    """
    user, group = os.getuid(), os.getgid()
    # Root keeps its user namespace: in a new one it could not write the files of others.
    flags = _NEW_NET if user == 0 else _NEW_USER | _NEW_NET
    if ctypes.CDLL(None, use_errno=True).unshare(flags):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    if user != 0:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    _raise_loopback()


def _raise_loopback() -> None:
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        answer = fcntl.ioctl(probe, _GET_FLAGS, struct.pack("16sH14s", b"lo", 0, b""))
        flags = struct.unpack("16sH14s", answer)[1]
        fcntl.ioctl(probe, _SET_FLAGS, struct.pack("16sH14s", b"lo", flags | _UP, b""))


def lack() -> str:
    """Why no process can be sealed here; empty if it can. Tried in a child, for there is no way back."""
    if os.environ.get(SWITCH) == "0":
        return f"switched off by {SWITCH}=0"
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        said = b""
        try:
            enter()
        except Exception as error:
            said = str(error).encode()[:500] or b"not allowed"
        os.write(writing, said)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        why = pipe.read().decode("utf-8", "replace")
    _, status = os.waitpid(child, 0)
    return why or ("" if status == 0 else "the attempt failed")


def main(command: list[str]) -> None:
    """Become the command, sealed if that can be had."""
    why = lack()
    if not why:
        enter()
    os.environ[VARIABLE] = why or "yes"
    os.execv(command[0], command)  # noqa: S606 - the worker, with the arguments we were given


if __name__ == "__main__":
    main(sys.argv[1:])
