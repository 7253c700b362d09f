"""A logo as it is embedded in a report: checked, of bounded size, unable to run or load anything."""

from __future__ import annotations

import base64
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

from evalsets import DecideError

LARGEST = 200_000
"""Bytes of a logo file."""
_SVG = "http://www.w3.org/2000/svg"
_XLINK = "{http://www.w3.org/1999/xlink}"
_RASTER = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
_DRAWING = frozenset(
    {"svg", "g", "defs", "symbol", "use", "title", "desc", "style", "switch"}
    | {"path", "rect", "circle", "ellipse", "line", "polyline", "polygon"}
    | {"text", "tspan", "textPath", "linearGradient", "radialGradient", "stop"}
    | {"clipPath", "mask", "pattern", "marker"}
)
_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_OUTSIDE = re.compile(r"url\(\s*['\"]?(?!#)|@import|expression\s*\(|javascript:|\\", re.IGNORECASE)


@dataclass(frozen=True)
class Logo:
    """The bytes of a checked logo and their media type."""

    mime: str
    data: bytes

    @property
    def uri(self) -> str:
        """The logo as a data URI."""
        return f"data:{self.mime};base64,{base64.b64encode(self.data).decode()}"


def read_logo(file: Path) -> Logo:
    """Read and check a PNG, JPEG or SVG file; what it is decides its content, not its name.

    Raises:
        DecideError: If the file cannot be read, is too large, is none of the three, or is an SVG that
            could run a script or load something.
    """
    try:
        if file.stat().st_size > LARGEST:
            size = file.stat().st_size
            raise DecideError(
                f"{file}: has {size:,} bytes; a logo may have {LARGEST:,}. Use a smaller image."
            )
        data = file.read_bytes()
    except OSError as error:
        raise DecideError(f"{file}: cannot be read ({error.strerror}). Give the path of a logo.") from error
    for start, mime in _RASTER.items():
        if data.startswith(start):
            return Logo(mime, data)
    if b"<svg" in data[:LARGEST]:
        return Logo("image/svg+xml", _safe_svg(data, file))
    raise DecideError(f"{file}: is no PNG, JPEG or SVG image. Give one of these.")


def _safe_svg(data: bytes, file: Path) -> bytes:
    """The drawing alone, written anew; what could act is refused rather than dropped."""
    try:
        text = data.decode("utf-8-sig")
        if re.search(r"<!(DOCTYPE|ENTITY)", text, re.IGNORECASE):
            raise DecideError(f"{file}: has a document type. Save the logo as plain SVG, without one.")
        root = ET.fromstring(text)  # noqa: S314 - without a document type there are no entities to expand
    except (UnicodeDecodeError, ET.ParseError, ValueError) as error:
        raise DecideError(f"{file}: is not valid SVG ({error}). Save the logo anew, or as PNG.") from error
    if root.tag != f"{{{_SVG}}}svg":
        raise DecideError(f"{file}: is not SVG at its root. Save the logo anew, or as PNG.")
    found: list[str] = []
    clean = _element(root, found)
    if found or clean is None:
        what = ", ".join(dict.fromkeys(found))
        raise DecideError(
            f"{file}: could run or load something ({what}). Save the logo as plain SVG without these, "
            "or as PNG."
        )
    ET.register_namespace("", _SVG)
    ET.register_namespace("xlink", _XLINK.strip("{}"))
    return bytes(ET.tostring(clean, encoding="utf-8"))


def _element(node: ET.Element, found: list[str]) -> ET.Element | None:
    """A copy of ``node`` with drawing only; notes of drawing programs are dropped, the rest is told."""
    space, _, name = str(node.tag).rpartition("}")
    if space != f"{{{_SVG}" or name == "metadata":
        return None
    if name not in _DRAWING:
        found.append(f"<{name}>")
        return None
    copy = ET.Element(node.tag)
    copy.text, copy.tail = node.text, node.tail
    if name == "style" and _OUTSIDE.search(node.text or ""):
        found.append("a style that loads something")
    for key, value in node.attrib.items():
        plain = key.removeprefix(_XLINK)
        if plain == "href":
            if not value.startswith("#"):
                found.append("a link to outside")
        elif plain.startswith("on"):
            found.append(plain)
        elif not _ATTRIBUTE.fullmatch(plain):
            continue
        elif _OUTSIDE.search(value):
            found.append(f"{plain} that loads something")
        copy.set(key, value)
    copy.extend(child for child in (_element(child, found) for child in node) if child is not None)
    return copy
