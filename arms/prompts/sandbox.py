"""The environment that users' prompt templates are rendered in: no way out, and bounded results.

A template comes from an engagement file, which may have been written by someone else. It can read the
variables it is given and write text; it reaches no file, no module and no internals of Python, changes
nothing it is given, and cannot ask for a text of gigabytes by a number. It can still loop for long, and make
a long text by joining or replacing, which is refused only once it is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jinja2 import StrictUndefined
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

LONGEST = 5_000_000
"""Characters of a rendered block beyond those of its text."""
MOST = 100_000
"""Characters or parts that a product or a power may have."""
_FILTERS = (
    "abs attr capitalize count d default dictsort e escape first float forceescape groupby indent int "
    "items join last length list lower map max min reject rejectattr replace reverse round safe select "
    "selectattr sort string striptags sum title tojson trim truncate unique upper urlencode wordcount "
)
"""Filters that make no text longer by a number; ``join`` and ``replace`` can by the texts they are given."""
_PADDING = frozenset(("center", "ljust", "rjust", "zfill", "expandtabs", "format", "format_map"))
"""Methods of texts that make a long text of a number."""


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja without a loader, without ``range`` bombs, long products and padding."""

    intercepted_binops = frozenset(["*", "**", "%"])

    def __init__(self) -> None:
        # Prompts are no HTML, so nothing is escaped.
        super().__init__(undefined=StrictUndefined, autoescape=False)
        self.filters = {name: self.filters[name] for name in _FILTERS.split()} | {"indent": _indent}
        self.globals = {"range": _range, "namespace": self.globals["namespace"]}

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Products and powers of bounded size; ``%`` for numbers alone, as it also pads texts."""
        if operator == "%":
            if not isinstance(left, int | float):
                raise SecurityError("% is for numbers; join texts with ~")
        elif operator == "*":
            for a, b in ((left, right), (right, left)):
                if hasattr(a, "__len__") and isinstance(b, int) and len(a) * b > MOST:
                    raise SecurityError(f"a product of more than {MOST:,} characters or parts")
        elif not _small(left, 1e6) or not _small(right, 64):
            raise SecurityError("a power of large numbers")
        return super().call_binop(context, operator, left, right)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Nothing private (as the sandbox has it), and no method that pads."""
        return attr not in _PADDING and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> Any:
        """Refuse ``str.format``, which pads too, and which the sandbox lets through in a form of its own."""
        return None if super().wrap_str_format(value) is None else _no_format


def bounded(parts: Iterator[str], text: str) -> str:
    """The parts of a block put together.

    Raises:
        SecurityError: As soon as they are longer than :data:`LONGEST` without the text.
    """
    kept: list[str] = []
    room = LONGEST + 2 * len(text)
    for part in parts:
        room -= len(part)
        if room < 0:
            raise SecurityError(f"it wrote more than {LONGEST:,} characters")
        kept.append(part)
    return "".join(kept)


def _small(value: Any, most: float) -> bool:
    return isinstance(value, int | float) and abs(value) <= most


def _range(*bounds: int) -> range:
    found = range(*bounds)
    if len(found) > 1000:
        raise SecurityError("a range of more than 1,000 numbers")
    return found


def _no_format(*args: Any, **kwargs: Any) -> str:
    raise SecurityError("format() is not for templates; join texts with ~")


def _indent(text: str, width: int = 4, first: bool = False, blank: bool = False) -> str:
    from jinja2.filters import do_indent

    return do_indent(text, min(int(width), 100), first, blank)
