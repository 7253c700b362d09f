"""A summary as Markdown, for wikis and tickets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reports import overview, strings
from reports.executive import Summary, summarise
from reports.exports import Job, register_export
from reports.questions import asked
from reports.text import clean

if TYPE_CHECKING:
    from decide.comparison import Comparison

_MEANT = re.compile(r"([\\`*_{}\[\]<>#|~$&!])")
_AT_START = re.compile(r"^(\s*)([-+=]|\d+[.)])(?=\s|$)", re.MULTILINE)


@register_export("md", title="Markdown summary", others=("markdown",))
def write_markdown(job: Job) -> bytes:
    """Headings, answer, table and caveats."""
    comparison, theme = job.comparison, job.theme
    head = [f"# {plain(comparison.title)}", ""]
    head += [f"**{plain(theme.confidentiality)}**", ""] if theme.confidentiality else []
    parties = [
        f"{strings.DOCUMENT[key]} {plain(name)}"
        for key, name in (("client", theme.client), ("author", theme.prepared_by))
        if name
    ]
    head += [" ".join(parties), ""] if parties else []
    head += [plain(theme.engagement), ""] if theme.engagement else []
    return ("\n".join([*head, *_body(comparison, summarise(comparison))]).rstrip() + "\n").encode()


def brief(comparison: Comparison) -> str:
    """Headline, confidence and table."""
    found = summarise(comparison)
    return "\n".join([*_answer(found), *_table(comparison)])


def plain(text: object) -> str:
    """``text`` on one line, so that no character of it is read as Markdown or HTML."""
    line = " ".join(clean(str(text)).split())
    return _AT_START.sub(r"\1\\\2", _MEANT.sub(r"\\\1", line))


def _answer(found: Summary) -> list[str]:
    sure = f"{strings.SUMMARY['sure']}: {found.confidence.lower()}."
    return [f"**{plain(found.headline)}**", "", f"{sure} {plain(found.confidence_text)}", ""]


def _body(comparison: Comparison, found: Summary) -> list[str]:
    say = strings.SUMMARY
    lines = [f"## {say['answer']}", "", *_answer(found)]
    questions = asked(comparison)
    if questions:
        lines += [f"## {strings.QUESTIONS['title']}", ""]
        lines += [
            f"- **{plain(q.question)}** {plain(q.answer or strings.QUESTIONS['unanswered'])}"
            for q in questions
        ]
        lines += [""]
    lines += [f"## {say['asked']}", "", plain("; ".join(found.asked)) + ".", ""]
    if found.figures:
        lines += [f"## {say['figures']}", ""]
        lines += [f"- {plain(f.name)}: **{plain(f.value)}** ({plain(f.small)})" for f in found.figures]
        lines += [""]
    for title, points in (
        (say["why"], found.reasons),
        (say["next"], found.next_steps),
        (say["flips"], found.flips or [say["no_flips"]]),
        (say["caveats"], found.caveats),
    ):
        if points:
            lines += [f"## {title}", "", *(f"- {plain(point)}" for point in points), ""]
    return [*lines, f"## {say['approaches']}", "", *_table(comparison), "", strings.words("full")]


def _table(comparison: Comparison) -> list[str]:
    heads = overview.columns(comparison)
    align = [":--", *["--:"] * (len(heads) - 2), ":--"]
    rows = [[plain(cell) for cell in row.cells] for row in overview.rows(comparison)]
    return [f"| {' | '.join(row)} |" for row in ([plain(head) for head in heads], align, *rows)]
