"""An engagement file: data, arms and workload in YAML, validated before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, model_validator

from arms import Arm, arm_from_config
from decide.brief import Brief, Client, Question
from decide.budget import Budget
from decide.confinement import check_paths
from decide.engagement_check import data_problems, problems_of, report
from decide.executors import Ray
from decide.injection.settings import injections_from
from decide.overwrite import Overwrite
from decide.perturbations.base import perturbations_from
from decide.privacy.pii import PiiSearch
from decide.protocols.robustness import check_perturbations
from decide.run import Measure
from decide.theme import Theme, inside, read_theme, theme_from
from decide.tracking import Tracking
from decide.workload import Workload
from decide.yaml_places import Places
from decide.yaml_text import parse_file, read_text
from evalsets import DecideError, EvalSet
from evalsets.options import Options
from evalsets.tasks import task_class


class DataConfig(BaseModel):
    """The ``data`` part: files and columns as :meth:`evalsets.EvalSet.from_files` takes them.

    Keys that are not listed here are settings of the task, such as ``schema`` of ``extraction``.

    Args:
        train: Training file: .csv, .tsv, .jsonl, .parquet, or for entities .conll; relative to this file.
        test: Test file. Left out only with ``hold_out``.
        dev: Development file; by default a part of train.
        unlabeled: Domain text without labels, one document a line or a table; one file or several.
        reference: General text to measure the domain gap against; one file or several.
        text: Column of the text.
        label: Column of the gold annotation; by default what the task looks for.
        group: Column of the group (institution, source, year).
        hold_out: A group whose rows all go to test.
        task: Kind of task.
        metric: The score; by default the task's first.
        label_descriptions: What each label means, for prompts.
        name: What the report calls the data.
        allow: Names of problems to let pass.
        drop: Names of problems whose rows to remove.
        dev_fraction: Share of train that becomes dev, if there is no dev file.
        seed: Seed of that split.
        encoding: Encoding of the files.
        synthetic: Whether the texts were generated; the report then says so.
    """

    model_config = ConfigDict(extra="allow", coerce_numbers_to_str=True)  # groups such as 2020

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
        client: Whom the comparison is for: a name, or a mapping of ``name``, ``contact`` and ``reference``.
            It is the one place for the client; a ``theme`` need not name one.
        questions: What the client asked, each a text or a mapping of ``question`` and ``topic``.
        data: Files and columns.
        arms: Each with its ``kind`` and settings.
        workload: What production needs.
        seeds: Number of seeds.
        gap: Whether to measure the domain gap; by default if an arm adapts its encoder.
        label_budgets: Numbers of labels at which arms that learn from labels are also run.
        held_out_groups: ``each``, or names of groups to hold out of training in turn.
        perturbations: ``all``, or a list of names or of mappings of ``name`` and settings.
        injections: ``all``, a list of attacks (names, or mappings of ``name``, ``template``, ``place``), or a
            mapping of ``attacks``, ``documents`` and ``seed``.
        repeats: How often the first seed of each arm is run; 2 or more measure whether results repeat.
        theme: Look of the report as :class:`decide.Theme` takes it, or the path of a theme file.
        redact_examples: Whether the report leaves out the texts of documents.
        formats: What is written beside the HTML report, such as ``pdf`` and ``docx``.
        pii: Whether to count personal data, or a mapping of settings (``entities``, ``language``,
            ``spacy_model``, ``min_score``, ``documents``, ``seed``).
        mlflow: Log the comparison to MLflow: ``tracking_uri``, ``experiment`` and ``tags``.
        licences: Model to licence, where its files do not state one.
        ray: A Ray cluster that makes the runs, with the settings of :class:`decide.Ray`.
        budget: The most that answers of language models may cost: ``usd``, ``tokens`` or both, and ``per``.
        overwrite: ``only-missing``, ``all`` or ``never``, as :func:`decide.compare` takes it.
        run_dir: Where runs are kept, relative to the file.
        report: Where the HTML report goes, relative to the file.
    """

    model_config = ConfigDict(extra="forbid")

    title: str | None = None
    client: Client | None = None
    questions: list[Question] = Field(default_factory=list)
    data: DataConfig
    arms: list[dict[str, Any]] = Field(min_length=1)
    workload: Workload = Workload()
    seeds: int = Field(default=3, ge=1)
    gap: StrictBool | None = None
    label_budgets: list[int] | None = None
    held_out_groups: Literal["each"] | list[str] | None = None
    perturbations: Literal["all"] | list[str | dict[str, Any]] | None = None
    injections: Literal["all"] | list[str | dict[str, Any]] | dict[str, Any] | None = None
    repeats: int = Field(default=1, ge=1)
    theme: dict[str, Any] | Path | None = None
    redact_examples: StrictBool = False
    formats: list[str] = Field(default_factory=list)
    pii: StrictBool | PiiSearch | None = None
    mlflow: Tracking | None = None
    licences: dict[str, str] = Field(default_factory=dict)
    ray: Ray | None = None
    budget: Budget | None = None
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

    @property
    def brief(self) -> Brief | None:
        """Client and questions, if there are any."""
        return Brief(client=self.client, questions=self.questions) if self.client or self.questions else None

    def measure(self, data: EvalSet) -> Measure:
        """What the main runs measure.

        Raises:
            DecideError: If a perturbation cannot be had from the data.
        """
        damage, _ = check_perturbations(perturbations_from(self.perturbations), data)
        attacks = injections_from(self.injections)
        return Measure(perturbations=damage, injections=attacks, energy=self.workload.energy)

    def built_arms(self) -> list[Arm]:
        """The arms, each setting validated."""
        return [arm_from_config(config) for config in self.arms]


def read_engagement(file: Path, *, outside: bool = False) -> Engagement:
    """Read and validate an engagement file.

    Args:
        file: The file.
        outside: Whether it may name data, report and run directory outside its own folder.

    Raises:
        DecideError: Naming the file and, of each wrong field, the line and what would do.
    """
    data, text = _mapping(file)
    problems = problems_of(data, file, Engagement, outside=outside)
    if problems:
        raise DecideError(report(problems, Places(text), file))
    return Engagement.model_validate(data)


def read_data(file: Path, *, outside: bool = False) -> EvalSet:
    """The evaluation set of an engagement file, or of a file that has a ``data`` part alone.

    Args:
        file: The file.
        outside: Whether it may name files outside its own folder.

    Raises:
        DecideError: Naming the file and, of each wrong field, the line.
    """
    whole, text = _mapping(file)
    data = whole.get("data")
    if not isinstance(data, dict):
        raise DecideError(f"{file}: has no data part. Give an engagement file, or a file with its data part.")
    problems = data_problems(data, DataConfig)
    if problems:
        raise DecideError(report(problems, Places(text), file))
    arguments = DataConfig.model_validate(data).arguments(file.parent)
    if not outside:
        check_paths(arguments, {}, file)
    return EvalSet.from_files(**arguments)


def _mapping(file: Path) -> tuple[dict[str, Any], str]:
    """What a file holds, and its text, of which messages need the lines.

    Raises:
        DecideError: If it cannot be read, is not YAML, or has a key twice.
    """
    text = read_text(file, "Give the path of an engagement file.")
    data = parse_file(text, file)
    if not isinstance(data, dict):
        raise DecideError(f"{file}: must be a mapping with the keys data and arms.")
    if isinstance(data.get("arms"), list):
        data["arms"] = [_with_model_beside(arm, file.parent) for arm in data["arms"]]
    return data, text


def _with_model_beside(arm: Any, folder: Path) -> Any:
    """An arm's settings; a model that is a folder beside the file, as data are, is named from here.

    A name that is a folder here stays, as does any other, which may be of a hub.
    """
    model = arm.get("model") if isinstance(arm, dict) else None
    if not isinstance(model, str) or Path(model).exists() or not (folder / model).is_dir():
        return arm
    return {**arm, "model": str(folder / model)}
