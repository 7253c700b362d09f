"""Results by label: F1 of every arm, precision and recall, confusion matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import format, view
from reports.format import Missing, known
from reports.registry import Context, register_section

if TYPE_CHECKING:
    from decide.comparison import ArmResult, Comparison, LabelResult

COUNTED = {
    "text_classification": "Test documents",
    "multi_label": "Test documents",
    "token_classification": "Entities in test",
}
"""What the support of a label counts, by task."""
MATRIX = 25
"""Labels above which the most frequent confusions are listed instead of a matrix that nobody could read."""
CONFUSIONS = 30
STEPS = 8
"""Shades of the heat tables."""


@register_section(
    "labels",
    title="Results for each label",
    order=50,
    lede="F1 of each label: darker is better. A label with few test documents has an uncertain F1.",
    readers=("data_scientist",),
)
def build(comparison: Comparison) -> Context | None:
    """A heat table labels by arms, and details for each arm."""
    arms = [arm for arm in view.with_results(comparison) if arm.labels]
    if not arms:
        return None
    labels = list(dict.fromkeys(comparison.data.labels + [r.label for arm in arms for r in arm.labels]))
    found = {arm.name: {r.label: r for r in arm.labels} for arm in arms}
    support = {r.label: r.support for arm in arms for r in arm.labels}
    return {
        "counted": COUNTED.get(str(comparison.data.task.get("kind")), "In test"),
        "arms": [arm.name for arm in arms],
        "chosen": comparison.recommendation.arm,
        "rows": [
            (label, format.whole(support.get(label)), [_cell(found[arm.name].get(label)) for arm in arms])
            for label in labels
        ],
        "details": [_details(arm, labels) for arm in arms],
    }


def _cell(result: LabelResult | None) -> Context:
    if result is not None and result.support == 0:
        return {"text": Missing("no test document has the label"), "shade": 0}
    if result is None or not known(result.f1):
        return {"text": Missing("this approach has no result for the label"), "shade": 0}
    return {"text": f"{result.f1:.2f}", "shade": shade(result.f1)}


def shade(share: float) -> int:
    """The step of the heat scale for a share between 0 and 1."""
    return max(0, min(STEPS, round(share * STEPS)))


def _details(arm: ArmResult, labels: list[str]) -> Context:
    return {
        "name": arm.name,
        "labels": [
            (
                r.label,
                *(format.score(v if r.support else None) for v in (r.precision, r.recall, r.f1)),
                format.whole(r.support),
            )
            for r in arm.labels
        ],
        "confusion": _confusion(arm, labels) if len(arm.confusion) <= MATRIX else None,
        "confused": _confused(arm, labels) if len(arm.confusion) > MATRIX else [],
        "unanswered": format.whole(arm.unanswered) if arm.unanswered else None,
        "reasons": [(reason, format.whole(count)) for reason, count in arm.unanswered_reasons.items()],
    }


def _names(arm: ArmResult, labels: list[str]) -> list[str]:
    """Labels of the rows of the confusion matrix."""
    return [r.label for r in arm.labels] if len(arm.labels) == len(arm.confusion) else labels


def _confused(arm: ArmResult, labels: list[str]) -> list[tuple[str, str, format.Shown]]:
    """True label, label given and mean count of the most frequent confusions."""
    names = [*_names(arm, labels)[: len(arm.confusion)], "no answer"]
    found = [
        (count, names[i], names[min(j, len(names) - 1)])
        for i, row in enumerate(arm.confusion)
        for j, count in enumerate(row)
        if i != j and known(count) and count > 0 and i < len(names)
    ]
    found.sort(key=lambda entry: -entry[0])
    return [(true, given, format.whole(count)) for count, true, given in found[:CONFUSIONS]]


def _confusion(arm: ArmResult, labels: list[str]) -> Context | None:
    """Rows of cells (count, shade by share of the row, whether right); the last column is "no answer"."""
    if not arm.confusion:
        return None
    names = _names(arm, labels)
    width = max(len(row) for row in arm.confusion)
    rows = []
    for i, row in enumerate(arm.confusion):
        total = sum(v for v in row if known(v)) or 1.0
        cells = [(format.whole(v), shade(v / total) if known(v) else 0, j == i) for j, v in enumerate(row)]
        rows.append((i + 1, names[i] if i < len(names) else f"label {i + 1}", cells))
    columns = [
        (str(j + 1), names[j]) if j < len(arm.confusion) and j < len(names) else ("–", "no answer")
        for j in range(width)
    ]
    return {"columns": columns, "rows": rows}
