"""What is wrong with an engagement file: all of it at once, each with its line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from arms import ArmError, arm_from_config
from arms.registry import SettingsError
from decide.confinement import check_paths
from decide.economics import check_workload
from decide.exporting import known_formats
from decide.injection.settings import injections_from
from decide.perturbations.base import perturbations_from
from decide.theme import Theme
from decide.yaml_places import Places
from evalsets import DecideError, explain
from evalsets.explain import did_you_mean
from evalsets.options import Options
from evalsets.tasks import task_class
from evalsets.tasks.reader import FILES

if TYPE_CHECKING:
    from decide.engagement import Engagement


class Problem(NamedTuple):
    """Something wrong: where in the file, and what, with the remedy."""

    path: explain.Path
    message: str


def problems_of(
    raw: Mapping[str, Any], file: Path, model: type[Engagement], *, outside: bool = False
) -> list[Problem]:
    """Everything that is wrong with the content of an engagement file.

    Args:
        raw: What the file holds.
        file: The file, to which paths are relative.
        model: The class that it should be.
        outside: Whether it may name files outside its own folder.
    """
    left, found = dict(raw), []
    if isinstance(raw.get("data"), Mapping):
        left["data"], wrong = _data(raw["data"])
        found += wrong
    found += [*_arms(raw.get("arms")), *_theme(raw.get("theme"))]
    for path, check in _items(raw):
        found += _found(path, check)
    try:
        engagement = model.model_validate(left)
    except ValidationError as error:
        return found + [Problem(*pair) for pair in explain.explained(error, left, model)]
    blamed = {problem.path[0] for problem in found}
    for path, check in [*_whole(engagement, file), *([] if outside else _places(engagement, file))]:
        found += _found(path, check, file) if path[0] not in blamed else []
    return found


def report(problems: Sequence[Problem], places: Places, file: Path) -> str:
    """All problems as one message, each on a line that editors and terminals link to the file."""
    lines = sorted(
        ((places.line(problem.path) or 1, problem) for problem in problems), key=lambda pair: pair[0]
    )
    told = [f"{file}:{line}: {'.'.join(map(str, p.path))}: {_sentence(p.message)}" for line, p in lines]
    return told[0] if len(told) == 1 else "\n  ".join([f"{file} has {len(told)} problems:", *told])


def _sentence(text: str) -> str:
    return text if text.endswith(("?", ".")) else f"{text}."


def data_problems(data: Mapping[str, Any], model: Any) -> list[Problem]:
    """Everything that is wrong with a ``data`` part."""
    left, found = _data(data)
    try:
        model.model_validate(left)
    except ValidationError as error:
        found += [
            Problem(("data", *path), message) for path, message in explain.explained(error, left, model)
        ]
    return found


def _data(data: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """The ``data`` part without what only the task can judge, and what is wrong with that."""
    left, kind = dict(data), data.get("task", "text_classification")
    known = {*Options.names(), *FILES}
    try:
        task = task_class(kind)
    except DecideError as error:
        left.pop("task")
        return {k: v for k, v in left.items() if k in known}, [Problem(("data", "task"), str(error))]
    settings = task.reader.settings
    known |= {*settings}
    found = []
    for name in data:
        if name not in known:
            own = f" Settings of {kind}: {', '.join(settings)}." if settings else ""
            message = f"is no option of reading {kind}.{did_you_mean(name, known)}{own}"
            found.append(Problem(("data", name), message))
            del left[name]
    metric = data.get("metric")
    if metric is not None and metric not in task.metrics:
        message = f"Unknown metric {metric!r} for {kind}.{did_you_mean(metric, task.metrics)} Metrics are: "
        found.append(Problem(("data", "metric"), message + ", ".join(task.metrics)))
        del left["metric"]
    return left, found


def _arms(arms: Any) -> list[Problem]:
    found: list[Problem] = []
    for number, config in enumerate(arms if isinstance(arms, list) else ()):
        if not isinstance(config, Mapping):
            continue  # what it must be is said of the whole file
        path: explain.Path = ("arms", number)
        try:
            arm_from_config(config)
        except SettingsError as error:
            found += [Problem((*path, *place), message) for place, message in error.problems]
        except ArmError as error:
            found.append(Problem(path, str(error)))
    return found


Check = tuple[explain.Path, Callable[[], object]]
"""A place in the file, and what raises if that is wrong."""


def _items(raw: Mapping[str, Any]) -> list[Check]:
    """Items of lists that a registry knows."""
    damage, formats = raw.get("perturbations"), raw.get("formats")
    return [
        *(
            (("perturbations", i), partial(perturbations_from, [item]))
            for i, item in enumerate(damage if isinstance(damage, list) else [])
            if isinstance(item, str | Mapping)
        ),
        *(
            (("formats", i), partial(known_formats, [name]))
            for i, name in enumerate(formats if isinstance(formats, list) else [])
            if isinstance(name, str)
        ),
    ]


def _whole(engagement: Engagement, file: Path) -> list[Check]:
    """What the parts of a well-formed engagement must also be."""
    work = engagement.workload
    days: explain.Path = ("workload", "prices", "engineering_days")
    return [
        (("perturbations",), lambda: perturbations_from(engagement.perturbations)),
        (("injections",), lambda: injections_from(engagement.injections)),
        (("workload", "energy") if work.energy else days, lambda: check_workload(work)),
        (("theme",), lambda: _client(engagement, engagement.look(file))),
        (("mlflow",), lambda: _tracking(engagement)),
    ]


def _places(engagement: Engagement, file: Path) -> list[Check]:
    """Paths, which must stay in the folder of the file."""
    data = engagement.data.arguments(file.parent)
    return [
        (("data",), lambda: check_paths(data, {}, file)),
        *(
            ((name,), partial(check_paths, {"task": data["task"]}, {name: file.parent / path}, file))
            for name, path in (("report", engagement.report), ("run_dir", engagement.run_dir))
        ),
    ]


def _found(path: explain.Path, check: Callable[[], object], file: Path | None = None) -> list[Problem]:
    try:
        check()
    except (DecideError, TypeError, ValueError) as error:  # lists for names, paths that are none
        text = str(error).removeprefix(f"{file}: ")
        # What checks a part of its own names the part, or a field of it.
        field, mark, rest = text.partition(": ")
        if mark and field.split(".")[0] == path[0] and " " not in field:
            parts = tuple(field.split("."))
            return [Problem(parts if len(parts) > 1 else path, rest)]
        return [Problem(path, text)]
    return []


def _theme(theme: Any) -> list[Problem]:
    """Keys that a theme does not have."""
    known = Theme.model_fields
    return [
        Problem(
            ("theme", name),
            f"is no key here.{did_you_mean(name, known)} Known here: {', '.join(sorted(known))}",
        )
        for name in (theme if isinstance(theme, Mapping) else ())
        if name not in known
    ]


def _tracking(engagement: Engagement) -> None:
    if engagement.mlflow is not None:
        engagement.mlflow.check(engagement.workload, engagement.redact_examples)


def _client(engagement: Engagement, look: Theme) -> None:
    """Refuse two names of the client: a theme that is used again may still name the last one."""
    client = engagement.client
    if client is not None and look.client and look.client not in (client.name, client.shown):
        raise DecideError(
            f"names the client {look.client}, but client is {client.name}. Name the client once, under client"
        )
