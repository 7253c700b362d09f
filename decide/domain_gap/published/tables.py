"""The tables of published figures that lie beside this file, read into records."""

from __future__ import annotations

import csv
import functools
from importlib import resources
from typing import Literal

from pydantic import Field

from decide.records import Record

Kind = Literal["task_text", "large_corpus"]


class Case(Record):
    """One published comparison of a general encoder with its adapted version on one data set.

    Scores are in points (0 to 100), means over ``runs`` seeds with their standard deviations.
    ``train_documents`` counts what was trained on (sentences for entity tasks); ``size_basis`` says where
    it comes from. ``judged`` marks the rows that the advice is tested on; the others are evidence only.
    """

    dataset: str
    domain: str
    task: str
    metric: str
    base_model: str
    base: float
    base_sd: float
    adapted: float
    adapted_sd: float
    runs: int = Field(ge=1)
    kind: Kind
    train_documents: int | None
    size_basis: str
    judged: bool
    source: str

    @property
    def gain(self) -> float:
        """Gain of adaptation in points."""
        return self.adapted - self.base

    @property
    def noise(self) -> float:
        """Variance of the gain from the spread over seeds, in squared points."""
        return (self.base_sd**2 + self.adapted_sd**2) / self.runs

    @property
    def overlap(self) -> float | None:
        """Published vocabulary overlap of its domain in percent, where there is one."""
        return next((d.overlap_percent for d in domains() if d.domain == self.domain), None)


class Domain(Record):
    """A published domain: overlap of frequent words, and masked-LM loss before and after adaptation."""

    domain: str
    overlap_percent: float
    loss_before: float
    loss_after: float
    corpus_billion_tokens: float
    source: str


class LanguageModelCase(Record):
    """One published comparison of a fine-tuned encoder with a prompted language model, in points."""

    dataset: str
    domain: str
    task: str
    metric: str
    fine_tuned_encoder: float
    gpt4_zero_shot: float
    gpt4_five_shot: float
    source: str

    @property
    def difference(self) -> float:
        """The better of both prompts less the fine-tuned encoder, in points."""
        return max(self.gpt4_zero_shot, self.gpt4_five_shot) - self.fine_tuned_encoder


def _rows(name: str) -> list[dict[str, str | None]]:
    text = resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
    return [{k: v or None for k, v in row.items()} for row in csv.DictReader(text.splitlines())]


@functools.cache
def cases() -> tuple[Case, ...]:
    """Every published case of adaptation."""
    return tuple(Case.model_validate(row) for row in _rows("adaptation_gains.csv"))


@functools.cache
def domains() -> tuple[Domain, ...]:
    """The published domains, from the nearest to general text to the farthest."""
    return tuple(Domain.model_validate(row) for row in _rows("domains.csv"))


@functools.cache
def language_model_cases() -> tuple[LanguageModelCase, ...]:
    """Every published comparison of a prompted language model with a fine-tuned encoder."""
    return tuple(LanguageModelCase.model_validate(row) for row in _rows("llm.csv"))
