"""A report with some of its sections: a whole one takes a second or two to draw."""

from __future__ import annotations

from typing import Any

import pytest

from decide.comparison import Comparison
from decide.theme import Theme
from reports import render_html
from reports.registry import sections
from tests.reports import make
from tests.reports.page import Page


def page_of(*ids: str, of: Comparison | None = None, theme: Theme | None = None, **fields: Any) -> Page:
    """The report with the named sections only, which draws no charts of others.

    Args:
        ids: The sections.
        of: The comparison; by default the made one with ``fields``.
        theme: The look.
        fields: What it has instead of what it usually has.
    """
    shown = [section for section in sections() if section.id in ids]
    assert len(shown) == len(ids)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reports.render.sections", lambda: shown)
        html = render_html(of or make.comparison(**fields), theme=theme)
    pytest.importorskip("html5lib").HTMLParser(strict=True).parse(html)
    page = Page(html)
    assert not page.problems
    ids = [e.attributes["id"] for e in page.elements if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    assert len(page.all("caption")) == len(page.all("table"))
    return page
