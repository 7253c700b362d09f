"""Several saved comparisons in the order they were made: what each arm scored, and what changed between."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from decide.comparison import ArmResult, Comparison, load
from decide.records import Estimate, Record
from evalsets import DecideError

SCHEMA_VERSION = 1


class ArmAt(Record):
    """An arm in one of the comparisons."""

    name: str
    kind: str
    status: Literal["ok", "failed", "refused"]
    score: Estimate | None = None
    per_1000_usd: float | None = None
    p95_ms: float | None = None
    unstable: bool = Field(default=False, description="whether its model may change under its name")


class ComparisonAt(Record):
    """One of the comparisons, numbered from 1 by date.

    ``test_set`` counts test sets: scores of comparisons with the same number are on the same documents,
    labels and metric.
    """

    number: int
    title: str
    created: str
    data_name: str
    data_hash: str
    metric: str
    test: int
    test_set: int
    synthetic: bool
    outcome: Literal["ship", "cannot_tell", "none_eligible"]
    recommended: str | None
    headline: str
    hardware: str
    arms: list[ArmAt]


class Change(Record):
    """Something that was otherwise in the comparison before; ``caution`` where figures stop being comparable.

    ``number`` is that of the later comparison.
    """

    number: int
    what: str
    statement: str
    caution: bool = False


class History(Record):
    """Comparisons over time. Made by :func:`history`."""

    schema_version: int = SCHEMA_VERSION
    title: str
    created: str
    comparisons: list[ComparisonAt]
    changes: list[Change]
    headline: str

    def to_json(self, path: str | Path) -> Path:
        """Write the record to ``path``, whole or not at all, and return the path."""
        from decide.files import write_atomically

        return write_atomically(Path(path), self.model_dump_json(indent=1))

    def to_html(self, path: str | Path) -> Path:
        """Render the document, one file without external requests, and return its path."""
        from decide.files import write_atomically
        from decide.presentation import renderers

        return write_atomically(Path(path), renderers().history_html(self))


def history(comparisons: Sequence[Comparison | str | Path], *, title: str | None = None) -> History:
    """Put saved comparisons beside each other by date.

    Arms are the same if they have the same name. Nothing is computed anew: scores and intervals are those
    that were saved, and a caution stands wherever test set, metric or machine are not the same.

    Args:
        comparisons: Comparisons, files they were saved in, or run directories; at least two.
        title: Title of the document.

    Raises:
        DecideError: If there are fewer than two, one is given twice, or a file cannot be read.
    """
    read = [_read(one) for one in comparisons]
    if len(read) < 2:
        raise DecideError("A history needs at least two comparisons. Give the files of two or more.")
    ordered = [made for _, made in sorted(((_date(made), made) for made in read), key=lambda pair: pair[0])]
    for first, second in pairwise(ordered):
        if first == second:
            raise DecideError(f"The comparison {first.title!r} of {first.created} is given twice.")
    sets = _test_sets(ordered)
    entries = [_entry(i, made, sets[i - 1]) for i, made in enumerate(ordered, 1)]
    changes = [c for i, (a, b) in enumerate(pairwise(ordered), 2) for c in _changes(i, a, b, sets)]
    return History(
        title=title or f"Comparisons over time: {ordered[-1].data.name}",
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        comparisons=entries,
        changes=changes,
        headline=_headline(entries),
    )


def _read(one: Comparison | str | Path) -> Comparison:
    if isinstance(one, Comparison):
        return one
    file = Path(one)
    return load(file / "comparison.json" if file.is_dir() else file)


def _date(made: Comparison) -> datetime:
    try:
        found = datetime.fromisoformat(made.created)
    except ValueError as error:
        raise DecideError(f"{made.title}: {made.created!r} is no date. Give a file decide wrote.") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _test_sets(ordered: Sequence[Comparison]) -> list[int]:
    """The number of each comparison's test set, counted from 1 in the order they come up."""
    firsts: list[Comparison] = []
    found = []
    for made in ordered:
        place = next((i for i, first in enumerate(firsts) if same_test(first, made)), None)
        if place is None:
            place = len(firsts)
            firsts.append(made)
        found.append(place + 1)
    return found


def same_test(first: Comparison, second: Comparison) -> bool:
    """Whether scores are on the same documents, labels and metric. Files too old to tell count as different
    unless all of their data are the same."""
    a, b = first.data, second.data
    if a.metric != b.metric or a.task != b.task:
        return False
    if a.test_hash and b.test_hash:
        return a.test_hash == b.test_hash
    return a.content_hash == b.content_hash


def _entry(number: int, made: Comparison, test_set: int) -> ComparisonAt:
    served = {a.arm: a.served for a in made.stability.arms} if made.stability else {}
    return ComparisonAt(
        number=number,
        title=made.title,
        created=made.created,
        data_name=made.data.name,
        data_hash=made.data.content_hash,
        metric=made.data.metric,
        test=made.data.test,
        test_set=test_set,
        synthetic=made.data.synthetic,
        outcome=made.recommendation.outcome,
        recommended=made.recommendation.arm,
        headline=made.recommendation.headline,
        hardware=made.environment.hardware,
        arms=[_arm(arm, getattr(served.get(arm.name), "unstable", False)) for arm in made.arms],
    )


def _arm(arm: ArmResult, unstable: bool) -> ArmAt:
    return ArmAt(
        name=arm.name,
        kind=arm.kind,
        status=arm.status,
        score=arm.score,
        per_1000_usd=arm.cost.per_1000_usd if arm.cost else None,
        p95_ms=arm.timing.latency.p95_ms if arm.timing else None,
        unstable=unstable,
    )


def _changes(number: int, before: Comparison, after: Comparison, sets: Sequence[int]) -> list[Change]:
    same = sets[number - 2] == sets[number - 1]
    found = [*_data(before, after, same), *_place(before, after), *_settings(before, after)]
    if same:
        found += [("score", text, False) for text in _scores(before, after)]
    old, new = before.recommendation, after.recommendation
    if (old.outcome, old.arm) != (new.outcome, new.arm):
        found.append(("recommendation", f"{old.headline} Now: {new.headline}", False))
    return [Change(number=number, what=w, statement=s, caution=c) for w, s, c in found]


Found = list[tuple[str, str, bool]]


def _data(before: Comparison, after: Comparison, same: bool) -> Found:
    a, b = before.data, after.data
    if not same:
        why = (
            f"the metric is {b.metric}, it was {a.metric}"
            if a.metric != b.metric
            else "the labels or fields of the task are others"
            if a.task != b.task
            else f"the test set is another ({a.test:,} documents, now {b.test:,})"
            if a.test_hash and b.test_hash
            else "the data are others, and an older file does not say whether the test set is, too"
        )
        return [("test set", f"Scores cannot be compared with those before: {why}.", True)]
    if a.content_hash == b.content_hash:
        return []
    sizes = f"{a.train:,} documents to learn from and {a.dev:,} to choose on, now {b.train:,} and {b.dev:,}"
    return [("data", f"The test set is the same, other data are not: {sizes}.", False)]


def _place(before: Comparison, after: Comparison) -> Found:
    found: Found = []
    a, b = before.environment, after.environment
    if (a.hardware, a.accelerators) != (b.hardware, b.accelerators):
        text = f"Speed, and cost where it follows from speed, are of another machine: {a.hardware}, now "
        found.append(("hardware", f"{text}{b.hardware}.", True))
    versions = [
        f"{name} {a.versions.get(name, 'not installed')} to {b.versions.get(name, 'not installed')}"
        for name in sorted(a.versions.keys() | b.versions.keys())
        if a.versions.get(name) != b.versions.get(name)
    ]
    if versions:
        found.append(("versions", f"{', '.join(versions)}.", False))
    prices = [{(x.name, x.value, x.unit) for x in made.assumptions} for made in (before, after)]
    if prices[0] != prices[1]:
        moved = sorted({name for name, _, _ in prices[0] ^ prices[1]})
        found.append(("assumptions", f"Costs rest on other assumptions: {', '.join(moved)}.", True))
    if before.workload.model_copy(update={"prices": after.workload.prices}) != after.workload:
        old, new = before.workload.model_dump(), after.workload.model_dump()
        moved = [f"{k}: {old[k]}, now {new[k]}" for k in old if k != "prices" and old[k] != new[k]]
        found.append(("workload", f"{'; '.join(moved)}.", False))
    return found


def _settings(before: Comparison, after: Comparison) -> Found:
    old, new = ({arm.name: arm for arm in made.arms} for made in (before, after))
    found: Found = []
    for text, names in (
        ("added", [n for n in new if n not in old]),
        ("gone", [n for n in old if n not in new]),
    ):
        if names:
            found.append(("approaches", f"{text.capitalize()}: {', '.join(names)}.", False))
    for name in (n for n in new if n in old):
        keys = sorted(k for k in _union(old[name].config, new[name].config) if _differs(old, new, name, k))
        if keys:
            found.append(("settings", f"{name} has other settings: {', '.join(keys)}.", True))
        if old[name].status != new[name].status:
            text = f"{name}: {old[name].status}, now {new[name].status}."
            found.append(("approaches", text, False))
        weights = [sorted(arm.fingerprint.values()) for arm in (old[name], new[name])]
        if all(weights) and weights[0] != weights[1]:
            found.append(("weights", f"{name} starts from other weights.", True))
    return found


def _union(first: dict[str, Any], second: dict[str, Any]) -> set[str]:
    return set(first) | set(second)


def _differs(old: dict[str, ArmResult], new: dict[str, ArmResult], name: str, key: str) -> bool:
    return bool(old[name].config.get(key) != new[name].config.get(key))


def _scores(before: Comparison, after: Comparison) -> list[str]:
    """Arms whose score left the interval it had."""
    old = {arm.name: arm.score for arm in before.arms}
    found = []
    for arm in after.arms:
        then, now = old.get(arm.name), arm.score
        if then is None or now is None or then.low is None or then.high is None:
            continue
        if not then.low <= now.value <= then.high:
            found.append(
                f"{arm.name} left the interval it had: {then.value:.3f} ({then.low:.3f} to {then.high:.3f}), "
                f"now {now.value:.3f}."
            )
    return found


def _headline(entries: Sequence[ComparisonAt]) -> str:
    last = entries[-1]
    answers = [(e.outcome, e.recommended) for e in entries]
    what = {
        "ship": f"{last.recommended} is recommended",
        "cannot_tell": "it cannot be told which approach is best",
        "none_eligible": "no approach is eligible",
    }[last.outcome]
    switches = sum(a != b for a, b in pairwise(answers))
    if not switches:
        return f"In all {len(entries)} comparisons {what}."
    times = "once" if switches == 1 else f"{switches} times"
    return f"The answer changed {times} over {len(entries)} comparisons; in the last, {what}."
