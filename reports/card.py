"""A card for notebooks: the answer and the approaches, without style sheets or scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import overview, strings
from reports.executive import summarise
from reports.render import environment

if TYPE_CHECKING:
    from decide.comparison import Comparison

MOST_ROWS = 15


def card(comparison: Comparison) -> str:
    """A piece of HTML in the notebook's own colours; everything in it is escaped."""
    found, rows = summarise(comparison), overview.rows(comparison)
    left = len(rows) - MOST_ROWS
    return (
        environment()
        .get_template("card.jinja")
        .render(
            t=strings,
            title=comparison.title,
            s=found,
            heads=overview.columns(comparison),
            caption=overview.caption(comparison),
            rows=rows[:MOST_ROWS],
            more=strings.words("more").format(count=left) if left > 0 else "",
        )
    )
