"""The report in a real browser, where there is one: use, accessibility and print."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import decide
from decide.brief import Brief
from decide.comparison import Comparison, Reason
from reports import render_gap_html, render_html
from reports.browser import NAMES
from tests.reports import fixture_protocols, make
from tests.reports.fixture_arms import arm
from tests.reports.fixture_gap import gap

CHROMIUM = next((p for p in map(shutil.which, NAMES) if p), None)
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 375, "height": 800}
PAPER, LANDSCAPE = 679, 1030
"""Width of the text on A4 with the margins of the style sheet, in CSS pixels."""
OVERFLOWING = """([paper, landscape]) => {
  document.querySelectorAll("details").forEach((part) => { part.open = true; });
  document.body.style.margin = "0";
  const found = [];
  for (const part of document.querySelectorAll("section, nav, header, footer")) {
    const width = part.id === "tradeoffs" ? landscape : paper;
    document.body.style.width = width + "px";
    for (const element of part.querySelectorAll("*:not(svg *)")) {
      const box = element.getBoundingClientRect();
      if (box.width && box.right > width + 1 && getComputedStyle(element).position !== "absolute")
        found.push(`${part.id} ${element.tagName} ${Math.round(box.right)}`);
    }
  }
  return found;
}"""

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(CHROMIUM is None, reason=f"none of {', '.join(NAMES)} is installed"),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    sync = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    with sync.sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def show(chromium: Any, tmp_path: Path) -> Iterator[Any]:
    """Opens a document; anything that the page logs, such as a breach of its policy, fails the test."""
    said: list[str] = []
    contexts = []

    def opened(html: str, size: dict[str, int] = DESKTOP, scheme: str = "light", script: bool = True) -> Any:
        file = tmp_path / "report.html"
        file.write_text(html, encoding="utf-8")
        context = chromium.new_context(viewport=size, color_scheme=scheme, java_script_enabled=script)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(file.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert said == []


def full() -> Comparison:
    """A comparison with every section."""
    arms = make.arms()
    return make.comparison(
        [arms[0].model_copy(update={"calibration": fixture_protocols.calibration()}), *arms[1:]],
        learning_curve=fixture_protocols.learning_curve(),
        generalisation=fixture_protocols.generalisation(),
        robustness=fixture_protocols.robustness(),
    )


def long() -> Comparison:
    """Everything as long as it gets."""
    results = [arm("W" * 90, score=0.8, config={"path": "x" * 400}), arm("short", score=0.7)]
    results += [arm(f"A rather long name of approach number {i}", score=0.5) for i in range(10)]
    text = "a point of many words that goes on " * 30
    found = make.comparison(results, title="T" * 120)
    answer = found.recommendation.model_copy(
        update={
            "headline": f"Cannot tell yet: {results[0].name} leads, and {results[2].name} may be better.",
            "outcome": "cannot_tell",
            "arm": results[0].name,
            "reasons": [Reason(text=text)] * 6,
            "flips": [text] * 6,
            "next_steps": [text] * 6,
        }
    )
    data = found.data.model_copy(update={"notes": [text] * 3})
    return found.model_copy(update={"recommendation": answer, "data": data, "seeds": [0]})


THEME = decide.Theme(
    client="Example Insurance",
    prepared_by="Example Advisory",
    accent="#7a1f4b",
    confidentiality="Confidential",
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("which", ["full", "gap"])
def test_axe_finds_no_violation(show: Any, which: str, size: dict[str, int], scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    html = render_html(full(), theme=THEME) if which == "full" else render_gap_html(gap())
    page = show(html, size, scheme)
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    found = axe.run(page)
    told = [
        (v["id"], [n["html"][:200] for n in v["nodes"][:3]], v["nodes"][0].get("failureSummary"))
        for v in found.response["violations"]
    ]
    assert told == []
    assert len(found.response["passes"]) > 20


@pytest.mark.parametrize("which", [full, long])
def test_nothing_runs_over_the_edge_of_a_phone(show: Any, which: Any) -> None:
    page = show(render_html(which()), PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_what_a_gap_rests_on_keeps_its_distance_from_the_figures(show: Any) -> None:
    page = show(render_gap_html(gap()))
    answer, columns = (
        page.locator(found).first.bounding_box() for found in (".answer", ".answer + .columns")
    )
    assert columns["y"] - (answer["y"] + answer["height"]) >= 16


def test_table_sorts_and_theme_switches(show: Any, document: str) -> None:
    page = show(document)
    page.locator(".tradeoffs thead tr:last-child th button").nth(1).click()
    scores = [
        float(cell.get_attribute("data-sort")) for cell in page.locator(".tradeoffs tbody td.scored").all()
    ]
    assert scores == sorted(scores)
    colour = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(colour)
    page.locator("#theme").click()
    assert page.evaluate(colour) != before


def test_marks_of_a_chart_are_reached_by_keyboard(show: Any, document: str) -> None:
    page = show(document)
    marks = page.locator("#charts .chart.wide").first.locator("[aria-label]")
    assert [m.get_attribute("tabindex") for m in marks.all()].count("0") == 1
    marks.first.focus()
    assert page.locator("#tip").inner_text() == marks.first.get_attribute("aria-label")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == marks.nth(1).get_attribute(
        "aria-label"
    )
    assert page.locator("#tip").inner_text() == marks.nth(1).get_attribute("aria-label")
    page.keyboard.press("Escape")
    assert page.locator("#tip").is_hidden()


def test_an_arm_is_taken_out_of_a_chart_and_put_back(show: Any, document: str) -> None:
    page = show(document)
    figure = page.locator("#charts figure").first
    button = figure.get_by_role("button", name="Fine-tuned MiniLM", exact=True)
    mark = figure.locator(".chart.wide [aria-label^='Fine-tuned MiniLM:']")
    assert mark.is_visible()
    button.press("Enter")
    assert button.get_attribute("aria-pressed") == "false"
    assert mark.is_hidden()
    assert figure.locator(".chart.wide text", has_text=re.compile("^Fine-tuned MiniLM$")).is_hidden()
    button.press("Space")
    assert mark.is_visible()


def test_contents_narrow_to_a_reader_and_open_again_on_a_link(show: Any, document: str) -> None:
    page = show(document)
    page.get_by_role("button", name="Finance").press("Enter")
    assert page.locator("section#costs").is_visible()
    assert page.locator("section#labels").is_hidden()
    assert page.locator(".contents a[href='#labels']").is_hidden()
    assert page.locator(".only").is_visible()
    page.evaluate("location.hash = '#labels'")
    page.locator("section#labels").wait_for(state="visible")
    assert page.get_by_role("button", name="All sections").get_attribute("aria-pressed") == "true"


def test_without_script_everything_is_there(show: Any, document: str) -> None:
    page = show(document, script=False)
    assert page.locator(".readers").is_hidden()
    assert page.locator(".contents a").count() == page.locator("section").count() - 1
    assert all(section.is_visible() for section in page.locator("section").all())


@pytest.mark.parametrize("which", [full, long])
def test_summary_is_one_page_and_nothing_is_wider_than_paper(show: Any, which: Any) -> None:
    page = show(render_html(which(), theme=THEME))
    page.emulate_media(media="print")
    assert page.evaluate(OVERFLOWING, [PAPER, LANDSCAPE]) == []
    page.evaluate(
        "document.querySelectorAll('section:not(.lead), nav, footer').forEach((part) => part.remove())"
    )
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


@pytest.mark.parametrize("which", [full, long])
def test_summary_is_one_page_with_the_questions_of_a_client_too(show: Any, which: Any) -> None:
    long_one, topics = f"{'Is it worth it ' * 18}?", ("llm", "privacy", "cost", "gap")
    questions = [{"question": long_one, "topic": topic} for topic in topics]
    brief = Brief.model_validate({"client": "Example Ltd", "questions": [*questions, "And why?"]})
    page = show(render_html(which().model_copy(update={"brief": brief}), theme=THEME))
    page.emulate_media(media="print")
    page.evaluate(
        "document.querySelectorAll('section:not(.lead), nav, footer').forEach((part) => part.remove())"
    )
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


def test_pdf_is_written_and_compact(tmp_path: Path, comparison: Comparison) -> None:
    printed = comparison.to_pdf(tmp_path / "c.pdf", theme=THEME, chromium=CHROMIUM).read_bytes()
    assert printed.startswith(b"%PDF-")
    sections = len(re.findall(r"<section ", render_html(comparison)))
    assert 5 < len(re.findall(rb"/Type\s*/Page\b", printed)) < 1.5 * sections
    assert b"/StructTreeRoot" in printed  # tagged, so that screen readers can follow it
