"""Charts from vl-convert made fit to stand inside the document.

Only the elements and attributes listed here survive, so nothing that a chart could carry (scripts, links,
styles, references to other files) reaches the document whatever the data says.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
import zlib

from markupsafe import Markup, escape

from reports.text import clean

_ELEMENTS = {"g", "path", "line", "rect", "text", "tspan"}
_ATTRIBUTES = {
    "aria-label",
    "d",
    "fill",
    "fill-opacity",
    "font-size",
    "font-weight",
    "height",
    "opacity",
    "stroke",
    "stroke-dasharray",
    "stroke-opacity",
    "stroke-width",
    "text-anchor",
    "transform",
    "width",
    "x",
    "x1",
    "x2",
    "y",
    "y1",
    "y2",
}
_TAG = re.compile("\ue000([0-9a-f]{8})\ue001")
_NUMBER = re.compile(r"-?\d+\.\d{2,}(?:e-?\d+)?")
_LABELLED = {"path", "line", "rect"}


def key_of(arm: str) -> str:
    """What stands for the name of an arm in the attributes of its marks."""
    return f"{zlib.crc32(clean(arm).encode()):08x}"


def tagged(arm: str, text: str = "") -> str:
    """A description of a mark that also says whose it is, so that readers can hide an arm.

    :func:`inline` takes the two apart again; a mark with an empty ``text`` gets no name for screen readers.
    """
    return f"\ue000{key_of(arm)}\ue001{clean(text)}"


def inline(svg: str, *, id: str, title: str, description: str, classes: str) -> Markup:
    """The chart as an element of the document.

    Args:
        svg: What vl-convert returned.
        id: Start of the ids of title and description; unique in the document.
        title: Name of the chart for screen readers.
        description: What the chart shows, for screen readers.
        classes: Value of the class attribute.
    """
    root = ET.fromstring(svg)  # noqa: S314 - written by vl-convert a moment ago, without a document type
    body = "".join(_element(child) for child in root)
    width, height = _short(root.get("width", "")), _short(root.get("height", ""))
    return Markup(
        '<svg role="img" class="{classes}" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'aria-labelledby="{id}-t {id}-d"><title id="{id}-t">{title}</title><desc id="{id}-d">{description}'
        "</desc>{body}</svg>"
    ).format(
        classes=classes,
        width=width,
        height=height,
        id=id,
        title=clean(title),
        description=clean(description),
        body=Markup(body),  # noqa: S704 - built below from escaped parts
    )


def _element(node: ET.Element) -> str:
    tag = node.tag.rpartition("}")[2]
    if tag not in _ELEMENTS or node.get("display") == "none":
        return ""
    if tag == "path" and node.get("class") in ("background", "foreground"):
        return ""
    children = "".join(_element(child) for child in node)
    text = escape(node.text or "") if tag in ("text", "tspan") else ""
    if tag == "g" and not children:
        return ""
    label = node.get("aria-label", "")
    arm = _TAG.match(label)
    if arm:
        node.set("aria-label", label[arm.end() :])
    attributes = f' data-arm="{arm[1]}"' if arm else ""
    attributes += "".join(
        f' {name}="{escape(value if name == "aria-label" else _short(value))}"'
        for name, value in node.attrib.items()
        if name in _ATTRIBUTES
        and not (name == "aria-label" and (tag not in _LABELLED or not value))
        and not (name == "opacity" and value == "1")
        and not _foreign(name, value)
    )
    if tag == "g" and not attributes:
        return children
    return f"<{tag}{attributes}>{text}{children}</{tag}>"


def _foreign(name: str, value: str) -> bool:
    return name != "aria-label" and ("url" in value.lower() or ":" in value)


def _short(value: str) -> str:
    """Coordinates to one decimal."""
    return _NUMBER.sub(lambda found: f"{float(found[0]):.1f}", value)
