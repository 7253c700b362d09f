"""The command line.

Exit codes: 0 done; 1 the input is wrong (the message says how), or something asked for could not be written;
2 the command is wrong; 3 done, but an arm failed; 4 a result was not reproduced; 130 interrupted,
143 asked to end.

With ``--json``, ``compare`` and ``demo`` print a line of JSON for each event and, last, one for the result;
the other commands print their result as JSON on one line.
"""

from __future__ import annotations

import json
import re
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from decide._version import __version__
from decide.commands import register
from decide.commands.options import Json, Lines, Outside
from decide.terminal import hook, print_result, print_table

if TYPE_CHECKING:
    from decide.comparison import Comparison
    from decide.tracking import Tracking
    from evalsets import Finding

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Which NLP approach to ship, measured on your own data.",
)
Mlflow = Annotated[str | None, typer.Option(help="Also log to this MLflow tracking URI.")]
INTERRUPTED = "decide: interrupted; finished runs are kept and will not be repeated."


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"decide {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options of every command."""


# Long for its options, which typer reads off the signature.
@app.command()
def compare(
    engagement: Annotated[Path, typer.Argument(help="Engagement file (YAML).")],
    output: Annotated[Path | None, typer.Option(help="Where the HTML report goes.")] = None,
    overwrite: Annotated[
        str | None, typer.Option(help="only-missing, all or never, in place of what the file says.")
    ] = None,
    mlflow: Mlflow = None,
    allow_outside: Outside = False,
    as_json: Lines = False,
) -> None:
    """Run every arm of an engagement file and write the report. Finished runs are not repeated.

    Exit codes: 0 every arm has a result or was refused; 1 the file, the data or the settings are wrong, or
    the result could not be logged; 2 the command is wrong; 3 an arm failed, the others are in the report;
    130 interrupted. After 3 and 130 the same command goes on where it stopped.
    """
    from decide.engagement import read_engagement
    from decide.exporting import targets
    from decide.orchestrate import compare as run
    from decide.overwrite import check_overwrite
    from decide.resume import outlook
    from decide.source import source_of
    from evalsets.files import remove_left_over

    plan, folder = read_engagement(engagement, outside=allow_outside), engagement.parent
    tracking = _tracking(mlflow, plan.mlflow)
    if tracking is not None:
        tracking.check(plan.workload, plan.redact_examples)
    if overwrite is not None:
        check_overwrite(overwrite)
        plan = plan.model_copy(update={"overwrite": overwrite})
    run_dir = folder / plan.run_dir
    files = targets(output or folder / plan.report, plan.formats)
    data, arms = plan.evalset(folder), plan.built_arms()
    if plan.ray is None and plan.overwrite == "only-missing":  # else keys are another matter, or all is to do
        found = outlook(data, arms, plan.workload, range(plan.seeds), run_dir, plan.measure(data))
        for line in found.lines():
            typer.echo(line, err=True)
    for place in {file.parent for file in files}:
        remove_left_over(place)
    result = run(
        data,
        arms,
        workload=plan.workload,
        seeds=plan.seeds,
        run_dir=run_dir,
        title=plan.title,
        gap=plan.gap,
        label_budgets=plan.label_budgets,
        held_out_groups=plan.held_out_groups,
        perturbations=plan.perturbations,
        injections=plan.injections,
        repeats=plan.repeats,
        pii=plan.pii,
        licences=plan.licences or None,
        executor=plan.ray,
        brief=plan.brief,
        budget=plan.budget,
        overwrite=plan.overwrite,
        on_event=hook(as_json),
    )
    saved = run_dir / "comparison.json"
    result = result.model_copy(update={"source": source_of(engagement, saved)})
    result.to_json(saved)
    look = plan.look(engagement)
    for file in files:
        result.export(file, theme=look, redact_examples=plan.redact_examples)
    if tracking is not None:
        tracking.log(result, folder, redact_examples=plan.redact_examples, theme=look)
    _finish(result.without_texts() if plan.redact_examples else result, files, as_json, lines=True)


def _tracking(uri: str | None, planned: Tracking | None = None) -> Tracking | None:
    """Where to log: what the command says before what the file says."""
    from decide.tracking import Tracking

    if uri is None:
        return planned
    # Without validation: on the command line a password may be part of the URI. It is not kept.
    return (planned or Tracking()).model_copy(update={"tracking_uri": uri})


@app.command()
def report(
    source: Annotated[Path, typer.Argument(help="A run directory, or a saved comparison.json.")],
    output: Annotated[
        Path | None, typer.Option(help="Where the report goes; its suffix says what is written.")
    ] = None,
    formats: Annotated[
        list[str] | None, typer.Option("--format", help="html, pdf, docx, pptx, md or csv; repeatable.")
    ] = None,
    theme: Annotated[Path | None, typer.Option(help="Theme file (YAML): names, logo, colours.")] = None,
    redact_examples: Annotated[
        bool, typer.Option("--redact-examples", help="Leave out the texts of documents.")
    ] = False,
    mlflow: Mlflow = None,
    as_json: Json = False,
) -> None:
    """Render the report of a saved comparison again, without models."""
    from decide.comparison import load
    from decide.exporting import targets
    from decide.theme import read_theme

    file = source / "comparison.json" if source.is_dir() else source
    files = targets(output or file.with_name("report.html"), formats or (), only=bool(formats))
    look, result = read_theme(theme) if theme else None, load(file)
    for target in files:
        result.export(target, theme=look, redact_examples=redact_examples)
    tracking = _tracking(mlflow)
    if tracking is not None:
        tracking.log(result, redact_examples=redact_examples, theme=look)
    _finish(result.without_texts() if redact_examples else result, files, as_json)


@app.command()
def check(
    train: Annotated[Path, typer.Argument(help="Training file, or an engagement file (YAML).")],
    test: Annotated[Path | None, typer.Argument(help="Test file.")] = None,
    dev: Annotated[Path | None, typer.Option(help="Development file.")] = None,
    text: Annotated[str, typer.Option(help="Text column.")] = "text",
    label: Annotated[str | None, typer.Option(help="Column of gold annotations.")] = None,
    group: Annotated[str | None, typer.Option(help="Group column.")] = None,
    hold_out: Annotated[str | None, typer.Option(help="Group whose rows all go to test.")] = None,
    task: Annotated[str, typer.Option(help="Kind of task.")] = "text_classification",
    setting: Annotated[
        list[str] | None, typer.Option(help="Setting of the task, NAME=VALUE, such as schema=fields.json.")
    ] = None,
    allow: Annotated[list[str] | None, typer.Option(help="Name of a problem to let pass.")] = None,
    drop: Annotated[list[str] | None, typer.Option(help="Name of a problem whose rows to remove.")] = None,
    allow_outside: Outside = False,
    as_json: Json = False,
) -> None:
    """Check data without running anything; every problem is listed with file, row, field and remedy."""
    from evalsets import DataError, check_files
    from evalsets.wording import counted

    arms: list[Finding] = []
    if train.suffix in (".yaml", ".yml"):
        from decide.engagement import read_engagement
        from decide.foreseen import foreseen

        engagement = read_engagement(train, outside=allow_outside)
        arguments = engagement.data.arguments(train.parent)
        arms = foreseen(engagement.built_arms(), engagement.workload)
    elif test is None and hold_out is None:
        raise DataError("No test file", remedy="Give train and test, or an engagement file.")
    else:
        arguments = {"train": train, "test": test, "dev": dev, "text": text, "label": label, "group": group}
        arguments |= {"allow": allow or (), "drop": drop or (), "task": task, "hold_out": hold_out}
        arguments |= _settings(setting or ())
    found = [f if f.file else replace(f, file=str(train)) for f in [*check_files(**arguments), *arms]]
    in_file = train.suffix in (".yaml", ".yml")
    findings = [replace(f, remedy=f.remedy and _typed(f.remedy, in_file=in_file)) for f in found]
    errors = [f for f in findings if f.level == "error"]
    if as_json:
        typer.echo(json.dumps([asdict(f) for f in findings]))
    else:
        for finding in findings:
            where = {k: getattr(finding, k) for k in ("file", "row", "field", "remedy")}
            typer.echo(f"{finding.level}: {DataError(finding.problem, **where)} [{finding.code}]")
        typer.echo(f"{counted(len(errors), 'error')}, {counted(len(findings) - len(errors), 'warning')}.")
    if errors:
        raise typer.Exit(1)


def _typed(remedy: str, *, in_file: bool) -> str:
    """A remedy that names arguments of Python, as an engagement file or the command line has them."""
    listed = r"\1: [\2]" if in_file else r"--\1 \2"
    single = r"\1: \2" if in_file else r"--\1 \2"
    remedy = re.sub(r"\b(allow|drop)=\(\"(\w+)\",\)", listed, remedy)
    remedy = re.sub(r"\b(hold_out)=('[^']*')", single, remedy)
    remedy = re.sub(r"\b(text|label|group)=(?=[\s,.])", r"\1:" if in_file else r"--\1", remedy)
    return remedy.replace("--hold_out", "--hold-out")


def _settings(pairs: Sequence[str]) -> dict[str, Any]:
    """Settings of a task from NAME=VALUE, the values read as YAML."""
    from decide.yaml_text import YamlProblem, parse_yaml
    from evalsets import DataError

    found = {}
    for pair in pairs:
        name, mark, value = pair.partition("=")
        if not mark:
            raise DataError(f"--setting {pair} has no value", remedy="Write NAME=VALUE.")
        try:
            found[name.strip()] = parse_yaml(value)
        except YamlProblem:
            found[name.strip()] = value
    return found


@app.command()
def demo(
    output: Annotated[Path, typer.Option(help="Folder for runs and report.")] = Path("demo-report"),
    as_json: Lines = False,
) -> None:
    """Compare six arms on the bundled synthetic notes with two small models."""
    from decide.demo import run_demo

    result = run_demo(output, hook(as_json))
    _finish(result, output / "report.html", as_json, lines=True)


register(app)  # behind those above, in the list of --help too


def _finish(result: Comparison, files: Path | Sequence[Path], as_json: bool, *, lines: bool = False) -> None:
    """Print the result; after events (``lines``) as an object that says what it is."""
    if as_json:
        print_result(result, lines)
    else:
        print_table(result)
        typer.echo(f"\n{result.recommendation.headline}")
        for file in [files] if isinstance(files, Path) else files:
            typer.echo(f"Report: {file.resolve()}")
    if any(arm.status == "failed" for arm in result.arms):
        raise typer.Exit(3)


class _Stopped(SystemExit):
    """A signal asked us to end. Unlike an interrupt it is nothing that click makes its own message of."""


def _stop(number: int, frame: object) -> None:
    raise _Stopped(128 + number)


def main() -> None:
    """Entry point: errors that the user can mend are printed as one message, without a traceback."""
    from evalsets import DecideError

    # Raised where the program is, so that workers and servers are stopped on the way out.
    known = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    asked = [number for number in known if signal.getsignal(number) is not signal.SIG_IGN]  # by nohup
    before = [signal.signal(number, _stop) for number in asked]
    try:
        app()
    except DecideError as error:
        typer.echo(f"decide: {error}", err=True)
        sys.exit(1)
    except SystemExit as stopped:
        # Typer makes 130 of an interruption that comes from elsewhere than our handler.
        if isinstance(stopped, _Stopped) or stopped.code == 130:
            typer.echo(INTERRUPTED, err=True)
        raise
    finally:
        for number, handler in zip(asked, before, strict=True):
            signal.signal(number, handler)


if __name__ == "__main__":
    main()
