"""Lines of text files, decoded one by one so that an error knows its place."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

from evalsets.errors import DataError

MAX_LINE_BYTES = 64 * 2**20
"""Longer lines are refused: memory holds one line at a time."""


def raw_lines(file: Path) -> Iterator[bytes]:
    """The lines of a file with their ends, none of them unreasonably long.

    Raises:
        DataError: If the file is binary or a line exceeds :data:`MAX_LINE_BYTES`.
    """
    with file.open("rb") as stream:
        if b"\0" in stream.read(8192):
            raise DataError(
                "the file is binary, not text",
                file=str(file),
                remedy="Check the suffix; if it is UTF-16 text, pass encoding='utf-16'.",
            )
        stream.seek(0)
        row = 0
        while line := stream.readline(MAX_LINE_BYTES + 1):
            row += 1
            if len(line) > MAX_LINE_BYTES:
                raise DataError(
                    f"the line is longer than {MAX_LINE_BYTES // 2**20} MiB",
                    file=str(file),
                    row=row,
                    remedy="Put one document on each line.",
                )
            yield line


class Decoder:
    """Lines of a text file, decoded one by one so that an error knows its place.

    Args:
        file: The file.
        encoding: Its encoding.

    Raises:
        DataError: If the encoding is unknown.
    """

    def __init__(self, file: Path, encoding: str) -> None:
        try:
            self.encoding = codecs.lookup(encoding).name
        except LookupError as error:
            raise DataError(
                f"unknown encoding {encoding!r}",
                file=str(file),
                remedy="Use a name such as 'utf-8' or 'cp1252'.",
            ) from error
        self.file = file
        # UTF-16 and its like have no one-byte newline, so their lines cannot be cut before decoding.
        self.by_line = self.encoding == "utf-8-sig" or "\n".encode(self.encoding) == b"\n"
        if self.encoding == "utf-8":
            self.encoding = "utf-8-sig"

    def lines(self) -> Iterator[str | UnicodeDecodeError]:
        """Each line with its end; the error in place of a line that cannot be decoded."""
        if not self.by_line:
            yield from self._lines_of_wide_text()
            return
        offset = 0
        encoding = self.encoding
        for raw in raw_lines(self.file):
            try:
                yield raw.decode(encoding)
            except UnicodeDecodeError as error:
                # Re-based so that ``start`` is the position in the file.
                error.reason = f"byte 0x{raw[error.start]:02x} at position {offset + error.start}"
                yield error
            offset += len(raw)
            if encoding == "utf-8-sig":
                encoding = "utf-8"

    def _lines_of_wide_text(self) -> Iterator[str | UnicodeDecodeError]:
        with self.file.open(encoding=self.encoding, newline="\n") as stream:
            try:
                yield from stream
            except UnicodeError as error:
                reason = getattr(error, "reason", str(error))
                yield UnicodeDecodeError(self.encoding, b"\0", 0, 1, f"the bytes ({reason})")

    def error(self, error: UnicodeDecodeError, row: int | None) -> DataError:
        """The error to report for a line of ``row`` (``None``: the header)."""
        other = "cp1252" if self.encoding.startswith("utf-8") else "utf-8"
        return DataError(
            f"{error.reason} cannot be decoded as {self.encoding.removesuffix('-sig')}"
            + (" (in the header)" if row is None else ""),
            file=str(self.file),
            row=row,
            remedy=f"Save the file as UTF-8, or pass its encoding, such as encoding={other!r}.",
        )
