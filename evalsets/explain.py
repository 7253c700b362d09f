"""What is wrong with settings, in words: where, what would do, and what was perhaps meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

if TYPE_CHECKING:
    from pydantic import ValidationError

Path = tuple[str | int, ...]
"""Keys and places in lists that lead to a value."""


def did_you_mean(name: Any, known: Iterable[str]) -> str:
    """A question after the nearest of the known names, with a space before it; empty if none is near."""
    near = difflib.get_close_matches(str(name), list(known), 1)
    return f" Did you mean {near[0]}?" if near else ""


def listed(error: ValidationError, *at: str) -> str:
    """What pydantic found wrong on one line, each with its field, which stands below ``at``."""
    return "; ".join(
        ": ".join(filter(None, (".".join(map(str, (*at, *e["loc"]))), e["msg"])))
        for e in error.errors(include_url=False)
    )


def explained(error: ValidationError, data: Any, model: Any = None) -> list[tuple[Path, str]]:
    """What pydantic found wrong, each with its place in the data and what would do.

    Branches of unions are no place in the data; what they say of the same place is put together.

    Args:
        error: What pydantic raised.
        data: What was validated.
        model: The pydantic class it was validated against, to say which keys there are.
    """
    found: dict[Path, list[str]] = {}
    for item in error.errors(include_url=False):
        path = _place(item["loc"], data, item["type"])
        messages = found.setdefault(path, [])
        message = _message(item, keys_at(model, path[:-1]))
        if message not in messages:
            messages.append(message)
    return [(path, ", or: ".join(messages)) for path, messages in found.items()]


def _place(location: Path, data: Any, kind: str) -> Path:
    """The part of a location that is a place in the data, or a key missing from it."""
    path: list[str | int] = []
    for number, part in enumerate(location):
        inside = (isinstance(data, Mapping) and part in data) or (
            isinstance(data, list | tuple) and isinstance(part, int) and part < len(data)
        )
        if inside:
            data = data[part]
            path.append(part)
        elif kind.startswith("missing") and number == len(location) - 1:
            path.append(part)
    return tuple(path)


def _message(item: Any, known: Sequence[str]) -> str:
    """What is wrong, with the value where it is short and no secret, and the nearest that would do."""
    kind, value = item["type"], item["input"]
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        listed = f" Known here: {', '.join(sorted(known))}" if known else ""
        return f"is no key here.{did_you_mean(item['loc'][-1], known)}{listed}"
    if kind.startswith("missing"):
        return "is missing and must be given"
    text = str(item["msg"]).removeprefix("Value error, ").rstrip(".")
    secret = any(
        word in str(part).lower() for part in item["loc"] for word in ("url", "uri", "key", "header")
    )
    if (
        isinstance(value, str | int | float)
        and len(str(value)) <= 40
        and not secret
        and repr(value) not in text
    ):
        text += f", not {value!r}"
    if kind == "literal_error":
        allowed = [
            part.strip("' ") for part in str(item["ctx"]["expected"]).replace(" or ", ", ").split(", ")
        ]
        near = did_you_mean(value, allowed)
        text += f".{near}" if near else ""
    return text


def keys_at(model: Any, path: Path) -> tuple[str, ...]:
    """The keys that a mapping at a place in the data of a pydantic class may have; empty if not known."""
    for part in path:
        fields = fields_of(model)
        if isinstance(part, int):
            continue  # the annotation of a list is unwrapped with that of its field
        if part not in fields:
            return ()
        model = _innermost(fields[part].annotation)
    return tuple(fields_of(model))


def fields_of(model: Any) -> Mapping[str, Any]:
    """The fields of a pydantic class by name; none of anything else."""
    found = getattr(model, "__pydantic_fields__", None) if isinstance(model, type) else None
    return found if isinstance(found, Mapping) else {}


def _innermost(annotation: Any) -> Any:
    """The pydantic class in an annotation, through unions and lists."""
    if fields_of(annotation):
        return annotation
    for argument in get_args(annotation):
        found = _innermost(argument)
        if found is not None:
            return found
    return None
