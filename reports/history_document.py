"""The document on comparisons over time, in the same look and under the same policy as a report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from reports import format, strings
from reports.history_charts import cost_chart, latency_chart, score_chart
from reports.registry import Context
from reports.render import document, environment

if TYPE_CHECKING:
    from decide.over_time import ArmAt, ComparisonAt, History

KICKER = "Comparisons over time"
SYNTHETIC = (
    "Documents in at least one of these comparisons were generated, not collected. Their figures say nothing "
    "about your own documents."
)
ABSENT = "not in this comparison"
_TEMPLATES = Path(__file__).parent / "history"


def render_history(history: History) -> str:
    """The comparisons as one HTML document."""
    parts = [
        ("answer", "The answer over time", "", _answer(history)),
        (
            "scores",
            "Scores",
            "Score with its 95% interval. Comparisons with the same test set are on the same documents and "
            "labels; scores on either side of another test set or metric cannot be compared.",
            {"chart": score_chart(history), **_table(history, _score)},
        ),
        (
            "costs",
            "Cost",
            "US dollars per 1,000 documents under the assumptions of each comparison.",
            {"chart": cost_chart(history), **_table(history, _cost)},
        ),
        (
            "speed",
            "Speed",
            "Warm p95 latency of single documents in milliseconds, on the machine of each comparison.",
            {"chart": latency_chart(history), **_table(history, _latency)},
        ),
        ("changes", "What changed", "", {"steps": _steps(history)}),
    ]
    templates = environment()
    sections = []
    for id, title, lede, context in parts:
        name = "figures" if id in ("scores", "costs", "speed") else id
        source = (_TEMPLATES / f"{name}.jinja").read_text(encoding="utf-8")
        body = Markup(  # noqa: S704 - rendered with autoescape
            templates.from_string(source).render(t=strings, title=title, **context)
        )
        sections.append({"id": id, "title": title, "lede": lede, "body": body})
    first, last = history.comparisons[0], history.comparisons[-1]
    return document(
        title=history.title,
        meta=[
            strings.plural(len(history.comparisons), "comparison"),
            strings.plural(len(names(history)), "approach", "approaches"),
            f"{first.created[:10]} to {last.created[:10]}",
        ],
        synthetic=SYNTHETIC if any(c.synthetic for c in history.comparisons) else "",
        sections=sections,
        kicker=KICKER,
    )


def names(history: History) -> list[str]:
    """Names of all arms: those of the last comparison in its order, then those that are gone."""
    found = dict.fromkeys(arm.name for arm in history.comparisons[-1].arms)
    for made in reversed(history.comparisons[:-1]):
        found |= dict.fromkeys(arm.name for arm in made.arms)
    return list(found)


def _answer(history: History) -> Context:
    last = history.comparisons[-1]
    return {
        "outcome": last.outcome,
        "badge": strings.OUTCOMES[last.outcome],
        "headline": history.headline,
        "cautions": [(c.number - 1, c.number, c.statement) for c in history.changes if c.caution],
        "rows": [
            {
                "number": made.number,
                "date": made.created[:10],
                "title": made.title,
                "data": made.data_name,
                "hash": made.data_hash[:12],
                "test": format.whole(made.test),
                "set": made.test_set,
                "metric": strings.metric(made.metric),
                "answer": made.recommended
                if made.outcome == "ship" and made.recommended
                else strings.OUTCOMES[made.outcome],
            }
            for made in history.comparisons
        ],
    }


def _table(history: History, cell: Any) -> Context:
    """A table approaches by comparisons, of what ``cell`` gives for an arm."""
    return {
        "columns": [
            (made.number, made.created[:10], f"test set {made.test_set}") for made in history.comparisons
        ],
        "rows": [
            (name, [cell(_arm_of(made, name), made) for made in history.comparisons])
            for name in names(history)
        ],
    }


def _arm_of(made: ComparisonAt, name: str) -> ArmAt | None:
    return next((arm for arm in made.arms if arm.name == name), None)


Cell = tuple[format.Shown, format.Shown | str, bool]
"""Value, small print, and whether the arm was recommended."""


def _score(arm: ArmAt | None, made: ComparisonAt) -> Cell:
    if arm is None or arm.score is None:
        return format.Missing(_why(arm)), "", False
    small = str(format.interval(arm.score))
    if arm.unstable:
        small += " · unstable model"
    return format.score(arm.score.value), small, _chosen(arm, made)


def _cost(arm: ArmAt | None, made: ComparisonAt) -> Cell:
    if arm is None or arm.per_1000_usd is None:
        return format.Missing(_why(arm)), "", False
    return format.money(arm.per_1000_usd), "", _chosen(arm, made)


def _latency(arm: ArmAt | None, made: ComparisonAt) -> Cell:
    if arm is None or arm.p95_ms is None:
        return format.Missing(_why(arm)), "", False
    return format.milliseconds(arm.p95_ms), "", _chosen(arm, made)


def _why(arm: ArmAt | None) -> str:
    if arm is None:
        return ABSENT
    return strings.STATUS.get(arm.status, "not measured").lower()


def _chosen(arm: ArmAt, made: ComparisonAt) -> bool:
    return made.outcome == "ship" and made.recommended == arm.name


def _steps(history: History) -> list[Context]:
    """Changes by the comparison they came with."""
    return [
        {
            "title": f"From {made.number - 1} to {made.number}, {made.created[:10]}",
            "changes": [
                (strings.sentence(c.what), c.statement, c.caution)
                for c in history.changes
                if c.number == made.number
            ],
        }
        for made in history.comparisons[1:]
    ]
