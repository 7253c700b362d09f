"""What a comparison can be written as: a registry of formats, filled by ``reports`` and by plugins."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from decide import presentation
from evalsets import DecideError, plugins
from evalsets.explain import did_you_mean
from evalsets.files import write_atomically

if TYPE_CHECKING:
    from decide.comparison import Comparison
    from decide.theme import Theme


@dataclass(frozen=True)
class Job:
    """What is to be written: the comparison, its look, and the browser to print with, if one was named."""

    comparison: Comparison
    theme: Theme
    chromium: str | Path | None = None


@dataclass(frozen=True)
class Export:
    """A format. ``needs`` maps modules it imports to the packages that hold them."""

    suffix: str
    title: str
    write: Callable[[Job], bytes]
    others: Sequence[str] = ()
    needs: tuple[tuple[str, str], ...] = ()
    check: Callable[[], object] | None = None

    def ready(self) -> None:
        """Refuse, before anything slow, what cannot be written here.

        Raises:
            DecideError: If a package or program is missing, with the remedy.
        """
        missing = [package for module, package in self.needs if importlib.util.find_spec(module) is None]
        if missing:
            raise DecideError(
                f"{self.title} (.{self.suffix}) needs {' and '.join(missing)}, which is not installed. "
                'Run pip install "decide-nlp[export]".'
            )
        if self.check is not None:
            self.check()


_EXPORTS: dict[str, Export] = {}

Writer = Callable[[Job], bytes]


def register_export(
    suffix: str,
    *,
    title: str,
    others: Sequence[str] = (),
    needs: dict[str, str] | None = None,
    check: Callable[[], object] | None = None,
) -> Callable[[Writer], Writer]:
    """Put the decorated function among the formats. Registering a suffix again replaces the format.

    Args:
        suffix: Suffix of its files without the dot, which is also its name.
        title: What it is called in messages.
        others: Other suffixes and names of the format.
        needs: Modules it imports, each with the package that holds it.
        check: Raises a :class:`evalsets.DecideError` if something else is missing.
    """

    def register(function: Writer) -> Writer:
        _EXPORTS[suffix] = Export(suffix, title, function, others, tuple((needs or {}).items()), check)
        return function

    return register


def unregister_export(suffix: str) -> None:
    """Take a format away.

    Raises:
        KeyError: If there is none of that suffix.
    """
    del _EXPORTS[suffix]


def exports() -> list[Export]:
    """All formats by suffix."""
    presentation.load()
    plugins.load()
    return [_EXPORTS[suffix] for suffix in sorted(_EXPORTS)]


def find(name: str) -> Export:
    """The format of a name or suffix.

    Raises:
        DecideError: If there is none, naming those there are.
    """
    wanted = name.lower().lstrip(".")
    for export in exports():
        if wanted == export.suffix or wanted in export.others:
            return export
    known = ", ".join(e.suffix for e in exports())
    raise DecideError(
        f"No format {name!r}.{did_you_mean(name, _EXPORTS)} Take one of {known}.{plugins.lacking()}"
    )


def suffix_of(path: Path) -> str:
    """The format that the name of a file asks for.

    Raises:
        DecideError: If it has no suffix.
    """
    if not path.suffix:
        known = ", ".join(e.suffix for e in exports())
        raise DecideError(f"{path}: has no suffix that says what to write. End it in one of {known}.")
    return path.suffix


def write(
    comparison: Comparison,
    path: Path,
    format: str | None = None,
    *,
    theme: Theme | None = None,
    redact_examples: bool = False,
    chromium: str | Path | None = None,
) -> Path:
    """Write the comparison to ``path``, whole or not at all.

    Args:
        comparison: What to write.
        path: Where it goes.
        format: Name of the format; by default the suffix of ``path``.
        theme: The look.
        redact_examples: Whether to leave out the texts of documents.
        chromium: The browser for formats that are printed.

    Raises:
        DecideError: If there is no such format, or something it needs is missing.
    """
    from decide.brief import look_for
    from decide.theme import Theme

    export = find(format or suffix_of(path))
    if export.check is None or chromium is None:  # a named browser is looked at when it is started
        export.ready()
    if redact_examples:
        comparison = comparison.without_texts()
    look = look_for(theme or Theme(), comparison.brief)
    return write_atomically(path, export.write(Job(comparison, look, chromium)))
