"""A summary as a Word document: headings, answer, table, charts, caveats."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from reports import overview, strings
from reports.executive import Summary, summarise
from reports.exports import Job, register_export
from reports.pictures import logo_png, pictures
from reports.questions import asked
from reports.text import clean

if TYPE_CHECKING:
    from decide.comparison import Comparison
    from decide.theme import Theme

WIDTHS = (3.9, 1.6, 2.8, 2.0, 2.0, 1.6, 3.9)
"""Widths of the table's columns, in centimetres."""


@register_export("docx", title="Word document", needs={"docx": "python-docx"})
def write_docx(job: Job) -> bytes:
    """The executive summary with the table and the charts, in styles that Word's navigation knows."""
    import docx

    comparison, theme = job.comparison, job.theme
    document = docx.Document()
    _set_up(document, comparison, theme)
    _head(document, comparison, theme)
    found = summarise(comparison)
    _answer(document, found)
    questions = [f"{q.question} {q.answer or strings.QUESTIONS['unanswered']}" for q in asked(comparison)]
    _points(document, strings.QUESTIONS["title"], questions)
    _table(document, comparison, theme)
    for picture in pictures(comparison, theme):
        document.add_heading(picture.title, 2)
        _add_picture(document, picture.png, picture.text, 17.0)
    document.add_paragraph(strings.words("full"), style="Intense Quote")
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _set_up(document: Any, comparison: Comparison, theme: Theme) -> None:
    """A4, a readable face, the accent in headings, properties, and the footer of every page."""
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt, RGBColor

    section = document.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(1.9)
    section.top_margin = section.bottom_margin = Cm(1.9)
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Calibri", Pt(10.5)
    for name in ("Title", "Heading 1", "Heading 2"):
        heading = document.styles[name]
        heading.font.color.rgb = RGBColor.from_string(theme.accent[1:].upper())
        heading.font.name = "Calibri"
        # The theme's face would win over the name given above.
        fonts = heading.element.rPr.rFonts
        for attribute in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(attribute), None)
    document.styles["Title"].font.size = Pt(20)
    about = document.core_properties
    about.title, about.author = clean(comparison.title)[:255], theme.prepared_by
    about.subject, about.comments, about.language = theme.engagement, "", "en"
    try:
        about.created = datetime.fromisoformat(comparison.created).replace(tzinfo=None)
    except ValueError:
        about.created = datetime(1970, 1, 1)
    footer = section.footer.paragraphs[0]
    if theme.confidentiality:
        footer.add_run(clean(theme.confidentiality)).bold = True
        footer.add_run("   ")
    footer.add_run(f"{strings.words('page')} ")
    _field(footer, "PAGE")


def _field(paragraph: Any, instruction: str) -> None:
    """A field that Word fills in, such as the number of the page."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    for kind in ("begin", "instruction", "end"):
        run = paragraph.add_run()
        element = OxmlElement("w:instrText" if kind == "instruction" else "w:fldChar")
        if kind == "instruction":
            element.text = instruction
        else:
            element.set(qn("w:fldCharType"), kind)
        run._r.append(element)


def _head(document: Any, comparison: Comparison, theme: Theme) -> None:
    logo = logo_png(theme)
    if logo is not None:
        _add_picture(document, logo, theme.alternative, None, height=1.2)
    if theme.confidentiality:
        document.add_paragraph().add_run(clean(theme.confidentiality)).bold = True
    document.add_heading(clean(comparison.title), 0)
    parties = [theme.engagement]
    parties += [f"{strings.DOCUMENT['client']} {theme.client}" if theme.client else ""]
    parties += [f"{strings.DOCUMENT['author']} {theme.prepared_by}" if theme.prepared_by else ""]
    if any(parties):
        document.add_paragraph(clean(" · ".join(part for part in parties if part)))
    document.add_paragraph(clean(about(comparison)))


def about(comparison: Comparison) -> str:
    """The data, the seeds and the day in a sentence."""
    data = comparison.data
    return strings.words("data").format(
        name=data.name,
        test=f"{data.test:,}",
        seeds=strings.plural(len(comparison.seeds), "seed"),
        date=comparison.created[:10],
    )


def _answer(document: Any, found: Summary) -> None:
    say = strings.SUMMARY
    document.add_heading(say["answer"], 1)
    document.add_paragraph().add_run(clean(found.headline)).bold = True
    sure = document.add_paragraph()
    sure.add_run(f"{say['sure']}: {found.confidence.lower()}. ").bold = True
    sure.add_run(clean(found.confidence_text))
    if found.figures:
        _points(document, say["figures"], [f"{f.name}: {f.value} ({f.small})" for f in found.figures])
    document.add_heading(say["asked"], 2)
    document.add_paragraph(clean("; ".join(found.asked)) + ".")
    _points(document, say["why"], found.reasons)
    _points(document, say["next"], found.next_steps)
    _points(document, say["flips"], found.flips or [say["no_flips"]])
    _points(document, say["caveats"], found.caveats)


def _points(document: Any, title: str, points: Sequence[str]) -> None:
    if points:
        document.add_heading(title, 2)
        for point in points:
            document.add_paragraph(clean(point), style="List Bullet")


def _table(document: Any, comparison: Comparison, theme: Theme) -> None:
    """The approaches; the heading row repeats on each page."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.shared import Cm, Pt, RGBColor

    document.add_heading(strings.SUMMARY["approaches"], 1)
    document.add_paragraph(clean(overview.caption(comparison)))
    heads, rows = overview.columns(comparison), overview.rows(comparison)
    table = document.add_table(rows=1, cols=len(heads), style="Light List")
    table.autofit = False
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for _ in rows:
        table.add_row()
    for i, texts in enumerate([heads, *(row.cells for row in rows)]):
        cells = table.rows[i].cells
        for j, (cell, text, width) in enumerate(zip(cells, texts, WIDTHS, strict=True)):
            cell.width = Cm(width)
            paragraph = cell.paragraphs[0]
            run = paragraph.add_run(clean(text))
            run.font.size = Pt(8.5)
            run.bold = i == 0 or j == 0 or rows[i - 1].chosen
            if i and rows[i - 1].chosen:
                run.font.color.rgb = RGBColor.from_string(theme.accent[1:].upper())
            if 0 < j < len(heads) - 1:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _add_picture(
    document: Any, image: bytes, text: str, width: float | None, height: float | None = None
) -> None:
    """A picture with what it shows in words, for screen readers; sizes in centimetres."""
    from docx.shared import Cm

    size = {"width": width and Cm(width), "height": height and Cm(height)}
    shape = document.add_picture(io.BytesIO(image), **size)
    shape._inline.docPr.set("descr", clean(text))
