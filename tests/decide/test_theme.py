"""Themes: what is refused, and that a refusal names the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

import decide
from decide import contrast
from decide.logo import LARGEST, read_logo
from decide.theme import read_theme, theme_from
from evalsets import DecideError

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 60
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{}</svg>'


def logo(folder: Path, body: str = "<rect width='9' height='9'/>", whole: str = SVG) -> Path:
    file = folder / "logo.svg"
    file.write_text(whole.format(body), encoding="utf-8")
    return file


def test_contrast_is_that_of_wcag() -> None:
    assert contrast.ratio((0, 0, 0), (1, 1, 1)) == pytest.approx(21)
    # Values of the published formula for mid grey and for pure red on white.
    assert contrast.ratio(contrast.parse("#767676"), (1, 1, 1)) == pytest.approx(4.54, abs=0.005)
    assert contrast.ratio(contrast.parse("#ff0000"), (1, 1, 1)) == pytest.approx(4.0, abs=0.005)


def test_a_pale_accent_is_refused_with_ratio_and_remedy() -> None:
    with pytest.raises(
        DecideError, match=r"accent: #ff9900 has a contrast of 2\.\d\d:1 .*4\.5:1.*darker"
    ) as e:
        decide.Theme(accent="#ff9900")
    better = str(e.value).rsplit(" ", 1)[1].rstrip(".")
    assert decide.Theme(accent=better).accent == better
    with pytest.raises(DecideError, match=r"accent_dark: #0b5c8a .* lighter"):
        decide.Theme(accent_dark="#0b5c8a")


def test_colours_are_written_in_one_way() -> None:
    assert decide.Theme(accent="#046").accent == "#004466"
    with pytest.raises(ValidationError, match="Write it as #rrggbb"):
        decide.Theme(accent="red;} body{display:none")


def test_logos_are_known_by_their_content(tmp_path: Path) -> None:
    file = tmp_path / "logo.jpg"
    file.write_bytes(PNG)
    assert read_logo(file).mime == "image/png"
    file.write_bytes(b"\xff\xd8\xff\xe0")
    assert read_logo(file).uri.startswith("data:image/jpeg;base64,")
    file.write_bytes(b"GIF89a")
    with pytest.raises(DecideError, match="no PNG, JPEG or SVG"):
        read_logo(file)
    file.write_bytes(PNG + b"\0" * LARGEST)
    with pytest.raises(DecideError, match="may have 200,000"):
        read_logo(file)
    with pytest.raises(DecideError, match="cannot be read"):
        decide.Theme(logo=tmp_path / "none.png")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("<script>alert(1)</script>", "<script>"),
        ("<rect onload='alert(1)'/>", "onload"),
        ("<foreignObject/>", "<foreignObject>"),
        ("<image href='https://x.example/a.png'/>", "<image>"),
        ("<use href='https://x.example/a.svg#a'/>", "a link to outside"),
        ("<use xmlns:l='http://www.w3.org/1999/xlink' l:href='data:text/html,x'/>", "a link to outside"),
        ("<rect fill='url(https://x.example/a)'/>", "fill that loads"),
        ("<rect style='fill:url( \"https://x.example/a\")'/>", "style that loads"),
        ("<style>@import 'https://x.example/a.css';</style>", "a style that loads"),
        ("<style>rect{{fill:u\\rl(https://x.example/a)}}</style>", "a style that loads"),
        ("<animate attributeName='href' to='javascript:alert(1)'/>", "<animate>"),
    ],
)
def test_an_svg_that_could_act_is_refused(tmp_path: Path, body: str, why: str) -> None:
    with pytest.raises(DecideError, match="could run or load something") as error:
        read_logo(logo(tmp_path, body))
    assert why in str(error.value)


def test_an_svg_with_entities_or_broken_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DecideError, match="document type"):
        read_logo(logo(tmp_path, whole='<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG))
    with pytest.raises(DecideError, match="not valid SVG"):
        read_logo(logo(tmp_path, "<rect>"))
    utf16 = tmp_path / "wide.svg"
    utf16.write_bytes(b"<svg" + SVG.encode("utf-16"))
    with pytest.raises(DecideError, match="not valid SVG"):
        read_logo(utf16)


def test_a_drawing_is_kept_and_notes_of_editors_are_dropped(tmp_path: Path) -> None:
    body = (
        "<metadata>a secret path</metadata><defs><linearGradient id='g'/></defs>"
        "<e:view xmlns:e='urn:editor' e:file='/home/me'/><rect fill='url(#g)' xmlns:e='urn:editor' e:a='1'/>"
    )
    kept = read_logo(logo(tmp_path, body)).data.decode()
    assert "linearGradient" in kept
    assert "url(#g)" in kept
    assert "secret" not in kept
    assert "editor" not in kept


def test_a_theme_file_names_its_fields(tmp_path: Path) -> None:
    file = tmp_path / "theme.yaml"
    logo(tmp_path)
    file.write_text("client: Example Ltd.\nlogo: logo.svg\n")
    assert read_theme(file).image is not None
    file.write_text("colour: red\nclient: [1]\n")
    with pytest.raises(DecideError, match=r"theme\.yaml: .*theme\.colour: .*|theme\.client"):
        read_theme(file)
    file.write_text("- a list\n")
    with pytest.raises(DecideError, match="must be a mapping"):
        read_theme(file)


def test_a_logo_may_not_lead_out_of_the_folder_unless_absolute(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    file = logo(tmp_path)
    with pytest.raises(DecideError, match="leads out of the folder"):
        theme_from({"logo": "../logo.svg"}, inner, "engagement.yaml")
    (inner / "link.svg").symlink_to(file)
    with pytest.raises(DecideError, match="leads out of the folder"):
        theme_from({"logo": "link.svg"}, inner, "engagement.yaml")
    assert theme_from({"logo": str(file)}, inner, "engagement.yaml").image is not None
