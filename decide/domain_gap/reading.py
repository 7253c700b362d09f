"""Reading a corpus under a progress bar that counts bytes of its files, so that the end is in sight."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from evalsets import Corpus

BATCH = 256
"""Documents between two updates of the bar."""
PEEKED = 200
"""Documents from which the bytes a character takes in a file are estimated."""


def stream(corpus: Corpus, description: str) -> Iterator[str]:
    """Every document of a corpus in order; the bar is on stderr and silenced by ``TQDM_DISABLE=1``.

    Raises:
        DataError: If a file cannot be read or decoded.
    """
    from tqdm.auto import tqdm

    sizes = [file.stat().st_size if file.is_file() else 0 for file in corpus.files]
    held = sum(len(d) for d in corpus.documents)
    with tqdm(
        total=sum(sizes) + held,
        desc=description,
        unit="B",
        unit_scale=True,
        unit_divisor=1024,
        leave=False,
        dynamic_ncols=True,
        mininterval=0.5,
    ) as bar:
        done = 0
        for file, size in zip(corpus.files, sizes, strict=True):
            part = Corpus((file,), text=corpus.text, encoding=corpus.encoding)
            weight = 1.0 if bar.disable else _bytes_a_character(file, part)
            read = 0
            for i, document in enumerate(part):
                read += len(document) + 1
                if i % BATCH == 0:
                    bar.update(done + min(size, int(read * weight)) - bar.n)
                yield document
            done += size
            bar.update(done - bar.n)
        for document in Corpus(documents=corpus.documents):
            bar.update(len(document))
            yield document


def _bytes_a_character(file: Path, part: Corpus) -> float:
    """Bytes of the file that a character of its documents takes, estimated from its first rows."""
    characters = sum(len(d) + 1 for d in islice(part, PEEKED))
    if not characters:
        return 1.0
    if file.suffix.lower() == ".parquet":
        import pyarrow.parquet

        rows = pyarrow.parquet.read_metadata(file).num_rows
        return float(file.stat().st_size / (characters * max(1.0, rows / PEEKED)))
    with file.open("rb") as raw:
        return sum(len(line) for line in islice(raw, PEEKED)) / characters
