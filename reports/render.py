"""The document: sections rendered, put together, and locked down by a content security policy."""

from __future__ import annotations

import base64
import hashlib
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports import strings
from reports.format import Missing, whole
from reports.registry import sections
from reports.text import clean, css_string

if TYPE_CHECKING:
    from decide.comparison import Comparison

_HERE = Path(__file__).parent
_MISSING = Markup(
    '<span class="na" title="{0}"><span aria-hidden="true">—</span><span class="vh">{0}</span></span>'
)


def shown(value: Any) -> Any:
    """What stands in the document for a value in a template, before it is escaped."""
    if isinstance(value, Markup):
        return value
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        value = Missing()
    if isinstance(value, Missing):
        return _MISSING.format(clean(value.why))
    return clean(str(value))


def environment() -> Environment:
    """The template environment: everything escaped, nothing undefined let through."""
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(comparison: Comparison) -> str:
    """The report on ``comparison`` as one HTML document."""
    templates = environment()
    parts = []
    for section in sections():
        context = section.build(comparison)
        if context is None:
            continue
        template = templates.from_string(section.template.read_text(encoding="utf-8"))
        body = Markup(template.render(t=strings, **context))  # noqa: S704 - rendered with autoescape
        parts.append({"id": section.id, "title": section.title, "lede": section.lede, "body": body})
    return document(
        title=comparison.title,
        meta=_meta(comparison),
        synthetic=strings.SYNTHETIC if comparison.data.synthetic else "",
        sections=parts,
        kicker=strings.KICKER,
    )


def document(
    *, title: str, meta: list[str], synthetic: str, sections: list[dict[str, Any]], kicker: str
) -> str:
    """Rendered sections as one document whose policy allows our style and script and nothing else.

    Args:
        title: Heading of the document.
        meta: Facts below the heading.
        synthetic: What to say of generated data; empty where none is.
        sections: ``id``, ``title``, ``lede`` and rendered ``body`` of each, the answer first.
        kicker: What kind of document it is.
    """
    style, script = _style(title), _asset("script.js")
    return (
        environment()
        .get_template("document.jinja")
        .render(
            t=strings,
            title=title,
            kicker=kicker,
            meta=meta,
            synthetic=synthetic,
            sections=sections,
            style=Markup(style),  # noqa: S704 - our own file; the title in it is escaped by css_string
            script=Markup(script),  # noqa: S704 - our own file
            policy=f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
            "base-uri 'none'; form-action 'none'",
        )
    )


def _meta(comparison: Comparison) -> list[str]:
    data = comparison.data
    return [
        data.name,
        f"{whole(data.test)} test documents",
        strings.plural(len(comparison.arms), "approach", "approaches"),
        strings.plural(len(comparison.seeds), "seed"),
        comparison.created[:10],
    ]


def _style(title: str) -> str:
    return _asset("style.css").replace('"REPORT TITLE"', css_string(title[:90]))


def _asset(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8").strip()


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
