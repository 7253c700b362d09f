"""Whether a file of the user's hides a package of ours.

The distribution installs ``evalsets``, ``arms`` and ``reports`` beside ``decide``. ``python script.py`` looks
in the script's own folder first, so a package of that name there would be imported instead, and what then
fails would say nothing of why. Standard library alone: ``import decide`` must cost next to nothing.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

OURS = ("evalsets", "arms", "reports")


def _place(name: str) -> Path | None:
    """Where Python imports ``name`` from, or has; nothing if it cannot."""
    loaded = sys.modules.get(name)
    try:
        spec = None if loaded else find_spec(name)
    except ValueError:  # put into sys.modules by hand, without a spec
        return None
    file = getattr(loaded, "__file__", None) if loaded else spec and spec.origin
    return Path(file).absolute() if file else None


def refuse_shadows(home: Path) -> None:
    """Make sure that our packages are the ones that Python finds.

    Args:
        home: The folder that ``decide`` was imported from; the others lie beside it.

    Raises:
        ImportError: If another file comes first, naming it and the remedy.
    """
    for name in OURS:
        place = _place(name)
        if place is None or not (home / name).is_dir():
            continue  # a missing package is told by its own import
        if home not in place.parents:
            what = place.parent if place.name == "__init__.py" else place
            raise ImportError(
                f"decide has a package called {name}, and Python finds {what} in its place. Rename that, or "
                "leave its folder out of the search: python -P script.py does not look in the script's "
                "folder, and neither does the command decide.",
                name=name,
                path=str(place),
            )
