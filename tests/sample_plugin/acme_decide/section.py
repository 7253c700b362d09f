"""A section that names the approaches, one a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import register_section
from reports.registry import Context

if TYPE_CHECKING:
    from decide.comparison import Comparison


@register_section("acme-checklist", title="Checklist of Acme", order=95)
def build(comparison: Comparison) -> Context | None:
    return {"names": [arm.name for arm in comparison.arms]}
