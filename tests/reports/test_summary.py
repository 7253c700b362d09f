"""The executive summary: what it says, how sure it is, and that it never grows beyond a page's worth."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import reports
from decide.comparison import Reason
from reports import strings
from reports.executive import LONGEST, POINTS, summarise
from reports.registry import READERS, register_section, sections
from tests.reports import make
from tests.reports.fixture_arms import arm
from tests.reports.page import Page
from tests.reports.test_edge_cases import all_failed, bare, cannot_tell, none_eligible, sent_away, single


def test_confidence_follows_the_thresholds_of_the_recommendation() -> None:
    assert summarise(make.comparison()).confidence == "Moderate"
    found = make.comparison()
    sure = found.recommendation.model_copy(update={"probability_best": 0.97})
    assert summarise(found.model_copy(update={"recommendation": sure})).confidence == "High"
    assert summarise(none_eligible()).confidence == "Not stated"
    alone = single().recommendation.model_copy(update={"probability_best": 1.0})
    summary = summarise(single().model_copy(update={"recommendation": alone}))
    assert summary.confidence == "Not stated"
    assert "only eligible approach" in summary.confidence_text
    low = cannot_tell().recommendation.model_copy(update={"probability_best": 0.58})
    summary = summarise(cannot_tell().model_copy(update={"recommendation": low}))
    assert summary.confidence == "Low"
    assert "58%" in summary.confidence_text


def test_five_figures_at_most_and_none_without_an_arm() -> None:
    assert len(summarise(make.comparison()).figures) == 5
    assert summarise(all_failed()).figures == []
    assert summarise(bare()).figures[0].name.startswith("Score")


def test_caveats_are_what_the_comparison_shows() -> None:
    text = " ".join(summarise(make.comparison()).caveats)
    assert "Synthetic data" in text
    assert "Without a result: LoRA 8B and Hosted LLM." in text
    assert "Only" not in text
    assert "4 figures that were not measured" in text
    assert "Only 1 seed" in " ".join(summarise(make.comparison(seeds=[0])).caveats)
    assert "Texts left the machine with Remote." in " ".join(summarise(sent_away()).caveats)
    real = summarise(make.comparison(data=make.data(synthetic=False)))
    assert not any("ynthetic" in caveat for caveat in real.caveats)


def test_long_points_are_cut_on_the_first_page_and_whole_after_it() -> None:
    long = [f"Point {i}: " + "word " * 200 for i in range(6)]
    found = make.comparison()
    told = found.recommendation.model_copy(
        update={"reasons": [Reason(text=t) for t in long], "flips": long, "next_steps": long}
    )
    found = found.model_copy(update={"recommendation": told})
    summary = summarise(found)
    for points in (summary.reasons, summary.flips, summary.next_steps):
        assert len(points) == POINTS
        assert all(len(point) <= LONGEST for point in points)
    page = Page(reports.render_html(found))
    whole = next(e for e in page.all("section") if e.attributes["id"] == "answer").text
    assert all(" ".join(t.split()) in " ".join(whole.split()) for t in long)


def test_every_section_says_whom_it_is_for(document: str) -> None:
    page = Page(document)
    for section in page.all("section"):
        assert set(section.attributes["data-readers"].split()) <= set(READERS)
    for reader in READERS:
        assert sum(reader in s.readers for s in sections()) >= 4, reader
        assert strings.READERS[reader] in page.text
    buttons = [e for e in page.all("button") if "data-reader" in e.attributes]
    assert len(buttons) == len(READERS) + 1
    group = next(e for e in page.all("div") if e.attributes.get("class") == "readers")
    assert "hidden" in group.attributes  # without a script the contents are a plain list
    assert len([e for e in page.all("li") if "data-number" in e.attributes]) == len(page.all("section")) - 1


def test_an_unknown_reader_is_refused() -> None:
    with pytest.raises(ValueError, match="readers must be of decision_maker"):
        register_section("x", title="X", order=1, readers=("boss",))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="none"):
        register_section("x", title="X", order=1, readers=())


def test_templates_of_the_document_hold_no_words() -> None:
    here = Path(reports.__file__).parent
    for template in (*(here / "templates").glob("*.jinja"), here / "sections" / "summary.jinja"):
        text = re.sub(r"\{[{%].*?[%}]\}", "", template.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not re.search(r"[A-Za-z]", re.sub(r"<[^>]*>", "", text)), template


def test_card_of_notebooks_is_small_and_escaped() -> None:
    results = [arm("<script>alert(1)</script>")] + [arm(f"arm {i}", score=0.5) for i in range(20)]
    found = make.comparison(results)
    card = found._repr_html_()
    page = Page(card)
    assert not page.problems
    assert "script" not in page.tags
    assert "<script>alert(1)</script>" in page.text
    assert found.recommendation.headline in page.text
    assert "6 more approaches" in page.text
    assert len(card) < 30_000
    assert "\\<script\\>" in found._repr_markdown_()
