"""How the numbers were computed, and on what data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reports import format, strings
from reports.registry import Context, register_section

if TYPE_CHECKING:
    from decide.comparison import Comparison


@register_section("method", title="Method and data", order=100, readers=("data_scientist",))
def build(comparison: Comparison) -> Context | None:
    """The method in words, and the data's counts and notes."""
    data = comparison.data
    splits = {"train": data.train, "dev": data.dev, "test": data.test}
    return {
        "method": [
            (strings.METHODS.get(name, strings.sentence(name.replace("_", " "))), text)
            for name, text in comparison.method.items()
        ],
        "metric": strings.metric(data.metric),
        "name": data.name,
        "synthetic": data.synthetic,
        "splits": [(strings.SPLITS[name], format.whole(count)) for name, count in splits.items()],
        "unlabeled": data.unlabeled,
        "labels": _counts(data.labels, data.label_counts, _descriptions(data.task)),
        "groups": _counts([], data.groups, {}),
        "notes": data.notes,
        "hash": data.content_hash,
    }


def _descriptions(task: dict[str, Any]) -> dict[str, str]:
    found = task.get("descriptions")
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}


def _counts(
    names: list[str], counts: dict[str, dict[str, int]], descriptions: dict[str, str]
) -> list[tuple[str, str, list[format.Shown]]]:
    """Rows of name, description and the count in each split."""
    everything = dict.fromkeys(names + sorted({name for split in counts.values() for name in split}))
    return [
        (
            name,
            descriptions.get(name, ""),
            [_count(counts.get(s), name) for s in strings.SPLITS],
        )
        for name in everything
    ]


def _count(split: dict[str, int] | None, name: str) -> format.Shown:
    return format.Missing("not counted in this split") if split is None else format.whole(split.get(name, 0))
