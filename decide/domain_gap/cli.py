"""What ``decide gap`` does beside measuring: engagement files, wishes for the advice, printing it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from decide.domain_gap.advice import Advice
from decide.domain_gap.report import GapReport
from decide.domain_gap.sources import Source
from decide.workload import Workload
from evalsets import DecideError


@dataclass(frozen=True)
class Wishes:
    """The options of ``decide gap`` that only the advice needs; ``None`` where not given."""

    labeled_documents: int | None
    documents_per_month: float | None
    margin: float | None
    text_may_leave: bool
    llm: str | None
    usd_per_point: float | None
    advice: bool

    def options(self) -> dict[str, Any]:
        """Arguments of :meth:`GapReport.advice`."""
        return {
            "labeled_documents": self.labeled_documents,
            "llm": self.llm,
            "usd_per_point": self.usd_per_point,
        }

    def workload(self, given: Workload | None) -> Workload:
        """The engagement's workload, with what the command line sets instead.

        Raises:
            DecideError: If a value makes no sense, or an option is given without ``--advice``.
        """
        from pydantic import ValidationError

        changes: dict[str, Any] = {
            "documents_per_month": self.documents_per_month,
            "margin": self.margin,
            "text_may_leave": self.text_may_leave or None,
        }
        changes = {k: v for k, v in changes.items() if v is not None}
        options = {k: v for k, v in (changes | self.options()).items() if v is not None}
        if options and not self.advice:
            names = ", ".join(f"--{name.replace('_', '-')}" for name in options)
            raise DecideError(f"{names}: only the advice needs this. Add --advice.")
        try:
            return Workload.model_validate((given or Workload()).model_dump() | changes)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            name = str(first["loc"][0]).replace("_", "-")
            raise DecideError(f"--{name}: {first['msg']}, not {first['input']}.") from None


def resolve(
    corpus: list[Path], model: str | None, wishes: Wishes, outside: bool = False
) -> tuple[Source, str, Workload]:
    """The text, the encoder and the workload that the arguments name; checked before anything slow.

    ``outside`` lets an engagement file name files outside its folder.

    Raises:
        DecideError: If no encoder is named, or an engagement file stands beside other files.
    """
    source: Source
    if any(file.suffix in (".yaml", ".yml") for file in corpus):
        from decide.engagement import read_engagement

        if len(corpus) > 1:
            raise DecideError("Give one engagement file, or files of text, not both.")
        plan, folder = read_engagement(corpus[0], outside=outside), corpus[0].parent
        workload = wishes.workload(plan.workload)
        model = model or _first_encoder(plan.built_arms())
        if model is None:
            raise DecideError(f"{corpus[0]}: no arm fine-tunes an encoder. Name one by --model.")
        return plan.evalset(folder), model, workload
    if model is None:
        raise DecideError("No encoder is named. Give --model, a hub name or a folder.")
    source = corpus[0] if len(corpus) == 1 else corpus
    return source, model, wishes.workload(None)


def _first_encoder(arms: list[Any]) -> str | None:
    from arms.fine_tuned import EncoderArm

    return next((arm.model for arm in arms if isinstance(arm, EncoderArm)), None)


def measure(source: Source, model: str, reference: list[Path] | None, **options: Any) -> GapReport:
    """:func:`decide.gap`, with the reference files of the command line."""
    from decide.domain_gap.assess import gap

    return gap(source, model, reference or None, **options)


def as_json(result: GapReport, advice: Advice | None) -> str:
    """The report as JSON; with advice under the key ``advice``, where it was asked for."""
    import json

    data = json.loads(result.model_dump_json())
    if advice is not None:
        data["advice"] = json.loads(advice.model_dump_json())
    return json.dumps(data)


def print_advice(advice: Advice) -> None:
    """The steps, what they resemble and how sure it is, on the terminal."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title="What to run, in this order")
    for column in ("step", "advice", "gain, points", "95% interval", "worth it", "train", "US$", "US$/month"):
        table.add_column(column, justify="left" if column in ("step", "advice") else "right")
    for step in advice.steps:
        gain, cost = step.gain, step.cost
        interval = ""
        if gain is not None and gain.low is not None and gain.high is not None:
            interval = f"{100 * gain.low:+.1f} to {100 * gain.high:+.1f}"
        cells = (
            step.name,
            step.action,
            "" if gain is None else f"{100 * gain.value:+.1f}",
            interval,
            "" if step.probability_worth is None else f"{step.probability_worth:.0%}",
            _time(cost.seconds),
            "" if cost.usd is None else f"{cost.usd:,.2f}",
            "" if cost.usd_per_month is None else f"{cost.usd_per_month:,.2f}",
        )
        table.add_row(*(escape(cell) for cell in cells))
    console = Console(width=max(120, Console().width))
    console.print(table)
    lines = [advice.headline, f"Confidence: {advice.confidence}. {advice.confidence_statement}"]
    lines += [f"Note: {note}" for note in advice.notes]
    lines += [f"{s.name}: {r.text} ({r.source})" for s in advice.steps for r in s.reasons]
    lines += [f"{s.name}: {s.cost.basis}" for s in advice.steps if s.cost.basis.startswith("no ")]
    lines += [
        f"Like {c.dataset} ({c.domain}, {c.kind.replace('_', ' ')}): {100 * c.gain:+.1f} points; "
        f"{c.similarity}"
        for c in advice.resembles
    ]
    for line in dict.fromkeys(lines):
        print(line)


def _time(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:,.1f} h"
