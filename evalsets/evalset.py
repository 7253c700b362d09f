"""The evaluation set: labelled splits, optional unlabelled text, one content hash."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalsets.corpus import Corpus
from evalsets.tasks import Task

if TYPE_CHECKING:
    import datasets


@dataclass(frozen=True)
class Split:
    """Labelled items in columns of equal length.

    Args:
        texts: The documents.
        labels: The gold annotation of each, in the form the task defines.
        groups: Where each comes from (institution, source, year), if known.
        source: The file or data set it was read from, for messages.
        rows: 1-based row of each item in ``source``, for messages.
    """

    texts: tuple[str, ...]
    labels: tuple[Any, ...]
    groups: tuple[str, ...] | None = None
    source: str = ""
    rows: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, indices: Sequence[int]) -> Split:
        """The items at ``indices``, in that order."""
        return Split(
            texts=tuple(self.texts[i] for i in indices),
            labels=tuple(self.labels[i] for i in indices),
            groups=None if self.groups is None else tuple(self.groups[i] for i in indices),
            source=self.source,
            rows=tuple(self.rows[i] for i in indices) if self.rows else (),
        )


@dataclass(frozen=True)
class EvalSet:
    """Labelled splits, optional unlabelled domain text and the task, immutable.

    Build one with :meth:`from_files` or :meth:`from_datasets`, which check it.

    Args:
        name: How reports call it.
        task: What is predicted and how it is scored.
        train: What arms may learn from.
        dev: What arms may choose hyperparameters, prompts and rungs on.
        test: What each run is scored on, once.
        unlabeled: Domain text for continued pretraining and gap assessment.
        reference: General text that the domain is compared with, and on which forgetting is watched.
        notes: What was done to the data on the way in, in sentences that the report shows.
        synthetic: Whether the texts were generated rather than collected.
    """

    name: str
    task: Task
    train: Split
    dev: Split
    test: Split
    unlabeled: Corpus | None = None
    reference: Corpus | None = None
    notes: tuple[str, ...] = ()
    synthetic: bool = False

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over task, splits and unlabelled text: equal content, equal hash."""
        digest = hashlib.sha256()

        def feed(*parts: object) -> None:
            # Length prefixes: ("ab", "c") and ("a", "bc") must not collide.
            for part in parts:
                raw = repr(part).encode()
                digest.update(len(raw).to_bytes(8, "big") + raw)

        feed(sorted(self.task.to_json().items()))
        for part, split in (("train", self.train), ("dev", self.dev), ("test", self.test)):
            feed(part, len(split))
            for i, (text, label) in enumerate(zip(split.texts, split.labels, strict=True)):
                feed(text, label, None if split.groups is None else split.groups[i])
        feed("unlabeled", None if self.unlabeled is None else self.unlabeled.content_hash)
        feed("reference", None if self.reference is None else self.reference.content_hash)
        return digest.hexdigest()

    @classmethod
    def from_files(
        cls,
        *,
        train: str | PathLike[str],
        test: str | PathLike[str],
        dev: str | PathLike[str] | None = None,
        unlabeled: str | PathLike[str] | Sequence[str | PathLike[str]] | None = None,
        reference: str | PathLike[str] | Sequence[str | PathLike[str]] | None = None,
        text: str = "text",
        label: str = "label",
        group: str | None = None,
        task: str = "text_classification",
        metric: str = "macro_f1",
        label_descriptions: Mapping[str, str] | None = None,
        name: str | None = None,
        allow: Sequence[str] = (),
        drop: Sequence[str] = (),
        dev_fraction: float = 0.1,
        seed: int = 0,
        encoding: str = "utf-8",
        synthetic: bool = False,
    ) -> EvalSet:
        """Read and check an evaluation set from JSONL, CSV, TSV or Parquet files.

        Args:
            train: Labelled training file; the suffix names the format.
            test: Labelled test file.
            dev: Labelled development file. Without it, ``dev_fraction`` of train is split off,
                stratified by label with ``seed``, and a note says so.
            unlabeled: One or more files of domain text: plain text (one document a line), or a
                table format with the ``text`` column. Read as a stream.
            reference: General text in the same forms, which the domain gap is measured against and on
                which continued pretraining is watched for forgetting.
            text: Name of the text column.
            label: Name of the label column.
            group: Name of the column that says where a row comes from.
            task: Kind of task.
            metric: The task's metric.
            label_descriptions: What each label means.
            name: How reports call the set; by default the name of train's folder.
            allow: Names of problems to let pass with a note instead of an error:
                ``leakage``, ``duplicates``, ``conflicting_labels``, ``empty`` (rows are dropped),
                ``unseen_labels``.
            drop: Names of problems whose rows are removed with a note: ``leakage`` (from train and dev,
                never from test), ``duplicates`` (all but the first), ``conflicting_labels`` (all).
            dev_fraction: Share of train split off when ``dev`` is missing.
            seed: Seed of that split.
            encoding: Encoding of text files.
            synthetic: Whether the texts were generated; reports then say so.

        Raises:
            DataError: With file, row, field and remedy, before anything slow starts.
        """
        from evalsets.loaders import load_files

        return load_files(
            train=Path(train),
            test=Path(test),
            dev=None if dev is None else Path(dev),
            unlabeled=unlabeled,
            reference=reference,
            text=text,
            label=label,
            group=group,
            task=task,
            metric=metric,
            label_descriptions=label_descriptions or {},
            name=name,
            allow=(allow,) if isinstance(allow, str) else tuple(allow),
            drop=(drop,) if isinstance(drop, str) else tuple(drop),
            dev_fraction=dev_fraction,
            seed=seed,
            encoding=encoding,
            synthetic=synthetic,
        )

    @classmethod
    def from_datasets(
        cls,
        dataset: datasets.DatasetDict,
        *,
        text: str = "text",
        label: str = "label",
        group: str | None = None,
        train: str = "train",
        dev: str | None = None,
        test: str = "test",
        unlabeled: str | None = None,
        reference: str | None = None,
        task: str = "text_classification",
        metric: str = "macro_f1",
        label_descriptions: Mapping[str, str] | None = None,
        name: str | None = None,
        allow: Sequence[str] = (),
        drop: Sequence[str] = (),
        dev_fraction: float = 0.1,
        seed: int = 0,
    ) -> EvalSet:
        """The same from a ``datasets.DatasetDict``, such as ``datasets.load_dataset`` returns.

        Integer labels of a ``ClassLabel`` feature become their names. ``dev`` defaults to
        whichever of ``validation``, ``dev`` and ``valid`` exists.

        Raises:
            DataError: With split, row, field and remedy.
        """
        from evalsets.hub import load_datasets

        return load_datasets(
            dataset,
            text=text,
            label=label,
            group=group,
            train=train,
            dev=dev,
            test=test,
            unlabeled=unlabeled,
            reference=reference,
            task=task,
            metric=metric,
            label_descriptions=label_descriptions or {},
            name=name,
            allow=(allow,) if isinstance(allow, str) else tuple(allow),
            drop=(drop,) if isinstance(drop, str) else tuple(drop),
            dev_fraction=dev_fraction,
            seed=seed,
        )
