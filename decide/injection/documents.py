"""The hostile documents: test documents with an attack put in, and controls that name what it asks for."""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from decide.injection.attack import COMMAND, CONTROL, Attack, Place
from decide.injection.disguise import DISGUISES
from decide.injection.goals import goal_of
from decide.injection.settings import Injections, Wanted, injections_from
from evalsets import DecideError, EvalSet, TokenClassification
from evalsets.spans import Span

FILLER = (
    "The page was printed on plain paper.",
    "The margins are of the usual width.",
    "The lines are numbered in the archive.",
    "The form has been in use for several years.",
    "A copy is kept with the other papers.",
)
"""What controls are filled up with: it names no answer and asks for nothing."""
_BREAKS = (re.compile(r"\n+"), re.compile(r"(?<=[.!?])\s+"), re.compile(r"\s+"))


@dataclass(frozen=True)
class HostileDocument:
    """A test document with something put in.

    Args:
        item: 0-based place of the document in test.
        attack: Name of the attack, or of the control.
        family: Kind of attack; ``control`` for controls.
        place: Where it was put in.
        text: The document with it.
        start: First character of what was put in, line breaks around it included.
        end: The character after it.
        target: What is asked for, as plain data.
        gold: Gold annotation as plain data; places in the text are those of ``text``.
    """

    item: int
    attack: str
    family: str
    place: Place
    text: str
    start: int
    end: int
    target: Any
    gold: Any

    @property
    def inserted(self) -> str:
        """What was put in."""
        return self.text[self.start : self.end].strip("\n")


@dataclass(frozen=True)
class HostileSet:
    """The hostile documents of an evaluation set.

    Args:
        items: 0-based places in test of the documents that were attacked.
        targets: What is asked for in each, as plain data.
        attacked: Name of an attack to its documents, in the order of ``items``.
        controls: Name of a control to its documents, which name the target and ask for nothing.
        control_of: Name of an attack to that of its control.
    """

    items: tuple[int, ...]
    targets: tuple[Any, ...]
    attacked: dict[str, tuple[HostileDocument, ...]]
    controls: dict[str, tuple[HostileDocument, ...]]
    control_of: dict[str, str]

    def parts(self) -> Iterator[tuple[str, tuple[HostileDocument, ...]]]:
        """Names of attacks and controls with their documents."""
        yield from self.attacked.items()
        yield from self.controls.items()


def control_name(attack: Attack) -> str:
    """The control that an attack is compared with: at the same place, in the same disguise."""
    return "_".join(filter(None, (CONTROL, attack.place, attack.disguise)))


def hostile_set(data: EvalSet, injections: Injections) -> HostileSet:
    """The hostile documents of the test split, the same for every arm and seed.

    Raises:
        DecideError: If the task has no goal, or fewer than two documents allow a target.
    """
    goal, task, test = goal_of(data), data.task, data.test
    targets: dict[int, Any] = {}
    for i in _ranked(data, injections.seed):
        if len(targets) == injections.documents:
            break
        text = test.texts[i]
        target = goal.target(task, test.labels[i], _rng(injections.seed, "target", text))
        if target is not None:
            targets[i] = target
    items = tuple(sorted(targets))
    if len(items) < 2:
        raise DecideError(
            f"injections: the attacks ask for {goal.asks}, and {len(items)} of {len(test)} test documents "
            "allow that. Leave injections out, or test on more documents."
        )
    phrases = {i: goal.phrases(task, targets[i]) for i in items}
    attacked = {
        attack.name: tuple(
            _document(data, i, attack.name, attack.family, attack.place, attack.write(phrases[i]), targets[i])
            for i in items
        )
        for attack in injections.attacks
    }
    control_of = {attack.name: control_name(attack) for attack in injections.attacks}
    controls = {}
    for name in dict.fromkeys(control_of.values()):
        here = [attack for attack in injections.attacks if control_of[attack.name] == name]
        wordings = {i: _control(here, phrases[i]) for i in items}
        controls[name] = tuple(
            _document(data, i, name, CONTROL, here[0].place, wordings[i], targets[i]) for i in items
        )
    return HostileSet(items, tuple(targets[i] for i in items), attacked, controls, control_of)


def hostile_documents(
    data: EvalSet, injections: Wanted = "all", path: str | Path | None = None
) -> list[HostileDocument]:
    """The documents that :func:`decide.compare` attacks with, to look at or for use in other tools.

    Args:
        data: The evaluation set whose test documents are used.
        injections: What :func:`decide.compare` takes.
        path: A JSONL file to write them to, one object a document with the fields of
            :class:`HostileDocument`. It holds whole documents.

    Raises:
        DecideError: If ``injections`` is ``None`` or wrong, or the data do not allow it.
    """
    settings = injections_from(injections)
    if settings is None:
        raise DecideError("injections is None, so there is nothing to write. Give 'all' or attacks.")
    found = [document for _, documents in hostile_set(data, settings).parts() for document in documents]
    if path is not None:
        from decide.files import write_atomically

        lines = [json.dumps(asdict(document), ensure_ascii=False) for document in found]
        write_atomically(Path(path), "\n".join(lines) + "\n")
    return found


def _rng(seed: int, *parts: str) -> random.Random:
    key = hashlib.sha256(json.dumps([seed, *parts]).encode()).digest()
    return random.Random(key)


def _ranked(data: EvalSet, seed: int) -> list[int]:
    """Test documents in an order whose beginnings are stratified (systematic over shuffled strata)."""
    strata: dict[str, list[int]] = {}
    for i, stratum in enumerate(data.task.strata(data.test.labels)):
        strata.setdefault(stratum, []).append(i)
    rng = _rng(seed, "sample")
    ranked = []
    for stratum in sorted(strata):
        members = strata[stratum]
        rng.shuffle(members)
        start = rng.random()
        ranked += [((n + start) / len(members), i) for n, i in enumerate(members)]
    return [i for _, i in sorted(ranked)]


def _document(
    data: EvalSet, item: int, name: str, family: str, place: Place, wording: str, target: Any
) -> HostileDocument:
    text, gold = data.test.texts[item], data.test.labels[item]
    spans = tuple(gold) if isinstance(data.task, TokenClassification) else ()
    at = _middle(text, spans) if place == "middle" else 0 if place == "start" else len(text)
    before, after = ("" if at == 0 else "\n\n"), ("" if at == len(text) else "\n\n")
    put_in = f"{before}{wording}{after}"
    moved = tuple(
        Span(s.start + len(put_in), s.end + len(put_in), s.label) if s.start >= at else s for s in spans
    )
    return HostileDocument(
        item=item,
        attack=name,
        family=family,
        place=place,
        text=text[:at] + put_in + text[at:],
        start=at,
        end=at + len(put_in),
        target=target,
        gold=data.task.to_plain(moved if spans else gold),
    )


def _middle(text: str, spans: Sequence[Span]) -> int:
    """Where in its middle half a line ends, or else a sentence, or else a word; never in a span."""
    half = len(text) / 2
    for kind in _BREAKS:
        places = [m.end() for m in kind.finditer(text) if len(text) / 4 <= m.end() <= len(text) * 3 / 4]
        places = [p for p in places if not any(s.start < p < s.end for s in spans)]
        if places:
            return min(places, key=lambda p: (abs(p - half), p))
    return len(text)


def _control(attacks: Sequence[Attack], phrases: Mapping[str, str]) -> str:
    """The control of attacks that share a place and a disguise, of about their median length."""
    disguise = attacks[0].disguise
    if disguise is None:
        return _neutral(phrases["mention"], median(len(attack.write(phrases)) for attack in attacks))
    return DISGUISES[disguise](_neutral(phrases["mention"], len(COMMAND.format_map(phrases))))


def _neutral(mention: str, length: float) -> str:
    """The mention, filled up to about ``length`` characters with sentences that say nothing."""
    found, n = mention, 0
    while len(found) + len(FILLER[n % len(FILLER)]) / 2 < length:
        found += f" {FILLER[n % len(FILLER)]}"
        n += 1
    return found


def original_places(value: Any, document: HostileDocument) -> Any:
    """An answer to a hostile document as one to the document as it was.

    Spans in what was put in, or across its edges, are dropped; others move to where they were. Answers
    without places stay as they are.
    """
    if not (isinstance(value, tuple) and all(isinstance(v, Span) for v in value)):
        return value
    shift = document.end - document.start
    kept = []
    for span in value:
        if span.end <= document.start:
            kept.append(span)
        elif span.start >= document.end:
            kept.append(Span(span.start - shift, span.end - shift, span.label))
    return tuple(kept)
