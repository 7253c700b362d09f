"""Words of the report for readers from other fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import strings
from reports.registry import Context, register_section

if TYPE_CHECKING:
    from decide.comparison import Comparison


@register_section("glossary", title="Words used here", order=120)
def build(comparison: Comparison) -> Context | None:
    """The whole glossary, alphabetical."""
    return {"terms": strings.GLOSSARY}
