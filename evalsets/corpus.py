"""Unlabelled domain text, read as a stream so that its size does not matter."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class Corpus:
    """Unlabelled documents, from files or from memory.

    Args:
        files: Files read in order: ``.txt`` holds one document a line; ``.jsonl``, ``.csv``,
            ``.tsv`` and ``.parquet`` hold one a row in column ``text``.
        documents: Documents held in memory, after those of the files.
        text: Name of the text column in table formats.
        encoding: Encoding of the files.
    """

    files: tuple[Path, ...] = ()
    documents: tuple[str, ...] = ()
    text: str = "text"
    encoding: str = "utf-8"

    def __iter__(self) -> Iterator[str]:
        """Every non-empty document, stripped, in order, in bounded memory.

        Raises:
            DataError: If a file cannot be read or decoded.
        """
        from evalsets.loaders import stream_texts

        for file in self.files:
            yield from stream_texts(file, text=self.text, encoding=self.encoding)
        yield from (d.strip() for d in self.documents if d.strip())

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over the bytes of the files and the documents in memory."""
        digest = hashlib.sha256(self.text.encode())
        for file in self.files:
            with file.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
        for document in self.documents:
            digest.update(hashlib.sha256(document.encode()).digest())
        return digest.hexdigest()
