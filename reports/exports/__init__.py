"""What a comparison can be written as, each format one file with a registration.

To add one, write a module in ``reports/exports`` with ``@register_export`` on a function from a :class:`Job`
to bytes. It is found by itself, also by the command line.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil

from decide.exports import (
    Export,
    Job,
    exports,
    find,
    register_export,
    suffix_of,
    unregister_export,
    write,
)

__all__ = ["Export", "Job", "exports", "find", "register_export", "suffix_of", "unregister_export", "write"]


@functools.cache
def load_shipped() -> None:
    """Import every module of this package, which registers its format."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
