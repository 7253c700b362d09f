"""An engagement file: data, arms and workload in YAML, validated before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationError, model_validator

from arms import Arm, arm_from_config
from decide.economics import check_workload
from decide.exporting import known_formats
from decide.overwrite import Overwrite
from decide.perturbations.base import perturbations_from
from decide.privacy.pii import PiiSearch
from decide.theme import Theme, inside, read_theme, theme_from
from decide.workload import Workload
from evalsets import DecideError, EvalSet
from evalsets.options import Options
from evalsets.tasks import task_class


class DataConfig(BaseModel):
    """The ``data`` part: files and columns as :meth:`evalsets.EvalSet.from_files` takes them.

    Keys that are not listed here are settings of the task, such as ``schema`` of ``extraction``.
    """

    model_config = ConfigDict(extra="allow")

    train: Path
    test: Path | None = None
    dev: Path | None = None
    unlabeled: Path | list[Path] | None = None
    reference: Path | list[Path] | None = None
    text: str = "text"
    label: str | None = None
    group: str | None = None
    hold_out: str | None = None
    task: str = "text_classification"
    metric: str | None = None
    label_descriptions: dict[str, str] = Field(default_factory=dict)
    name: str | None = None
    allow: list[str] = Field(default_factory=list)
    drop: list[str] = Field(default_factory=list)
    dev_fraction: float = 0.1
    seed: int = 0
    encoding: str = "utf-8"
    synthetic: bool = False

    @model_validator(mode="after")
    def _known(self) -> DataConfig:
        """Refuse a key that the task does not know; whether its value will do is seen when it is used."""
        task_class(self.task).reader.check_settings(Options(task=self.task, settings=self.model_extra or {}))
        return self

    def arguments(self, folder: Path) -> dict[str, Any]:
        """Arguments for ``EvalSet.from_files``, paths taken relative to ``folder``."""
        values = self.model_dump()
        for field in task_class(self.task).paths:
            if isinstance(values.get(field), str):
                values[field] = folder / values[field]
        for field in ("train", "test", "dev"):
            values[field] = values[field] and folder / values[field]
        for field in ("unlabeled", "reference"):
            extra = values[field]
            values[field] = (
                [folder / p for p in extra] if isinstance(extra, list) else extra and folder / extra
            )
        return values


class Engagement(BaseModel):
    """A whole engagement file.

    Args:
        title: Title of the report.
        data: Files and columns.
        arms: Each with its ``kind`` and settings.
        workload: What production needs.
        seeds: Number of seeds.
        gap: Whether to measure the domain gap; by default if an arm adapts its encoder.
        label_budgets: Numbers of labels at which arms that learn from labels are also run.
        held_out_groups: ``each``, or names of groups to hold out of training in turn.
        perturbations: ``all``, or a list of names or of mappings of ``name`` and settings.
        repeats: How often the first seed of each arm is run; 2 or more measure whether results repeat.
        theme: Look of the report as :class:`decide.Theme` takes it, or the path of a theme file.
        redact_examples: Whether the report leaves out the texts of documents.
        formats: What is written beside the HTML report, such as ``pdf`` and ``docx``.
        pii: Whether to count personal data, or a mapping of settings (``entities``, ``language``,
            ``spacy_model``, ``min_score``, ``documents``, ``seed``).
        licences: Model to licence, where its files do not state one.
        overwrite: ``only-missing``, ``all`` or ``never``, as :func:`decide.compare` takes it.
        run_dir: Where runs are kept, relative to the file.
        report: Where the HTML report goes, relative to the file.
    """

    model_config = ConfigDict(extra="forbid")

    title: str | None = None
    data: DataConfig
    arms: list[dict[str, Any]] = Field(min_length=1)
    workload: Workload = Workload()
    seeds: int = Field(default=3, ge=1)
    gap: StrictBool | None = None
    label_budgets: list[int] | None = None
    held_out_groups: Literal["each"] | list[str] | None = None
    perturbations: Literal["all"] | list[str | dict[str, Any]] | None = None
    repeats: int = Field(default=1, ge=1)
    theme: dict[str, Any] | Path | None = None
    redact_examples: StrictBool = False
    formats: list[str] = Field(default_factory=list)
    pii: StrictBool | PiiSearch | None = None
    licences: dict[str, str] = Field(default_factory=dict)
    overwrite: Overwrite = "only-missing"
    run_dir: Path = Path("runs")
    report: Path = Path("report.html")

    def evalset(self, folder: Path) -> EvalSet:
        """The evaluation set, with paths relative to ``folder``."""
        return EvalSet.from_files(**self.data.arguments(folder))

    def look(self, file: Path) -> Theme:
        """The theme; its paths are relative to ``file``, the engagement file."""
        if isinstance(self.theme, Path):
            return read_theme(inside(self.theme, file.parent, str(file), "theme"))
        return theme_from(self.theme or {}, file.parent, str(file))

    def built_arms(self) -> list[Arm]:
        """The arms, each setting validated."""
        return [arm_from_config(config) for config in self.arms]


def read_engagement(file: Path) -> Engagement:
    """Read and validate an engagement file.

    Raises:
        DecideError: Naming the file and each wrong field.
    """
    data = _mapping(file)
    try:
        engagement = Engagement.model_validate(data)
        engagement.built_arms()
        perturbations_from(engagement.perturbations)
        check_workload(engagement.workload)
        engagement.look(file)
        known_formats(engagement.formats)
    except ValidationError as error:
        raise DecideError(f"{file}: {_problems(error)}.") from None
    except DecideError as error:
        raise DecideError(str(error) if str(error).startswith(f"{file}:") else f"{file}: {error}") from None
    return engagement


def read_data(file: Path) -> EvalSet:
    """The evaluation set of an engagement file, or of a file that has a ``data`` part alone.

    Raises:
        DecideError: Naming the file and each wrong field.
    """
    data = _mapping(file).get("data")
    if not isinstance(data, dict):
        raise DecideError(f"{file}: has no data part. Give an engagement file, or a file with its data part.")
    try:
        config = DataConfig.model_validate(data)
    except ValidationError as error:
        raise DecideError(f"{file}: data: {_problems(error)}.") from None
    return EvalSet.from_files(**config.arguments(file.parent))


def _mapping(file: Path) -> dict[str, Any]:
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DecideError(
            f"{file}: cannot be read ({error.strerror}). Give the path of an engagement file."
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DecideError(f"{file}: is not valid YAML. {error}") from error
    if not isinstance(data, dict):
        raise DecideError(f"{file}: must be a mapping with the keys data and arms.")
    return data


def _problems(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors(include_url=False)
    )
