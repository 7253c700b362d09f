"""The sections of a report, in one ordered registry.

A section is a function from a comparison to the context of a template, in a file of its own. The template is
given with the registration, or lies beside the file under the same name. The files of ``reports/sections``
are found by themselves.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from evalsets import plugins

if TYPE_CHECKING:
    from decide.comparison import Comparison

Context = dict[str, Any]
"""Names of a template to values; what they are is said by the template alone."""
Reader = Literal["decision_maker", "finance", "privacy", "data_scientist", "engineer"]
Build = Callable[["Comparison"], Context | None]
"""Gives the context of a section's template, or ``None`` to leave the section out."""
READERS: tuple[Reader, ...] = get_args(Reader)
"""Whom sections are for; their names are in :data:`reports.strings.READERS`."""


@dataclass(frozen=True)
class Section:
    """One section of the report.

    Args:
        id: Its anchor in the document; lower-case letters and hyphens.
        title: Its heading.
        order: Its place; lower comes first.
        template: The Jinja template of its body: a file, or the text.
        build: Gives the template's context, or ``None`` to leave the section out.
        lede: A sentence or two below the heading that says how to read it.
        readers: Whom it is for; the contents list can be narrowed to one of them.
    """

    id: str
    title: str
    order: int
    template: Path | str
    build: Build
    lede: str = ""
    readers: tuple[Reader, ...] = READERS

    def source(self) -> str:
        """The text of the template."""
        if isinstance(self.template, str):
            return self.template
        return self.template.read_text(encoding="utf-8")


_SECTIONS: dict[str, Section] = {}


def register_section(
    id: str,
    *,
    title: str,
    order: int,
    lede: str = "",
    readers: Sequence[Reader] = READERS,
    template: str | None = None,
) -> Callable[[Build], Build]:
    """Put the decorated function into the report as a section.

    Registering an ``id`` again replaces the section.

    Args:
        id: Anchor of the section.
        title: Heading of the section.
        order: Place of the section; lower comes first. The shipped sections leave room between.
        lede: How to read the section, shown below the heading.
        readers: Whom the section is for; by default everyone.
        template: The Jinja template of the section's body. By default it is read from the file beside the
            function's module that has the same name and the suffix ``.jinja``.

    Raises:
        ValueError: If there is no such reader.
    """
    unknown = [reader for reader in readers if reader not in READERS]
    if unknown or not readers:
        raise ValueError(f"Section {id!r}: readers must be of {', '.join(READERS)}, not {unknown or 'none'}")

    def register(build: Build) -> Build:
        source = Path(inspect.getfile(build)).with_suffix(".jinja") if template is None else template
        _SECTIONS[id] = Section(id, title, order, source, build, lede, tuple(readers))
        return build

    return register


def unregister_section(id: str) -> None:
    """Take a section out of the report.

    Raises:
        KeyError: If there is none of that ``id``.
    """
    del _SECTIONS[id]


@functools.cache
def _load_shipped() -> None:
    """Import every module of ``reports.sections``, which registers them."""
    import reports.sections

    for module in pkgutil.iter_modules(reports.sections.__path__):
        importlib.import_module(f"reports.sections.{module.name}")


def sections() -> list[Section]:
    """All sections in the order they appear."""
    _load_shipped()
    plugins.load()
    return sorted(_SECTIONS.values(), key=lambda section: (section.order, section.id))
