"""What plugins have added, for ``decide plugins`` and for the record of a comparison."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from evalsets.plugins import GROUP, Plugin, load

__all__ = ["GROUP", "Plugin", "additions", "load", "package_versions"]


def additions(plugin: Plugin) -> dict[str, list[str]]:
    """What a plugin has registered: kind of thing to names."""
    found = {
        what: sorted(name for name, thing in registry.items() if plugin.holds(thing))
        for what, registry in _registries().items()
    }
    return {what: names for what, names in found.items() if names}


def package_versions() -> dict[str, str]:
    """Versions of the plugins in use, by the name of their package."""
    return {p.package or p.name: p.version or "unknown" for p in load() if not p.error and not p.disabled}


def _registries() -> dict[str, Mapping[str, Any]]:
    """Every registry, loaded."""
    from arms import ARMS
    from arms.llm import SERVERS
    from arms.llm.formats import FORMATS
    from decide.exports import exports
    from decide.injection.goals import GOALS
    from decide.perturbations import base
    from decide.presentation import renderers
    from evalsets.tasks import TASKS

    load()
    importlib.import_module("decide.perturbations")
    return {
        "arms": ARMS,
        "tasks": TASKS,
        "sections": renderers().sections(),
        "exports": {export.suffix: export.write for export in exports()},
        "goals": GOALS,
        "perturbations": base.PERTURBATIONS | base.OPTIONAL,
        "servers": SERVERS,
        "answer formats": FORMATS,
    }
