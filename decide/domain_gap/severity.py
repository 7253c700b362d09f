"""How wide a gap is, by published domains.

The only measure with published values beside published gains of adaptation is the overlap of the 10,000
most frequent words: four domains against RoBERTa's pretraining text (Gururangan et al. 2020).
Each domain stands for one level, in the order that the findings give, and the borders lie halfway between
neighbours. Four points of one paper, one encoder and one word list are a weak calibration: the borders
could each lie anywhere between their two anchors, and the statement of confidence says so.

Not used for the level, and why:

- **Masked-LM loss.** It depends on how predictable a domain is, not only on how foreign: the published loss
  before adaptation is highest for reviews (2.10), where adaptation gained 0.4 points, and lower for
  biomedical text (1.32), where it gained 2.3. On text like RoBERTa's own pretraining it is 1.19.
- **Tokenizer fertility, proxy A-distance, shifted words.** No published values beside gains of adaptation.
  They are shown as evidence beside the level, by the conventions of :data:`CONVENTIONS`.
"""

from __future__ import annotations

from typing import Literal

from decide.domain_gap.language_model import excess
from decide.domain_gap.overlap import TOP
from decide.domain_gap.report import Anchor, Level, Measure, Severity
from decide.records import Estimate

PAPER = (
    'Gururangan et al. 2020, "Don\'t Stop Pretraining" (gains and losses checked against tables 1 and 5; '
    "overlaps as quoted from figure 2, an image that could not be checked)"
)

ANCHORS = (
    Anchor(
        domain="news",
        value=54.1,
        level="negligible",
        finding="adapting on a large corpus changed AG News by 0.0 and Hyperpartisan by +1.6 points (sd "
        "5.9); "
        "masked-LM loss rose by 0.08",
        source=PAPER,
    ),
    Anchor(
        domain="reviews",
        value=34.5,
        level="mild",
        finding="adapting on a large corpus gained 0.4 points on IMDB and 1.4 on Helpfulness (sd 3.4 "
        "before); masked-LM loss fell by 0.17",
        source=PAPER,
    ),
    Anchor(
        domain="biomedical",
        value=27.3,
        level="marked",
        finding="adapting on a large corpus gained 2.3 points on ChemProt and 0.4 on RCT; masked-LM loss "
        "fell "
        "by 0.33",
        source=PAPER,
    ),
    Anchor(
        domain="computer science",
        value=19.2,
        level="severe",
        finding="adapting on a large corpus gained 12.4 points on ACL-ARC (1,688 labelled; sd 5.8 before) "
        "and 3.5 on SciERC; masked-LM loss fell by 0.29",
        source=PAPER,
    ),
)
"""Overlap of the 10,000 most frequent words with RoBERTa's pretraining text, in percent, widest last."""

BORDERS: tuple[tuple[Level, float], ...] = (
    ("negligible", (54.1 + 34.5) / 2),
    ("mild", (34.5 + 27.3) / 2),
    ("marked", (27.3 + 19.2) / 2),
    ("severe", 0.0),
)
"""Lowest overlap, in percent, of each level: halfway between neighbouring anchors."""

FEWEST = 2_000
"""Words compared from which overlap bounds the level at all."""

KNOWN_OFFSET = 8.0
"""Points of overlap by which a frequency list reads above the published way of measuring.

Known for one domain only: the biomedical corpus of the real-data tests (PubMed abstracts) shares 35.3% with
wordfreq, published is 27.3% for biomedical papers against RoBERTa's pretraining text. One point is no basis
for a correction, so the borders stay as published and the offset widens the range of levels stated.
"""

CONVENTIONS: dict[str, tuple[float, str]] = {
    "fertility": (1.2, "times as many tokens per word"),
    "a_distance": (1.5, "on a scale to 2"),
    "shifted_words": (0.5, "of the words tested"),
}
"""Values from which an uncalibrated measure is called wide: conventions of ours, without evidence."""


def level_of(overlap: float) -> Level:
    """The level of an overlap in percent."""
    return next(level for level, lowest in BORDERS if overlap >= lowest or lowest == 0.0)


def judge(measures: list[Measure], *, own_reference: bool, english: bool) -> Severity:
    """The severity with everything that speaks for or against it.

    Args:
        measures: All measures.
        own_reference: Whether overlap is with a reference corpus of the user's.
        english: Whether the text reads as English.
    """
    by_id = {m.id: m for m in measures}
    overlap = by_id["vocabulary_overlap"]
    supporting = _supporting(by_id, "the reference corpus" if own_reference else "general English")
    if overlap.value is None or overlap.reference is None or not english:
        return _ungraded(overlap, supporting, english=english)
    value = overlap.value
    level = level_of(value.value)
    other = "the reference corpus" if own_reference else "general English"
    nearest = min(ANCHORS, key=lambda a: abs(a.value - value.value))
    plausible = _plausible(value)
    others = " or ".join(name for name in plausible if name != level)
    graded = f"{level} (possibly {others})" if others else level
    confidence, statement = _confidence(value, plausible, own_reference)
    return Severity(
        level=level,
        plausible=plausible,
        headline=f"The gap is {graded}: {value.value:.0f}% of the frequent words are shared with {other}, "
        f"nearest to published {nearest.domain} ({nearest.value}%).",
        evidence=[
            f"Vocabulary overlap is {value.value:.1f}%; {level} is {_range(level)}. "
            f"Published {nearest.domain}: {nearest.finding}.",
            *supporting,
        ],
        confidence=confidence,
        confidence_statement=statement,
        anchors=list(ANCHORS),
    )


def _ungraded(overlap: Measure, supporting: list[str], *, english: bool) -> Severity:
    """No level, but the worst one that a smaller vocabulary leaves open, because overlap grows with it."""
    plausible: list[Level] = []
    why = "the text is not English"
    most = ""
    if english:
        why = f"the domain's text holds fewer than {TOP:,} content words"
        if overlap.value is not None and overlap.compared >= FEWEST:
            low = overlap.value.value if overlap.value.low is None else overlap.value.low
            names = [name for name, _ in BORDERS]
            plausible = names[: names.index(level_of(max(0.0, low - KNOWN_OFFSET))) + 1]
            most = f" It is {plausible[-1]} at most." if len(plausible) < len(names) else ""
            supporting = [
                f"Vocabulary overlap is {overlap.value.value:.1f}% of the {overlap.compared:,} most "
                f"frequent words; "
                f"of {TOP:,} it would be higher.",
                *supporting,
            ]
    return Severity(
        level=None,
        plausible=plausible,
        headline=f"The gap cannot be graded: {why}.{most}",
        evidence=supporting,
        confidence="low",
        confidence_statement=f"The published figures behind the levels are for the {TOP:,} most frequent "
        f"words of "
        "English text. Overlap grows with the words compared and with the text they are counted in, so a "
        "small corpus shows a bound only. More text of the domain would give a level; the other measures "
        "stand without one.",
        anchors=list(ANCHORS),
    )


def _range(level: Level) -> str:
    names = [name for name, _ in BORDERS]
    place = names.index(level)
    low = BORDERS[place][1]
    if place == 0:
        return f"{low:.1f}% or more"
    return f"{low:.1f}% to {BORDERS[place - 1][1]:.1f}%" if low else f"below {BORDERS[place - 1][1]:.1f}%"


def _plausible(value: Estimate) -> list[Level]:
    """The levels between the upper end of the interval and its lower end less the known offset."""
    low = value.value if value.low is None else value.low
    high = value.value if value.high is None else value.high
    names = [name for name, _ in BORDERS]
    first, last = names.index(level_of(high)), names.index(level_of(max(0.0, low - KNOWN_OFFSET)))
    return names[first : last + 1]


def _confidence(
    value: Estimate, plausible: list[Level], own_reference: bool
) -> tuple[Literal["low", "moderate"], str]:
    if value.low is None or value.high is None:
        sampling = "There is no sampling error, all documents were counted."
    else:
        sampling = f"Sampling leaves {value.low:.1f}% to {value.high:.1f}% (95% interval)."
    against = "the reference corpus given" if own_reference else "a word-frequency list"
    weak = (
        "Calibration is weak: the levels rest on four published domains and one encoder, and each border "
        "could "
        f"lie anywhere between its two anchors. Overlap is measured here against {against}, there against a "
        "sample of RoBERTa's pretraining text. In the one domain where both are known a word-frequency list "
        f"reads {KNOWN_OFFSET:.0f} points higher, which may hide a level; less text reads lower. "
        f"Published gains "
        "within one level differ by 1 to 9 points between tasks."
    )
    spread = f"With both, the level is {' or '.join(plausible)}."
    return ("moderate" if len(plausible) == 1 else "low"), f"{sampling} {weak} {spread}"


def _supporting(by_id: dict[str, Measure], other: str) -> list[str]:
    """Sentences on the measures without published calibration."""
    found = []
    fertility = by_id["fertility"]
    if fertility.value is not None and fertility.reference is not None and fertility.reference.value:
        ratio = fertility.value.value / fertility.reference.value
        found.append(
            f"The tokenizer needs {ratio:.2f} times the tokens per word of {other}, "
            f"{_word(ratio, 'fertility')}."
        )
    for id, what in (("a_distance", "Proxy A-distance"), ("shifted_words", "Share of shifted words")):
        measure = by_id[id]
        if measure.value is not None:
            found.append(f"{what} is {measure.value.value:.2f}, {_word(measure.value.value, id)}.")
    beyond = excess(by_id["masked_lm_loss"])
    if beyond is not None:
        found.append(
            f"Masked-LM loss is {beyond:+.2f} nats against the reference text. It is not used for the level, "
            "because published losses do not order domains as gains do."
        )
    return found


def _word(value: float, id: str) -> str:
    limit, unit = CONVENTIONS[id]
    side = "wide" if value >= limit else "not wide"
    return f"{side} by our convention ({limit:g} {unit}; no published calibration)"
