"""The document: sections rendered, put together, and locked down by a content security policy."""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from decide.theme import Theme
from reports import strings
from reports.format import Missing, whole
from reports.registry import READERS, sections
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


def render(comparison: Comparison, theme: Theme | None = None) -> str:
    """The report on ``comparison`` as one HTML document in the look of ``theme``."""
    templates = environment()
    parts = []
    for section in sections():
        context = section.build(comparison)
        if context is None:
            continue
        template = templates.from_string(section.source())
        body = Markup(template.render(t=strings, **context))  # noqa: S704 - rendered with autoescape
        parts.append(
            {
                "id": section.id,
                "title": section.title,
                "lede": section.lede,
                "readers": section.readers,
                "body": body,
            }
        )
    return document(
        title=comparison.title,
        meta=_meta(comparison),
        synthetic=strings.SYNTHETIC if comparison.data.synthetic else "",
        sections=parts,
        kicker=strings.KICKER,
        theme=theme,
    )


def document(
    *,
    title: str,
    meta: list[str],
    synthetic: str,
    sections: list[dict[str, Any]],
    kicker: str,
    theme: Theme | None = None,
) -> str:
    """Rendered sections as one document whose policy allows our style, our script and the logo, no more.

    Args:
        title: Heading of the document.
        meta: Facts below the heading.
        synthetic: What to say of generated data; empty where none is.
        sections: ``id``, ``title``, ``lede``, rendered ``body`` and perhaps ``readers`` of each, the answer
            first.
        kicker: What kind of document it is.
        theme: The look, and whom it is by and for.
    """
    theme = theme or Theme()
    style, script = _style(title, theme), _asset("script.js")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    readers = {reader for section in sections for reader in section.get("readers", ())}
    return (
        environment()
        .get_template("document.jinja")
        .render(
            t=strings,
            title=title,
            kicker=kicker,
            meta=meta,
            synthetic=synthetic,
            sections=[{"readers": (), **s, "for": _readers(s.get("readers", ()))} for s in sections],
            readers=[(id, name) for id, name in strings.READERS.items() if id in readers],
            theme=theme,
            logo=theme.image.uri if theme.image else None,
            style=Markup(style),  # noqa: S704 - our own file; texts in it are escaped by css_string
            script=Markup(script),  # noqa: S704 - our own file
            policy=policy + ("; img-src data:" if theme.image else ""),
        )
    )


def _readers(readers: Sequence[str]) -> str:
    """Whom a section is for, in words; nothing where readers are not told apart."""
    if len(readers) == len(READERS):
        return strings.DOCUMENT["everyone"]
    return ", ".join(strings.READERS[reader].lower() for reader in readers)


def _meta(comparison: Comparison) -> list[str]:
    data = comparison.data
    return [
        data.name,
        f"{whole(data.test)} test documents",
        strings.plural(len(comparison.arms), "approach", "approaches"),
        strings.plural(len(comparison.seeds), "seed"),
        comparison.created[:10],
    ]


def _style(title: str, theme: Theme) -> str:
    """The style sheet with the texts of printed pages and the colours of the theme."""
    texts = {
        '"REPORT TITLE"': css_string(title[:90]),
        '"CONFIDENTIALITY"': css_string(theme.confidentiality),
        "light-dark(#0b5c8a, #74bdea)": f"light-dark({theme.accent}, {theme.accent_dark})",
    }
    sheet = f"{_asset('style.css')}\n{_asset('print.css')}"
    return re.sub("|".join(map(re.escape, texts)), lambda found: texts[found[0]], sheet)


def _asset(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8").strip()


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
