"""The evaluation set: labelled splits, optional unlabelled text, one content hash."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeVar

from evalsets.corpus import Corpus
from evalsets.options import Options
from evalsets.spans import Span
from evalsets.tasks import Task

if TYPE_CHECKING:
    import datasets

T = TypeVar("T")


@dataclass(frozen=True)
class Split:
    """Labelled items in columns of equal length.

    Args:
        texts: The documents.
        labels: The gold annotation of each, in the form the task defines.
        groups: Where each comes from (institution, source, year), if known.
        source: The file or data set it was read from, for messages.
        rows: 1-based row of each item in its file, for messages.
        sources: The file of each item, where a split holds items of several.
        tokens: Offsets of the tokens of each text, where the data came in tokens.
        evidence: Where each text states its gold annotation, where the data say so.
    """

    texts: tuple[str, ...]
    labels: tuple[Any, ...]
    groups: tuple[str, ...] | None = None
    source: str = ""
    rows: tuple[int, ...] = ()
    sources: tuple[str, ...] = ()
    tokens: tuple[tuple[tuple[int, int], ...] | None, ...] | None = None
    evidence: tuple[tuple[Span, ...] | None, ...] | None = None

    def __len__(self) -> int:
        return len(self.texts)

    def __repr__(self) -> str:
        # Thousands of texts would bury what a reader wants to know.
        return f"Split({len(self):,} items{f' of {self.source}' if self.source else ''})"

    def take(self, indices: Sequence[int]) -> Split:
        """The items at ``indices``, in that order."""

        def pick(column: tuple[T, ...] | None) -> tuple[T, ...] | None:
            return None if column is None else tuple(column[i] for i in indices)

        return replace(
            self,
            texts=tuple(self.texts[i] for i in indices),
            labels=tuple(self.labels[i] for i in indices),
            groups=pick(self.groups),
            rows=tuple(self.rows[i] for i in indices) if self.rows else (),
            sources=tuple(self.sources[i] for i in indices) if self.sources else (),
            tokens=pick(self.tokens),
            evidence=pick(self.evidence),
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

    def __repr__(self) -> str:
        sizes = f"train={len(self.train):,}, dev={len(self.dev):,}, test={len(self.test):,}"
        unlabeled = "" if self.unlabeled is None else ", unlabeled"
        return f"EvalSet({self.name!r}, {self.task.kind}, {sizes}{unlabeled})"

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
                feed(text, self.task.to_plain(label), None if split.groups is None else split.groups[i])
                # Fed only where there is any, so that sets without them keep their hash.
                for column in (split.tokens, split.evidence):
                    if column is not None:
                        feed(column[i])
        feed("unlabeled", None if self.unlabeled is None else self.unlabeled.content_hash)
        feed("reference", None if self.reference is None else self.reference.content_hash)
        return digest.hexdigest()

    def leave_group_out(self, group: str, *, dev_fraction: float = 0.1, seed: int = 0) -> EvalSet:
        """The same data with one group for test and all others for train and dev.

        Training rows whose text the group has too are removed; notes say what was done.

        Args:
            group: The group to test on.
            dev_fraction: Share of the others that becomes dev, stratified by label.
            seed: Seed of that split.

        Raises:
            DecideError: If rows have no groups, or none has this one.
        """
        from evalsets.hold_out import leave_group_out

        return leave_group_out(self, group, dev_fraction, seed)

    def leave_one_group_out(self, *, dev_fraction: float = 0.1, seed: int = 0) -> dict[str, EvalSet]:
        """For each group in turn, :meth:`leave_group_out`."""
        from evalsets.hold_out import groups_of

        return {
            group: self.leave_group_out(group, dev_fraction=dev_fraction, seed=seed)
            for group in groups_of(self)
        }

    # Long for its documentation: every option of reading is a keyword of its own.
    @classmethod
    def from_files(
        cls,
        *,
        train: str | PathLike[str],
        test: str | PathLike[str] | None = None,
        dev: str | PathLike[str] | None = None,
        unlabeled: str | PathLike[str] | Sequence[str | PathLike[str]] | None = None,
        reference: str | PathLike[str] | Sequence[str | PathLike[str]] | None = None,
        text: str = "text",
        label: str | None = None,
        group: str | None = None,
        hold_out: str | None = None,
        task: str = "text_classification",
        metric: str | None = None,
        label_descriptions: Mapping[str, str] | None = None,
        name: str | None = None,
        allow: Sequence[str] = (),
        drop: Sequence[str] = (),
        dev_fraction: float = 0.1,
        seed: int = 0,
        encoding: str = "utf-8",
        synthetic: bool = False,
        **settings: Any,
    ) -> EvalSet:
        """Read and check an evaluation set from JSONL, CSV, TSV, Parquet or CoNLL files.

        Args:
            train: Labelled training file; the suffix names the format.
            test: Labelled test file; may be left out where ``hold_out`` names a group.
            dev: Labelled development file. Without it, ``dev_fraction`` of train is split off,
                stratified by label with ``seed``, and a note says so.
            unlabeled: One or more files of domain text: plain text (one document a line), or a
                table format with the ``text`` column. Read as a stream.
            reference: General text in the same forms, which the domain gap is measured against and on
                which continued pretraining is watched for forgetting.
            text: Name of the text column.
            label: Name of the column of gold annotations; each task has its own default.
            group: Name of the column that says where a row comes from.
            hold_out: Name of a group all of whose rows go to test, out of train and dev.
            task: Kind of task: ``text_classification``, ``multi_label``, ``token_classification`` or
                ``extraction``.
            metric: The task's metric; each task has its own default.
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
            **settings: What only the task knows, such as ``schema`` of ``extraction``; see the readers
                in :mod:`evalsets.tasks`.

        Raises:
            DataError: With file, row, field and remedy, before anything slow starts.
        """
        from evalsets.loaders import load_files, path_of

        return load_files(
            train=path_of(train, "train"),
            test=None if test is None else path_of(test, "test"),
            dev=None if dev is None else path_of(dev, "dev"),
            unlabeled=unlabeled,
            reference=reference,
            options=Options(
                text=text,
                label=label,
                group=group,
                hold_out=hold_out,
                task=task,
                metric=metric,
                label_descriptions=label_descriptions or {},
                name=name,
                allow=allow,
                drop=drop,
                dev_fraction=dev_fraction,
                seed=seed,
                encoding=encoding,
                synthetic=synthetic,
                settings=settings,
            ),
        )

    @classmethod
    def from_datasets(
        cls,
        dataset: datasets.DatasetDict | Mapping[str, Any],
        *,
        train: str = "train",
        dev: str | None = None,
        test: str | None = "test",
        unlabeled: str | None = None,
        reference: str | None = None,
        **options: Any,
    ) -> EvalSet:
        """The same from data in memory: a ``datasets.DatasetDict``, or splits by name.

        Each split is a ``datasets.Dataset`` or a pandas DataFrame, as in ``{"train": frame, "test": other}``.

        Integer labels of a ``ClassLabel`` feature, or of a list of them, become their names.

        Args:
            dataset: The splits.
            train: Name of the training split.
            dev: Name of the development split; by default whichever of ``validation``, ``dev`` and
                ``valid`` exists.
            test: Name of the test split.
            unlabeled: Name of a split of domain text.
            reference: Name of a split of general text.
            **options: Columns, task, metric and everything else as in :meth:`from_files`.

        Raises:
            DataError: With split, row, field and remedy.
        """
        from evalsets.hub import load_datasets

        return load_datasets(
            dataset,
            train=train,
            dev=dev,
            test=test,
            unlabeled=unlabeled,
            reference=reference,
            options=Options.of(options),
        )
