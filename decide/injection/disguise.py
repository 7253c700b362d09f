"""Ways to write an instruction so that a person or a filter does not see it."""

from __future__ import annotations

import base64

ZERO_WIDTH_SPACE = "\u200b"
TAGS = 0xE0000
"""Start of the Unicode block whose characters mirror ASCII and are drawn as nothing."""


def in_base64(text: str) -> str:
    """The text as base64 of its UTF-8."""
    return base64.b64encode(text.encode()).decode()


def spaced(text: str) -> str:
    """A space between the letters of each word, three between words."""
    return "   ".join(" ".join(word) for word in text.split())


def zero_width(text: str) -> str:
    """A zero-width space between the letters of each word: it looks as before and matches no filter."""
    return " ".join(ZERO_WIDTH_SPACE.join(word) for word in text.split())


def tag_characters(text: str) -> str:
    """Every printable ASCII character as its invisible twin of the Unicode block "Tags", others left out."""
    return "".join(chr(TAGS + ord(c)) for c in text if " " <= c <= "~")


DISGUISES = {"base64": in_base64, "spaced": spaced, "zero_width": zero_width, "tags": tag_characters}
"""Name of a placeholder to what it makes of the plain instruction."""
