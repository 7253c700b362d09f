"""A summary as slides with native tables and charts, which the reader can edit."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from reports import overview, strings
from reports.executive import Summary, summarise
from reports.exports import Job, register_export
from reports.exports.word import about
from reports.pictures import logo_png
from reports.text import clean, shorten

if TYPE_CHECKING:
    from decide.comparison import Comparison
    from decide.theme import Theme

WIDE, HIGH, EDGE = 33.867, 19.05, 1.6
"""Size of a slide and its margin, in centimetres (16:9)."""
MOST_ROWS = 12
"""Approaches on the slide with the table; the report has the others."""
WIDTHS = (8.2, 2.6, 4.6, 3.4, 3.6, 2.7, 5.5)
INK = "1B2430"
TITLE_ONLY = 5
"""Layout of the default template with a title and nothing else."""


@register_export("pptx", title="Slides", needs={"pptx": "python-pptx"})
def write_pptx(job: Job) -> bytes:
    """Six slides: title, answer, table, score, cost and score, decision with caveats."""
    deck = _Deck(job.theme)
    found = summarise(job.comparison)
    deck.opening(job.comparison)
    _answer(deck, found)
    rows = overview.rows(job.comparison)
    _table(deck, job.comparison, rows)
    scored = [row for row in rows if row.score is not None][:MOST_ROWS]
    if scored:
        _scores(deck, job.comparison, scored)
    priced = [row for row in scored if row.usd_per_1000 is not None]
    if priced:
        _costs(deck, priced)
    _decision(deck, found)
    deck.properties(job.comparison)
    stream = io.BytesIO()
    deck.file.save(stream)
    return stream.getvalue()


class _Deck:
    """The presentation, with the line on confidentiality and the number on every slide."""

    def __init__(self, theme: Theme):
        import pptx
        from pptx.util import Cm

        self.theme, self.file = theme, pptx.Presentation()
        self.file.slide_width, self.file.slide_height = Cm(WIDE), Cm(HIGH)

    def properties(self, comparison: Comparison) -> None:
        """Title and author, as file managers show them."""
        about = self.file.core_properties
        about.title, about.author = clean(comparison.title)[:255], self.theme.prepared_by
        about.subject, about.language = self.theme.engagement, "en"

    def slide(self, title: str, size: float = 26) -> Any:
        """A slide with a title that readers of the outline find."""
        from pptx.util import Cm

        slide = self.file.slides.add_slide(self.file.slide_layouts[TITLE_ONLY])
        head = slide.shapes.title
        head.left, head.top, head.width, head.height = Cm(EDGE), Cm(0.9), Cm(WIDE - 2 * EDGE), Cm(2.2)
        _write(head.text_frame, [clean(title)], size, bold=True, colour=self.theme.accent[1:])
        line = "  ·  ".join(part for part in (self.theme.confidentiality, str(len(self.file.slides))) if part)
        self.text(slide, [clean(line)], (EDGE, HIGH - 1.2, WIDE - 2 * EDGE, 0.8), 10)
        return slide

    def text(
        self,
        slide: Any,
        lines: Sequence[str],
        box: tuple[float, float, float, float],
        size: float,
        **look: Any,
    ) -> None:
        """A box of text; ``box`` is left, top, width and height in centimetres."""
        from pptx.util import Cm

        _write(slide.shapes.add_textbox(*(Cm(v) for v in box)).text_frame, lines, size, **look)

    def opening(self, comparison: Comparison) -> None:
        """Title, parties and data."""
        from pptx.util import Cm

        slide = self.slide(comparison.title, 34)
        slide.shapes.title.top, slide.shapes.title.height = Cm(5.2), Cm(4.2)
        logo = logo_png(self.theme)
        if logo is not None:
            picture = slide.shapes.add_picture(io.BytesIO(logo), Cm(EDGE), Cm(1.4), height=Cm(1.8))
            picture._element.nvPicPr.cNvPr.set("descr", clean(self.theme.alternative))
        lines = [
            self.theme.engagement,
            f"{strings.DOCUMENT['client']} {self.theme.client}" if self.theme.client else "",
            f"{strings.DOCUMENT['author']} {self.theme.prepared_by}" if self.theme.prepared_by else "",
            about(comparison),
            strings.CAVEATS["synthetic"] if comparison.data.synthetic else "",
        ]
        shown = [clean(line) for line in lines if line]
        self.text(slide, shown, (EDGE, 9.8, WIDE - 2 * EDGE, 6.0), 18)


def _write(frame: Any, lines: Sequence[str], size: float, *, bold: bool = False, colour: str = INK) -> None:
    """Lines as paragraphs of a text frame, set left."""
    from pptx.dml.color import RGBColor
    from pptx.enum.text import PP_ALIGN
    from pptx.util import Pt

    frame.word_wrap = True
    for i, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if i == 0 else frame.add_paragraph()
        paragraph.alignment, paragraph.space_after = PP_ALIGN.LEFT, Pt(size * 0.4)
        run = paragraph.add_run()
        run.text = line
        run.font.size, run.font.bold = Pt(size), bold
        run.font.color.rgb = RGBColor.from_string(colour.upper())


def _answer(deck: _Deck, found: Summary) -> None:
    """The headline as the title, the figures in a row, and why."""
    slide = deck.slide(found.headline, 26 if len(found.headline) < 110 else 20)
    sure = f"{strings.SUMMARY['sure']}: {found.confidence.lower()}. {found.confidence_text}"
    deck.text(slide, [clean(sure)], (EDGE, 3.3, WIDE - 2 * EDGE, 1.4), 16)
    step = (WIDE - 2 * EDGE) / max(1, len(found.figures))
    for i, figure in enumerate(found.figures):
        left = EDGE + i * step
        deck.text(slide, [clean(figure.name)], (left, 5.2, step, 1.0), 13)
        value = clean(str(figure.value))
        deck.text(slide, [value], (left, 6.1, step, 1.4), 26, bold=True)
        deck.text(slide, [clean(str(figure.small))], (left, 7.6, step, 1.4), 12)
    asked = f"{strings.SUMMARY['asked']}: {'; '.join(found.asked)}."
    lines = [clean(asked), *(f"• {clean(reason)}" for reason in found.reasons)]
    deck.text(slide, lines, (EDGE, 10.0, WIDE - 2 * EDGE, 7.0), 16)


def _table(deck: _Deck, comparison: Comparison, rows: Sequence[overview.Row]) -> None:
    from pptx.dml.color import RGBColor
    from pptx.enum.text import PP_ALIGN
    from pptx.util import Cm, Pt

    slide = deck.slide(strings.SUMMARY["approaches"])
    heads, shown = overview.columns(comparison), rows[:MOST_ROWS]
    box = (EDGE, 3.2, sum(WIDTHS), 0.9 * (len(shown) + 1))
    table = slide.shapes.add_table(len(shown) + 1, len(heads), *(Cm(v) for v in box)).table
    accent = RGBColor.from_string(deck.theme.accent[1:].upper())
    for j, width in enumerate(WIDTHS):
        table.columns[j].width = Cm(width)
    for i, texts in enumerate([heads, *(row.cells for row in shown)]):
        for j, text in enumerate(texts):
            cell = table.cell(i, j)
            cell.margin_top = cell.margin_bottom = Cm(0.08)
            cell.fill.solid()
            light = RGBColor(0xFF, 0xFF, 0xFF) if i % 2 else RGBColor(0xF4, 0xF6, 0xF8)
            cell.fill.fore_color.rgb = accent if i == 0 else light
            paragraph = cell.text_frame.paragraphs[0]
            run = paragraph.add_run()
            run.text = shorten(clean(text), 90)
            run.font.size = Pt(11)
            run.font.bold = i == 0 or shown[i - 1].chosen
            white = RGBColor(0xFF, 0xFF, 0xFF)
            run.font.color.rgb = white if i == 0 else RGBColor.from_string(INK)
            if 0 < j < len(heads) - 1:
                paragraph.alignment = PP_ALIGN.RIGHT
    note = clean(overview.caption(comparison))
    if len(rows) > len(shown):
        note += ". " + strings.words("more").format(count=len(rows) - len(shown))
    deck.text(slide, [note], (EDGE, HIGH - 2.2, WIDE - 2 * EDGE, 0.9), 12)


def _scores(deck: _Deck, comparison: Comparison, rows: Sequence[overview.Row]) -> None:
    """Bars of the scores, the best at the top, the recommended one in the accent."""
    from pptx.chart.data import CategoryChartData
    from pptx.dml.color import RGBColor
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Cm, Pt

    metric = strings.metric(comparison.data.metric)
    title = strings.words("score_chart").format(metric=metric)
    slide, order = deck.slide(title), sorted(rows, key=lambda row: row.score or 0.0)
    data = CategoryChartData(number_format="0.000")
    data.categories = [shorten(row.cells[0], 40) for row in order]
    data.add_series(metric, [row.score for row in order])
    box = (EDGE, 3.2, WIDE - 2 * EDGE, HIGH - 5.0)
    chart = slide.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, *(Cm(v) for v in box), data).chart
    chart.has_legend, chart.has_title = False, False
    chart.value_axis.minimum_scale, chart.value_axis.maximum_scale = 0.0, 1.0
    chart.value_axis.has_major_gridlines = False
    chart.font.size = Pt(13)
    plot = chart.plots[0]
    plot.gap_width, plot.has_data_labels = 60, True
    plot.data_labels.number_format, plot.data_labels.number_format_is_linked = "0.000", False
    for i, row in enumerate(order):
        fill = plot.series[0].points[i].format.fill
        fill.solid()
        fill.fore_color.rgb = RGBColor.from_string(
            (deck.theme.accent[1:] if row.chosen else "8592A1").upper()
        )


def _costs(deck: _Deck, rows: Sequence[overview.Row]) -> None:
    """Score against running cost as a scatter, one series an approach so that the legend names it."""
    from pptx.chart.data import XyChartData
    from pptx.dml.color import RGBColor
    from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION, XL_MARKER_STYLE
    from pptx.util import Cm, Pt

    slide = deck.slide(strings.words("cost_chart"))
    data = XyChartData(number_format="General")
    for row in rows:
        data.add_series(shorten(row.cells[0], 40)).add_data_point(row.usd_per_1000, row.score)
    box = (EDGE, 3.2, WIDE - 2 * EDGE, HIGH - 5.0)
    chart = slide.shapes.add_chart(XL_CHART_TYPE.XY_SCATTER, *(Cm(v) for v in box), data).chart
    chart.has_title, chart.has_legend = False, True
    chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.RIGHT, False
    chart.font.size = Pt(13)
    for axis, name in (
        (chart.category_axis, strings.words("cost_axis")),
        (chart.value_axis, strings.EXPORT["columns"][1]),
    ):
        axis.has_title, axis.has_major_gridlines = True, False
        axis.axis_title.text_frame.text = name
    for series, row in zip(chart.plots[0].series, rows, strict=True):
        series.marker.size = 13 if row.chosen else 9
        if row.chosen:
            series.marker.style = XL_MARKER_STYLE.DIAMOND
            series.marker.format.fill.solid()
            series.marker.format.fill.fore_color.rgb = RGBColor.from_string(deck.theme.accent[1:].upper())


def _decision(deck: _Deck, found: Summary) -> None:
    """What to do, what would change it, and what to bear in mind."""
    say, slide = strings.SUMMARY, deck.slide(strings.words("decision"))
    half = (WIDE - 2 * EDGE - 1.0) / 2
    columns = (
        ((say["next"], found.next_steps), (say["flips"], found.flips or [say["no_flips"]])),
        ((say["caveats"], found.caveats),),
    )
    for i, blocks in enumerate(columns):
        top = 3.3
        for title, points in blocks:
            if not points:
                continue
            left = EDGE + i * (half + 1.0)
            deck.text(slide, [title], (left, top, half, 0.9), 16, bold=True)
            deck.text(slide, [f"• {clean(p)}" for p in points], (left, top + 0.9, half, 5.0), 14)
            top += 1.6 + sum(0.75 * (len(point) // 60 + 1) + 0.2 for point in points)
    deck.text(slide, [strings.words("full")], (EDGE, HIGH - 2.2, WIDE - 2 * EDGE, 0.9), 12)
