"""Text, bars, scales, labels, SVG and the registry, each on its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from decide.comparison import Comparison
from decide.records import Estimate
from reports import register_section, render_html
from reports.bars import axis_for, in_view
from reports.charts import Point, frontier
from reports.labels import place_labels
from reports.registry import Context, sections, unregister_section
from reports.scales import cost_scale, linear, logarithmic
from reports.sections import glossary
from reports.svg import inline
from reports.text import as_yaml, clean, css_string, fit_bytes, shorten, shorten_middle
from tests.reports.page import Page


def test_clean_shows_direction_overrides_and_drops_controls() -> None:
    assert clean("a\u202eb\u2069c") == "a[U+202E]b[U+2069]c"
    assert clean("a\x00b\x1bc\ud800\r\nd\te") == "a�b�c�\nd\te"
    assert clean("שלום مرحبا 你好") == "שלום مرحبا 你好"


def test_shorten_cuts_at_a_space() -> None:
    assert shorten("one two three", 100) == "one two three"
    assert shorten("one two\nthree four", 14) == "one two three…"
    assert len(shorten("x" * 500, 40)) == 40


def test_shorten_middle_keeps_both_ends() -> None:
    assert shorten_middle("one two three", 100) == "one two three"
    cut = shorten_middle("Domain-adapted a-very-long-name-of-a-model (small corpus)", 40)
    assert len(cut) <= 40
    assert cut.startswith("Domain-adapted a-very")
    assert cut.endswith("(small corpus)")


def test_fit_bytes_counts_escaped_bytes() -> None:
    from html import escape

    cut = fit_bytes("<é>" * 1000, 900)
    assert 800 < len(escape(cut).encode()) <= 900
    assert fit_bytes("short", 900) == "short"


def test_css_string_lets_nothing_through() -> None:
    assert css_string("Ab 1") == '"Ab 1"'
    assert css_string("</style>\"'\\") == '"\\3c \\2f style\\3e \\22 \\27 \\5c "'


def test_yaml_is_plain() -> None:
    assert (
        as_yaml({"a": [1, 2.5], "b": {"c": Path("x")}, "d": float("nan")})
        == "a:\n- 1\n- 2.5\nb:\n  c: x\nd: null"
    )


def test_bars_share_an_axis() -> None:
    axis = axis_for([Estimate(value=0.52, low=0.43, high=0.61), Estimate(value=0.9), None])
    assert (round(axis.low, 6), round(axis.high, 6)) == (0.4, 0.9)
    low, high = axis.bar(Estimate(value=0.1)), axis.bar(Estimate(value=1.5))
    assert low is not None
    assert high is not None
    assert (low.off, high.off) == ("low", "high")
    assert axis.bar(None) is None
    assert axis_for([]).high == 1.0


def test_a_far_baseline_is_out_of_view() -> None:
    assert in_view([0.86, 0.85, 0.84, 0.74, 0.63, 0.08]) == 0.63
    assert in_view([0.9, 0.5]) == 0.5
    assert in_view([0.9, 0.8, 0.7]) == 0.7
    assert in_view([]) == 0.0


def test_scales() -> None:
    scale = linear(0.5, 0.9)
    assert scale.ticks == (0.5, 0.6, 0.7, 0.8, 0.9)
    assert 0 < scale.share(0.5) < scale.share(0.9) < 1
    assert logarithmic(0.01, 1000).ticks == (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)
    assert cost_scale([1, 9])[0].log is False
    scale, floor = cost_scale([0, 0.001, 5])
    assert scale.log
    assert 0 < floor < 0.001
    assert linear(1, 1).share(1) == pytest.approx(0.5)


def test_frontier() -> None:
    def point(name: str, cost: float, score: float) -> Point:
        return Point(name, cost, score, None, None, "eligible", name)

    points = [point("dear", 9, 0.8), point("best", 5, 0.9), point("cheap", 1, 0.5), point("worse", 2, 0.4)]
    assert [p.name for p in frontier(points)] == ["cheap", "best"]


def test_labels_stay_apart_and_inside() -> None:
    points = [(100.0, 100.0, "first label"), (104.0, 101.0, "second label"), (395.0, 50.0, "at the edge")]
    places = place_labels(points, [], 400, 200)
    assert places[0] != places[1]
    assert places[2].align == "right"


def test_svg_keeps_drawing_only() -> None:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="5"><script>x</script><style>x</style>'
        '<g onclick="x"><path d="M0.123456,1" fill="url(https://x)" onload="x" aria-label="&lt;b&gt;"/>'
        '<a href="https://x"><text>no</text></a><text style="x">&lt;i&gt;</text><image href="https://x"/></g></svg>'
    )
    markup = inline(svg, id="c", title="<t>", description='"d"', classes="chart")
    page = Page(str(markup))
    assert page.tags == {"svg", "title", "desc", "path", "text"}
    assert page.all("path")[0].attributes == {"d": "M0.1,1", "aria-label": "<b>"}
    assert page.all("text")[0].text == "<i>"


def test_a_section_can_be_added_and_replaced(comparison: Comparison, tmp_path: Path) -> None:
    module = tmp_path / "extra.py"
    module.write_text("def build(comparison):\n    return {'name': comparison.data.name}\n")
    module.with_suffix(".jinja").write_text("<p>Extra on {{ name }}</p>\n")
    scope: Context = {}
    exec(compile(module.read_text(), str(module), "exec"), scope)
    register_section("extra", title="Extra", order=15, readers=("finance",))(scope["build"])
    try:
        page = Page(render_html(comparison))
    finally:
        unregister_section("extra")
    ids = [e.attributes["id"] for e in page.all("section")]
    assert ids[:4] == ["summary", "answer", "extra", "tradeoffs"]
    assert f"Extra on {comparison.data.name}" in page.text
    assert "extra" not in [s.id for s in sections()]


def test_importing_reports_is_cheap() -> None:
    import subprocess
    import sys

    heavy = {"jinja2", "altair", "vl_convert", "yaml", "pandas"}
    code = f"import reports, sys; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_glossary_is_alphabetical() -> None:
    terms = [term.lower() for term, _ in glossary.TERMS]
    assert terms == sorted(terms)
