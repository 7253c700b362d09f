"""Personal data in the texts of an evaluation: counted by type, never shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated

import numpy as np
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from arms.base import Arm
from arms.pii import Detector, Recognition, lack
from decide.privacy import network
from decide.privacy.records import PiiCount, PiiReport, PiiSplit
from decide.records import Estimate
from evalsets import DecideError, EvalSet

DOCUMENTS = 500
CHARACTERS = 300_000
"""Most characters of a set that are looked at, about. Of prose presidio reads some 100,000 in a second, of
texts full of numbers a tenth of that."""
OFF = "It was switched off (pii=False)."
NO_NEED = "No approach would send texts to another machine. Ask for it by pii=True."


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class PiiSearch(Recognition):
    """What is looked for, and in how many documents.

    Args:
        documents: Most documents of each split, drawn by seed; fewer if they are long.
        seed: Seed of the draw.
    """

    documents: Annotated[int, Field(ge=1)] = DOCUMENTS
    seed: Annotated[int, Field(ge=0)] = 0


Wanted = bool | PiiSearch | PiiReport | None


def find_pii(
    texts: EvalSet | Sequence[str] | Mapping[str, Sequence[str]],
    *,
    entities: Sequence[str] | None = None,
    language: str = "en",
    spacy_model: str | None = None,
    min_score: float = 0.4,
    documents: int = DOCUMENTS,
    seed: int = 0,
) -> PiiReport:
    """Count personal data in texts by type, with presidio; needs the extra ``privacy``.

    Nothing is downloaded and nothing leaves the machine. By default presidio's pattern recognisers look for
    what has a form: addresses of mail and web, telephone numbers, dates, cards, identity numbers. Names and
    places have none and need ``spacy_model``. A pattern finds too much and too little: counts are those of
    findings, not of personal data proven.

    Args:
        texts: An evaluation set, of which train, dev and test are read; texts; or texts by name of the set.
        entities: Types to look for, as presidio names them; by default those it switches on for the language.
        language: Language of the texts.
        spacy_model: An installed spaCy model, by package name or folder, that knows names and places.
        min_score: Least certainty of a finding by presidio's rating, in [0, 1].
        documents: Most documents of a set, drawn by seed; fewer if they are long.
        seed: Seed of the draw.

    Returns:
        Counts with 95% Wilson intervals; no text and no value found.

    Raises:
        ArmError: If presidio or the spaCy model is missing, or a type is unknown.
        DecideError: If there is no text.
    """
    search = PiiSearch(
        entities=None if entities is None else tuple(entities),
        language=language,
        spacy_model=spacy_model,
        min_score=min_score,
        documents=documents,
        seed=seed,
    )
    return search_in(texts, search)


def search_in(texts: EvalSet | Sequence[str] | Mapping[str, Sequence[str]], search: PiiSearch) -> PiiReport:
    """The same by settings; see :func:`find_pii`.

    Raises:
        DecideError: If there is no text, or one text instead of several.
        ArmError: If what the settings ask for is not installed.
    """
    sets: Mapping[str, Sequence[str]]
    if isinstance(texts, EvalSet):
        sets = {"train": texts.train.texts, "dev": texts.dev.texts, "test": texts.test.texts}
    elif isinstance(texts, str):
        raise DecideError("find_pii takes texts, not one text. Put it into a list.")
    else:
        sets = texts if isinstance(texts, Mapping) else {"texts": texts}
    sets = {name: some for name, some in sets.items() if len(some)}
    if not sets:
        raise DecideError("There is no text to look for personal data in. Give at least one.")
    detector = search.detector()
    return PiiReport(
        splits=[_split(name, some, detector, search) for name, some in sets.items()],
        looked_for=list(detector.types),
        names=detector.names,
        settings=search.config(),
        seed=search.seed,
        versions=detector.versions,
    )


def _split(name: str, texts: Sequence[str], detector: Detector, search: PiiSearch) -> PiiSplit:
    order = np.random.default_rng(search.seed).permutation(len(texts))[: search.documents]
    findings: Counter[str] = Counter()
    having: Counter[str] = Counter()
    looked, characters, some = 0, 0, 0
    for i in order:
        found = Counter(one.type for one in detector.find(texts[i]))
        findings.update(found)
        having.update(found.keys())
        looked, characters, some = looked + 1, characters + len(texts[i]), some + bool(found)
        if characters >= CHARACTERS:
            break
    return PiiSplit(
        split=name,
        total=len(texts),
        looked_at=looked,
        characters=characters,
        any=PiiCount(type="any", documents=some, findings=findings.total(), share=proportion(some, looked)),
        types=[
            PiiCount(type=t, documents=n, findings=findings[t], share=proportion(n, looked))
            for t, n in sorted(having.items(), key=lambda item: (-item[1], item[0]))
        ],
    )


def proportion(count: int, total: int) -> Estimate:
    """A share with its 95% interval by Wilson (1927), which holds for few documents and shares near 0."""
    from decide.statistics import wilson

    low, high = wilson(count / total, total)
    return Estimate(value=count / total, low=low, high=high)


def checked(wanted: Wanted) -> None:
    """Refuse a search that cannot be had, before anything slow.

    Raises:
        ArmError: If presidio or what it needs is missing.
    """
    if wanted is True or isinstance(wanted, PiiSearch):
        (PiiSearch() if wanted is True else wanted).detector()


def pii_of(data: EvalSet, arms: Sequence[Arm], wanted: Wanted) -> tuple[PiiReport | None, str]:
    """The counts of a comparison, or why there are none.

    Args:
        data: The evaluation set.
        arms: All arms; unless told, texts are searched if one of them would send texts elsewhere.
        wanted: Whether and how to search. A report that :func:`find_pii` gave is taken as it is.
    """
    if isinstance(wanted, PiiReport):
        return wanted, ""
    if wanted is False:
        return None, OFF
    if wanted is None:
        if not any(place.remote for arm in arms for place in arm.destinations()):
            return None, NO_NEED
        missing = lack()
        if missing:
            return None, f"{missing}."
    with network.scoped(network.NOWHERE):
        return search_in(data, wanted if isinstance(wanted, PiiSearch) else PiiSearch()), ""
