"""Whether a text is English at all, because the default reference is."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from evalsets import DecideError
from evalsets.words import words_of

LANGUAGES = {
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "es": "Spanish",
    "fi": "Finnish",
    "fr": "French",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "nb": "Norwegian",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "sv": "Swedish",
    "tr": "Turkish",
}
"""Languages in Latin script that are told apart by their common words."""
COMMON = 100
DOCUMENTS = 300
MARGIN = 1.5
FEW_COMMON = 0.05


@functools.cache
def _common(language: str) -> frozenset[str]:
    from wordfreq import top_n_list

    return frozenset(w for w in top_n_list(language, COMMON, wordlist="small"))


def check_english(documents: Sequence[str], name: str, *, has_reference: bool) -> tuple[bool, list[str]]:
    """Whether a text is English, and notes on its language.

    A language counts as the text's where its 100 most common words make up at least 1.5 times as many of
    the running words as those of English do.

    Raises:
        DecideError: If it is not English and no reference corpus in its language was given.
    """
    text = " ".join(d[:2000] for d in documents[:DOCUMENTS])
    letters = [c for c in text if c.isalpha()]
    words = [w.lower() for w in words_of(text)]
    if not letters or not words:
        raise DecideError(f"{name}: there are no words in it. Give running text.")
    latin = sum(c < "\u0250" for c in letters) / len(letters)
    if latin < 0.5:
        return _other(f"{name}: {1 - latin:.0%} of its letters are not of the Latin alphabet", has_reference)
    english = sum(w in _common("en") for w in words) / len(words)
    shares = {code: sum(w in _common(code) for w in words) / len(words) for code in LANGUAGES}
    best = max(shares, key=lambda code: shares[code])
    if shares[best] > max(MARGIN * english, 0.15):
        return _other(
            f"{name}: reads as {LANGUAGES[best]} ({shares[best]:.0%} of its words are among the {COMMON} "
            f"most "
            f"common of that language, {english:.0%} among those of English)",
            has_reference,
        )
    if english < FEW_COMMON:
        return True, [
            f"{name}: only {english:.0%} of its words are among the {COMMON} most common of English "
            f"(running text "
            "has 30% to 50%). If it is a list, code or another language, comparison with general English "
            "says little."
        ]
    return True, []


def _other(finding: str, has_reference: bool) -> tuple[bool, list[str]]:
    if has_reference:
        return False, [
            f"{finding}. It is compared with the reference corpus; published anchors are for English."
        ]
    raise DecideError(
        f"{finding}. General English is no reference for it: give reference= with general text in its "
        f"language."
    )
