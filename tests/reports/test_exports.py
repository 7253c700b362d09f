"""Every format: whole, safe, and clear about what it needs."""

from __future__ import annotations

import csv
import importlib.util
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

import decide
from decide.comparison import Comparison, GroupResult
from decide.exporting import targets
from evalsets import DecideError
from reports import browser, render_gap_html, render_html
from reports.exports import Job, exports, find, register_export, unregister_export
from reports.exports.csv import harmless
from tests.reports import make
from tests.reports.fixture_arms import arm, estimate
from tests.reports.fixture_gap import gap
from tests.reports.page import Page
from tests.reports.partial import page_of

THEME = decide.Theme(
    engagement="Letters, phase 1",
    client="Example Insurance",
    prepared_by="Example Advisory",
    accent="#7a1f4b",
    accent_dark="#e9a3c4",
    confidentiality='Confidential: "A" </style> only',
)


@pytest.fixture
def themed(tmp_path: Path) -> decide.Theme:
    logo = tmp_path / "logo.svg"
    drawing = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><rect width='9' height='9'/></svg>"
    logo.write_text(drawing)
    return decide.Theme(**{**THEME.model_dump(), "logo": logo})


def test_theme_is_in_the_document_and_escaped(comparison: Comparison, themed: decide.Theme) -> None:
    page = page_of("summary", of=comparison, theme=themed)
    for text in (THEME.engagement, f"Prepared for {THEME.client}", THEME.prepared_by, THEME.confidentiality):
        assert text in page.text
    assert "light-dark(#7a1f4b, #e9a3c4)" in page.all("style")[0].text
    assert '@bottom-left { content: "Confidential\\3a  \\22 A\\22' in page.all("style")[0].text
    image = page.all("img")[0].attributes
    assert image["src"].startswith("data:image/svg+xml;base64,")
    assert image["alt"] == THEME.prepared_by
    policy = page.all("meta")[1].attributes["content"]
    assert policy.endswith("; img-src data:")


def test_a_gap_report_has_the_theme_too(themed: decide.Theme) -> None:
    page = Page(render_gap_html(gap(), theme=themed))
    assert f"Prepared for {THEME.client}" in page.text
    assert len(page.all("img")) == 1


def test_without_a_logo_no_image_is_allowed(document: str) -> None:
    assert "img-src" not in document


def test_csv_runs_no_formula(tmp_path: Path) -> None:
    names = ["=1+1", "+1", "-1", "@a", "\ta", "\ra", "plain"]
    found = make.comparison([arm(name, score=0.5 + i / 50) for i, name in enumerate(names)])
    rows = list(csv.DictReader(io.StringIO(found.to_csv(tmp_path / "c.csv").read_bytes().decode())))
    got = {row["arm"] for row in rows}
    assert got == {f"'{name}" for name in names[:-1]} | {"plain"}
    assert all(float(row["score"]) > 0 for row in rows)
    assert harmless(-1.5) == -1.5


def test_markdown_has_answer_and_table_and_no_markup_of_the_data(tmp_path: Path) -> None:
    found = make.comparison([arm("a|b <i>x</i> *y*\n# z"), arm("B", score=0.7)], title="# T `x`")
    text = found.to_markdown(tmp_path / "c.md", theme=THEME).read_text(encoding="utf-8")
    assert r"a\|b \<i\>x\</i\> \*y\* \# z" in text
    assert text.startswith("# \\# T \\`x\\`\n")
    assert "## The answer" in text
    assert "**Confidential" in text
    cells = [line.count(" | ") for line in text.splitlines() if line.startswith("| ")]
    assert len(set(cells)) == 1


def test_word_document_has_headings_table_charts_and_footer(
    comparison: Comparison, themed: decide.Theme, tmp_path: Path
) -> None:
    docx = pytest.importorskip("docx")
    document = docx.Document(str(comparison.to_docx(tmp_path / "c.docx", theme=themed)))
    heads = [p.text for p in document.paragraphs if p.style.name.startswith(("Heading", "Title"))]
    assert heads[0] == comparison.title
    for head in ("The answer", "What would change the answer", "What to do next", "To bear in mind"):
        assert head in heads
    text = "\n".join(p.text for p in document.paragraphs)
    assert comparison.recommendation.headline in text
    assert "Synthetic data" in text
    table = document.tables[0]
    assert [row.cells[0].text for row in table.rows][1:] == [a.name for a in _ordered(comparison)]
    assert THEME.confidentiality in document.sections[0].footer.paragraphs[0].text
    assert len(document.inline_shapes) == 3
    assert all(shape._inline.docPr.get("descr") for shape in document.inline_shapes)
    assert document.core_properties.author == THEME.prepared_by


def _ordered(comparison: Comparison) -> list[Any]:
    from reports import view

    return view.ordered(comparison)


def test_slides_have_titles_a_native_table_and_native_charts(
    comparison: Comparison, themed: decide.Theme, tmp_path: Path
) -> None:
    pptx = pytest.importorskip("pptx")
    deck = pptx.Presentation(str(comparison.to_pptx(tmp_path / "c.pptx", theme=themed)))
    slides = list(deck.slides)
    assert len(slides) == 6
    assert all(slide.shapes.title.text for slide in slides)
    assert slides[1].shapes.title.text == comparison.recommendation.headline
    tables = [shape.table for slide in slides for shape in slide.shapes if shape.has_table]
    assert tables[0].cell(1, 0).text == comparison.recommendation.arm
    charts = [shape.chart for slide in slides for shape in slide.shapes if shape.has_chart]
    scores = dict(zip(charts[0].plots[0].categories, charts[0].plots[0].series[0].values, strict=True))
    assert scores["Fine-tuned MiniLM"] == pytest.approx(0.842)
    assert len(charts) == 2
    for slide in slides:
        text = "\n".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)
        assert THEME.confidentiality in text
        for shape in slide.shapes:
            assert shape.left >= 0
            assert shape.left + shape.width <= deck.slide_width + 10


@pytest.mark.parametrize("format", ["docx", "pptx", "md", "csv"])
def test_exports_hold_for_odd_comparisons(format: str, tmp_path: Path) -> None:
    from tests.reports.test_edge_cases import CASES

    if format in ("docx", "pptx"):
        pytest.importorskip(format)
    for case in CASES[3:7]:  # everything failed, everything missing, nothing finite, nothing to pay
        file = case().export(tmp_path / f"{case.__name__}.{format}")
        assert file.stat().st_size > 100
        if format in ("docx", "pptx"):
            assert zipfile.is_zipfile(file)


def test_a_missing_library_is_named_with_the_extra(
    comparison: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DecideError, match=r'needs python-docx.*pip install "decide-nlp\[export\]"'):
        comparison.to_docx(tmp_path / "c.docx")
    assert not list(tmp_path.iterdir())


def test_a_missing_browser_is_named_with_the_remedy(
    comparison: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHROME_PATH", raising=False)
    monkeypatch.setattr(browser.shutil, "which", lambda name: None)
    with pytest.raises(DecideError, match=r"No Chromium or Chrome was found.*CHROME_PATH"):
        comparison.to_pdf(tmp_path / "c.pdf")
    with pytest.raises(DecideError, match="/nowhere/chrome is no program here"):
        comparison.to_pdf(tmp_path / "c.pdf", chromium="/nowhere/chrome")
    monkeypatch.setenv("CHROME_PATH", "/elsewhere/chrome")
    with pytest.raises(DecideError, match="/elsewhere/chrome"):
        comparison.to_pdf(tmp_path / "c.pdf")


def test_the_sandbox_is_given_up_only_where_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[bool] = []
    said = "FATAL: No usable sandbox!"

    def run(command: list[str]) -> str:
        calls.append("--no-sandbox" not in command)
        if calls[-1]:
            return said
        target = next(part for part in command if part.startswith("--print-to-pdf="))
        Path(target.partition("=")[2]).write_bytes(b"%PDF-1.4")
        return ""

    monkeypatch.setattr(browser, "find_browser", lambda named: "chromium")
    monkeypatch.setattr(browser, "_run", run)
    monkeypatch.setattr(browser, "_root", lambda: False)
    assert browser.print_pdf("<p>x</p>") == b"%PDF-1.4"
    assert calls == [True, False]
    said, calls[:] = "out of memory", []
    with pytest.raises(DecideError, match="out of memory"):
        browser.print_pdf("<p>x</p>")
    assert calls == [True]


def test_formats_are_found_by_name_and_suffix() -> None:
    assert [e.suffix for e in exports()] == ["csv", "docx", "html", "md", "pdf", "pptx"]
    assert find("Markdown") is find(".md")
    with pytest.raises(DecideError, match=r"No format 'xlsx'\. Take one of csv, docx"):
        find("xlsx")
    with pytest.raises(DecideError, match="has no suffix"):
        make.comparison().export("report")


def test_a_format_can_be_added(tmp_path: Path) -> None:
    @register_export("txt", title="Text")
    def write(job: Job) -> bytes:
        return job.comparison.title.encode()

    try:
        assert make.comparison(title="T").export(tmp_path / "c.txt").read_text() == "T"
    finally:
        unregister_export("txt")
    assert "txt" not in [e.suffix for e in exports()]


def test_targets_of_the_command_line(tmp_path: Path) -> None:
    main = tmp_path / "report.html"
    assert targets(main, ["md", "html"]) == [main, tmp_path / "report.md"]
    assert targets(main, ["md"], only=True) == [tmp_path / "report.md"]
    assert targets(tmp_path / "a.htm", ["html"]) == [tmp_path / "a.htm"]
    with pytest.raises(DecideError, match="No format"):
        targets(main, ["xlsx"])


def test_a_big_report_can_be_mailed() -> None:
    labels = [f"label {i} with a rather long name" for i in range(40)]
    groups = [
        GroupResult(group=f"institution {g}", seen=g % 2 == 0, items=5 + g % 7, score=estimate(0.7, 0.1))
        for g in range(300)
    ]
    long = "Lörem <ipsum> & “dolor” sit amet. " * 2000
    results = [
        arm(f"Arm {i} with a rather long name", score=0.5 + i / 30, labels=labels, support=[50] * 40)
        for i in range(12)
    ]
    results = [
        r.model_copy(
            update={
                "groups": groups,
                "examples": [e.model_copy(update={"text": long}) for e in r.examples * 2],
            }
        )
        for r in results
    ]
    html = render_html(make.comparison(results, data=make.data(labels)))
    assert len(html.encode()) < 1_500_000
    text = Page(html).text
    assert "The 30 most frequent confusions" in text
    assert "100 groups with fewer test documents are left out here." in text
