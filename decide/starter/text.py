"""The text of a first engagement file: every part explained, what is optional commented out."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from decide.brief import TOPICS
from decide.schema import HEADER
from evalsets.tasks import nearest, task_class

if TYPE_CHECKING:
    from arms import Arm

MARK = "# "
LANGUAGE_MODEL = "Qwen/Qwen3-8B"
ENCODER = "google-bert/bert-base-uncased"


@dataclass(frozen=True)
class Start:
    """What a first engagement file says.

    Args:
        task: Kind of task.
        train: Training file, as the engagement file names it.
        test: Test file.
        dev: Development file; without it a part of train is used.
        unlabeled: Domain text.
        text: Column of the text; ``None`` leaves it to the default.
        label: Column of the gold annotation; ``None`` leaves it to the task.
        group: Column of the group.
        groups: Columns that could be it.
        rivals: Columns that could be the gold annotation as well.
        labels: Labels that were seen.
        schema: File with the JSON Schema of the records.
        encoder: Encoder of active arms; ``None`` leaves them commented out.
        llm: Language model of active arms; ``None`` leaves them commented out.
        title: Title of the report.
        synthetic: Whether the texts were generated.
    """

    task: str = "text_classification"
    train: str = "train.jsonl"
    test: str = "test.jsonl"
    dev: str | None = None
    unlabeled: str | None = None
    text: str | None = None
    label: str | None = None
    group: str | None = None
    groups: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    schema: str | None = None
    encoder: str | None = None
    llm: str | None = None
    title: str = "Which approach should we ship?"
    synthetic: bool = False


def engagement_text(start: Start) -> str:
    """The file, which :func:`decide.engagement.read_engagement` reads."""
    parts = [_head(start), _data(start), _arms(start), _workload(start), _more(start), _handed_over(start)]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def cheap_arms(task: str) -> list[str]:
    """Kinds of arms that need no model and no setting, the floor first."""
    from arms import ARMS

    shipped = [
        kind
        for kind, arm in sorted(ARMS.items())
        if _does(arm, task) and arm.__module__.startswith("arms.baselines")
    ]
    return sorted(shipped, key=lambda kind: kind != "majority")


def _able(kind: str, task: str) -> bool:
    from arms import ARMS

    return _does(ARMS[kind], task)


def _does(arm: type[Arm], task: str) -> bool:
    return nearest(task_class(task).kinds(), arm.tasks) is not None


def scalar(value: Any) -> str:
    """A value as YAML on one line, quoted where it must be."""
    text: str = yaml.safe_dump(value, default_flow_style=True, width=10**6, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...")


def _off(lines: Sequence[str], indent: int = 0) -> list[str]:
    """Lines commented out."""
    return [f"{' ' * indent}{MARK}{line[indent:]}" for line in lines]


def _head(start: Start) -> list[str]:
    return [
        HEADER,
        "# What is compared, on which data and for what. Check it:  decide check engagement.yaml",
        "# Run it, or go on where it stopped:                       decide compare engagement.yaml",
        "",
        f"title: {scalar(start.title)}",
        "",
        "# Whom it is for; shown on the first page of the report.",
        "# client:",
        "#   name: Example Ltd",
        "#   contact: Data office",
        "#   reference: E-2026-014",
        "",
        "# What they asked. A topic links a question to the section that answers it and, where something was",
        "# measured, to a sentence.",
        *(f"# {line}" for line in textwrap.wrap(f"Topics: {', '.join(TOPICS)}.", 98)),
        "questions:",
        '  - {question: "Which approach should we ship?", topic: choice}',
        '  - {question: "May the texts stay in house?", topic: privacy}',
        '  - {question: "Is adapting an encoder to our domain worth it?", topic: adaptation}',
    ]


def _data(start: Start) -> list[str]:
    lines = [
        "# The labelled data. Paths are relative to this file; .jsonl, .csv, .tsv and .parquet are read, and",
        "# .conll for entities. Problems are listed by `decide check`, each with file, row and remedy.",
        "data:",
        f"  task: {start.task}",
        f"  train: {scalar(start.train)}",
        f"  test: {scalar(start.test)}",
    ]
    if start.dev:
        lines.append(f"  dev: {scalar(start.dev)}")
    else:
        lines.append("  # dev: dev.jsonl             # without it a stratified part of train is used")
    if start.unlabeled:
        lines.append(f"  unlabeled: {scalar(start.unlabeled)}   # domain text without labels, for adaptation")
    else:
        lines.append("  # unlabeled: notes.txt       # domain text without labels, one document a line")
    lines.append(
        f"  text: {scalar(start.text)}" if start.text else "  # text: text                 # its column"
    )
    if start.label:
        lines.append(f"  label: {scalar(start.label)}")
    else:
        lines.append(
            "  # label: label               # column of the annotation; by default what the task looks for"
        )
    if start.group:
        lines.append(f"  group: {scalar(start.group)}   # results are also given for each of these")
    else:
        name = start.groups[0] if start.groups else "hospital"
        lines.append(f"  # group: {scalar(name)}   # institution, source or year: results for each")
    if start.task == "extraction":
        lines.append(f"  schema: {scalar(start.schema or 'fields.json')}   # JSON Schema of a record")
    if start.synthetic:
        lines.append("  synthetic: true              # the texts were generated; the report says so")
    lines += [
        "  # metric: …                  # another score than the task's first",
        "  # drop: [duplicates, leakage]   # rows to remove, by the name `decide check` gives the problem",
        "  # allow: [leakage]           # problems to let pass; the report says so",
    ]
    if start.task != "extraction":
        lines.append("  # label_descriptions:        # what each label means; language models are told")
        lines += [f"  #   {scalar(name)}: …" for name in (start.labels[:12] or ("urgent",))]
    return lines


def _arms(start: Start) -> list[str]:
    lines = ["# The approaches. Each has a kind and settings; `name` is what the report calls it.", "arms:"]
    for kind in cheap_arms(start.task):
        note = "   # the floor: the most frequent answer" if kind == "majority" else ""
        lines.append(f"  - kind: {kind}{note}")
    encoder = [
        "  - kind: fine_tuned           # an encoder as it is",
        f"    model: {scalar(start.encoder or ENCODER)}",
        "  - kind: domain_adapted       # the same, first adapted to the texts of your domain",
        f"    model: {scalar(start.encoder or ENCODER)}",
        f"    rung: {'small_corpus' if start.unlabeled else 'task_text'}"
        "   # vocabulary, task_text, small_corpus or large_corpus",
    ]
    model = [
        "  - kind: prompted             # a language model, asked; in this process",
        f"    model: {scalar(start.llm or LANGUAGE_MODEL)}",
        "    shots: [0, 4]              # dev picks the number of examples",
    ]
    tuned = [
        "  - kind: lora                 # the same, tuned on train",
        f"    model: {scalar(start.llm or LANGUAGE_MODEL)}",
    ]
    hosted = [
        "  - kind: prompted             # a hosted one: needs workload.text_may_leave",
        "    model: gpt-5-mini",
        "    server:",
        "      kind: openai",
        "      base_url: https://api.openai.com/v1",
        "      api_key_env: OPENAI_API_KEY   # the variable that holds the key, never the key",
    ]
    if _able("fine_tuned", start.task):
        lines += encoder if start.encoder else _off(encoder, 2)
    if _able("prompted", start.task):
        lines += model if start.llm else _off(model, 2)
        lines += [*_off(tuned, 2), *_off(hosted, 2)]
    return lines


def _workload(start: Start) -> list[str]:
    return [
        "# What production needs; the recommendation follows from it.",
        "workload:",
        "  documents_per_month: 100000",
        "  horizon_months: 12           # one-off costs are spread over it",
        "  text_may_leave: false        # may texts be sent to another machine?",
        "  # max_p95_ms: 300            # limit on the time for a document, 95 of 100",
        "  # min_score: 0.8",
        "  # margin: 0.01               # a difference in score that does not matter",
        "  # error_usd: 0.40            # what a wrong answer costs; weighs score against cost",
        "  # prices: {cpu_core_hour: 0.05, gpu_hour: 1.0, label: 0.5}   # shown with their source",
    ]


def _more(start: Start) -> list[str]:
    lines = [
        "# How often each arm is run; the interval covers chance between seeds.",
        "seeds: 3",
        "",
        "# Further questions, each at the price of more runs.",
        "# label_budgets: [50, 100, 200]   # how many labels are worth it?",
    ]
    if start.group or start.groups:
        lines.append(
            "# held_out_groups: each        # what is lost on sources not learned from? needs data.group"
        )
    if start.task != "extraction":
        lines.append("# perturbations: [case, ocr, typos]   # what does damage to the texts cost?")
    return [
        *lines,
        "# repeats: 2                   # do results repeat?",
        "# gap: true                    # how far is the domain from general English, to the encoder?",
        "# pii: true                    # count personal data by type (extra: privacy)",
    ]


def _handed_over(start: Start) -> list[str]:
    return [
        "# What is written, relative to this file.",
        "run_dir: runs                  # finished runs are kept here and not repeated",
        "report: report.html",
        "# formats: [pdf, docx, md]",
        "# redact_examples: true        # leave the texts of documents out",
        "# theme: {prepared_by: Your company, accent: '#0b5c8a', confidentiality: Confidential}",
        "# mlflow: {tracking_uri: 'sqlite:///mlflow.db', experiment: decide}   # extra: mlflow",
    ]
