"""Plugins: packages of others that add arms, tasks, sections and the like.

A package names a module under the entry-point group ``decide.plugins``; importing the module registers what
it adds. Plugins are imported once, when something is first looked up by its name.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import os
import sys
import threading
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

GROUP = "decide.plugins"
SWITCH = "DECIDE_DISABLE_PLUGINS"
"""Environment variable: ``1`` leaves all plugins out, names separated by commas leave those out."""
_ALL = ("1", "true", "all", "yes")


@dataclass(frozen=True)
class Plugin:
    """An installed plugin.

    Args:
        name: Name of its entry point.
        module: The module that registers what it adds.
        package: The distribution it is from; empty if not known.
        version: Version of that.
        error: Why it could not be imported; empty if it was.
        disabled: Whether it was left out by :data:`SWITCH`.
    """

    name: str
    module: str
    package: str = ""
    version: str = ""
    error: str = ""
    disabled: bool = False

    @property
    def root(self) -> str:
        """The package whose modules are the plugin's: its module, or the package that holds it."""
        found = sys.modules.get(self.module)
        if found is None or hasattr(found, "__path__"):
            return self.module
        return self.module.rpartition(".")[0] or self.module  # a single file is its own

    def holds(self, thing: Any) -> bool:
        """Whether a class, function or object was defined by the plugin."""
        module = getattr(thing, "__module__", "") or ""
        return module == self.root or module.startswith(f"{self.root}.")


_lock = threading.RLock()
_found: list[Plugin] | None = None


def load() -> tuple[Plugin, ...]:
    """Import all plugins, once; later calls give what was found.

    One that cannot be imported is reported by a warning, and everything else goes on without it.
    """
    global _found
    with _lock:
        if _found is not None:  # also while plugins are being imported, which look things up themselves
            return tuple(_found)
        _found = []
        entries = sorted(metadata.entry_points(group=GROUP), key=lambda e: (e.name, e.value))
        for entry in {(e.name, e.value): e for e in entries}.values():
            _found.append(_imported(entry))
        return tuple(_found)


def forget() -> None:
    """Let the next call of :func:`load` look again; what was registered stays."""
    global _found
    with _lock:
        _found = None


def _imported(entry: metadata.EntryPoint) -> Plugin:
    package = entry.dist.name if entry.dist is not None else ""
    version = entry.dist.version if entry.dist is not None else ""
    error, disabled = "", _off(entry.name)
    if not disabled:
        try:
            entry.load()
        except (Exception, SystemExit) as problem:
            error = f"{type(problem).__name__}: {problem}"
            with warnings.catch_warnings():
                warnings.simplefilter("always")  # a filter that makes warnings errors must not stop anything
                warnings.warn(
                    f"Plugin {entry.name} ({package} {version}) could not be loaded: {error}. decide goes on "
                    f"without it; {SWITCH}={entry.name} leaves it out.",
                    RuntimeWarning,
                    stacklevel=4,
                )
    return Plugin(entry.name, entry.module, package, version, error, disabled)


def _off(name: str) -> bool:
    wanted = [part.strip() for part in os.environ.get(SWITCH, "").split(",")]
    return wanted[0].lower() in _ALL or name in wanted


def lacking() -> str:
    """What to add to a message about an unknown name: plugins that are not there, with a space before it."""
    broken = [f"{p.name} ({p.error})" for p in load() if p.error]
    off = [p.name for p in load() if p.disabled]
    told = f" Plugins that could not be loaded: {'; '.join(broken)}." if broken else ""
    return told + (f" Plugins left out by {SWITCH}: {', '.join(off)}." if off else "")


def versions_of(things: Iterable[Any]) -> dict[str, str]:
    """Plugins by name, with version and a hash of their code, that any of the objects' classes are from.

    That is what determines the result of a run beside its settings.
    """
    classes = [part for thing in things for part in type(thing).__mro__]
    return {
        plugin.name: f"{plugin.version} {code_hash(plugin.root)}"
        for plugin in load()
        if any(plugin.holds(cls) for cls in classes)
    }


@functools.cache
def code_hash(package: str) -> str:
    """Hash over the Python files and templates of a package: code that changed is seen without a release."""
    module = importlib.import_module(package)
    if not hasattr(module, "__path__"):
        files = [Path(module.__file__)] if module.__file__ else []
    else:
        files = [
            f for folder in module.__path__ for f in Path(folder).rglob("*") if f.suffix in (".py", ".jinja")
        ]
    digest = hashlib.sha256()
    for file in sorted(files, key=lambda file: (file.name, str(file))):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
