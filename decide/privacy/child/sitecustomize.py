"""Loaded by Python on starting: puts up the guard that the environment describes, then goes on as usual."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from pathlib import Path


def _guard() -> None:
    # By its path: the interpreter may be one that does not have this library.
    file = Path(__file__).parent.parent / "guard.py"
    spec = importlib.util.spec_from_file_location("_decide_network_guard", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.install_from_environment()


def _next() -> None:
    """Run the ``sitecustomize`` that this one stands before, if there is one."""
    mine = Path(__file__).parent
    rest = [p for p in sys.path if Path(p or ".").resolve() != mine.resolve()]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", rest)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


try:
    _guard()
except Exception as error:  # Python would report it and go on without the guard
    raise SystemExit(f"The guard over the network could not be put up: {error}") from error
_next()
