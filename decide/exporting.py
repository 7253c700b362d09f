"""What a comparison can be handed over as: methods that write or show it, and the files to write."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from decide.exports import find, suffix_of, write
from decide.presentation import renderers

if TYPE_CHECKING:
    from decide.comparison import Comparison
    from decide.theme import Theme


class Exports:
    """Methods of :class:`decide.Comparison` that write or show it.

    Each writes the file whole or not at all and returns its path. ``theme`` is the look; with
    ``redact_examples`` no text of a document is in the file.
    """

    def to_html(self, path: str | Path, *, theme: Theme | None = None, redact_examples: bool = False) -> Path:
        """Render the report, one file without external requests, and return its path."""
        return self.export(path, "html", theme=theme, redact_examples=redact_examples)

    def to_pdf(
        self,
        path: str | Path,
        *,
        theme: Theme | None = None,
        redact_examples: bool = False,
        chromium: str | Path | None = None,
    ) -> Path:
        """Print the report to PDF through Chromium or Chrome and return its path.

        Args:
            path: Where it goes.
            theme: The look.
            redact_examples: Whether to leave out the texts of documents.
            chromium: The browser; by default what ``CHROME_PATH`` names, else the first one found.

        Raises:
            DecideError: If there is no browser, or it failed.
        """
        return self.export(path, "pdf", theme=theme, redact_examples=redact_examples, chromium=chromium)

    def to_docx(self, path: str | Path, *, theme: Theme | None = None, redact_examples: bool = False) -> Path:
        """Write a summary as a Word document; needs the extra ``export``."""
        return self.export(path, "docx", theme=theme, redact_examples=redact_examples)

    def to_pptx(self, path: str | Path, *, theme: Theme | None = None, redact_examples: bool = False) -> Path:
        """Write a summary as slides with native tables and charts; needs the extra ``export``."""
        return self.export(path, "pptx", theme=theme, redact_examples=redact_examples)

    def to_markdown(
        self, path: str | Path, *, theme: Theme | None = None, redact_examples: bool = False
    ) -> Path:
        """Write a summary as Markdown."""
        return self.export(path, "md", theme=theme, redact_examples=redact_examples)

    def to_csv(self, path: str | Path) -> Path:
        """Write :meth:`table` as CSV; texts that a spreadsheet would run as a formula get an apostrophe."""
        return self.export(path, "csv")

    def export(
        self,
        path: str | Path,
        format: str | None = None,
        *,
        theme: Theme | None = None,
        redact_examples: bool = False,
        chromium: str | Path | None = None,
    ) -> Path:
        """Write the comparison in any registered format, by default that of the path's suffix.

        Raises:
            DecideError: If there is no such format, or what it needs is not installed.
        """
        return write(
            cast("Comparison", self),
            Path(path),
            format,
            theme=theme,
            redact_examples=redact_examples,
            chromium=chromium,
        )

    def without_texts(self) -> Comparison:
        """A copy in which no text of a document is left; see :func:`decide.redaction.without_texts`."""
        from decide.redaction import without_texts

        return without_texts(cast("Comparison", self))

    def _repr_html_(self) -> str:
        """Rich display in notebooks: the answer and the approaches, as a card."""
        return renderers().card(cast("Comparison", self))

    def _repr_markdown_(self) -> str:
        """The same where a notebook shows Markdown only."""
        return renderers().brief(cast("Comparison", self))


def known_formats(names: Sequence[str]) -> None:
    """Refuse a format that nothing writes, or whose libraries or browser are missing.

    Raises:
        DecideError: Naming the format and the remedy.
    """
    for name in names:
        find(name).ready()


def targets(path: Path, formats: Sequence[str], only: bool = False) -> list[Path]:
    """The files to write: ``path`` by its suffix, and beside it one for each format.

    Args:
        path: The main file.
        formats: Formats by name.
        only: Whether ``path`` gives only the name, and ``formats`` all there is to write.

    Raises:
        DecideError: If there is no such format, or what it needs is missing.
    """
    known_formats(formats)
    if not only:
        known_formats([suffix_of(path)])
    files = [] if only else [path]
    for name in formats:
        export = find(name)
        same = path.suffix.lower().lstrip(".") in (export.suffix, *export.others)
        files.append(path if same else path.with_suffix(f".{export.suffix}"))
    return list(dict.fromkeys(files))
