"""Nothing in a comparison can run, load or disguise anything in the report."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

import reports
from decide.comparison import Comparison
from reports import render_html
from tests.reports import make
from tests.reports.page import Page
from tests.reports.partial import page_of

PAYLOAD = (
    "\"'><script>alert(1)</script><img src=https://x.example/a onerror=alert(1)>{{7*7}}{% raw %}"
    "</style></title></svg>url(https://x.example/b)@import 'https://x.example/c';\u202ereversed\u2066\x00\x1b"
    "<!--]]>&lt;\\27 \\\n"
)
CHOICES = {"status", "outcome", "kind", "created", "metric", "verdict"}
CHOICES |= {"risk"}  # of a failure mode
CHOICES |= {"layer", "texts", "form", "signal"}  # of privacy records
CHOICES |= {"level", "confidence", "family", "larger_is", "plausible", "id", "unit"}  # of a gap report


def poison(value: Any, key: str = "") -> Any:
    """Every string of a dumped comparison, keys included, with the payload added."""
    if isinstance(value, str):
        return value if key in CHOICES else value + PAYLOAD
    if isinstance(value, list):
        return [poison(v, "" if isinstance(v, dict) else key) for v in value]
    if isinstance(value, dict):
        free = key in ("groups", "label_counts", "config", "facts", "versions", "fingerprint", "method")
        return {k + PAYLOAD if free and k not in CHOICES else k: poison(v, k) for k, v in value.items()}
    return value


@pytest.fixture(scope="module")
def hostile() -> str:
    dumped = make.comparison().model_dump()
    return render_html(Comparison.model_validate(poison(dumped)))


def test_hostile_strings_add_no_elements_and_no_handlers(hostile: str, document: str) -> None:
    bad, good = Page(hostile), Page(document)
    assert not bad.problems
    assert bad.tags == good.tags
    assert len(bad.all("script")) == len(good.all("script")) == 1
    assert len(bad.all("style")) == 1
    assert {k for e in bad.elements for k in e.attributes} == {k for e in good.elements for k in e.attributes}
    assert not [k for e in bad.elements for k in e.attributes if k.startswith("on")]


def test_hostile_strings_are_shown_as_they_are(hostile: str) -> None:
    text = Page(hostile).text
    assert "<script>alert(1)</script>" in text
    assert "{{7*7}}" in text
    assert "[U+202E]reversed" in text


def test_hostile_characters_are_gone(hostile: str) -> None:
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x1b]", hostile)
    hostile.encode("utf-8")


@pytest.mark.parametrize("which", ["document", "hostile"])
def test_no_external_request(which: str, request: pytest.FixtureRequest) -> None:
    page = Page(request.getfixturevalue(which))
    loading = (
        "src",
        "href",
        "xlink:href",
        "srcset",
        "action",
        "formaction",
        "poster",
        "data",
        "background",
        "style",
    )
    for element in page.elements:
        for name in loading:
            assert element.attributes.get(name, "#").startswith("#"), element
        if any(p in ("svg",) for p in element.path):
            assert "xmlns" not in element.attributes
    assert not page.tags & {
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "base",
        "audio",
        "video",
        "use",
        "image",
        "form",
    }
    for block in page.all("style") + page.all("script"):
        assert not re.search(r"https?:|url\(|@import|//[a-z]", block.text)


@pytest.mark.parametrize("which", ["document", "hostile"])
def test_policy_allows_our_style_and_script_only(which: str, request: pytest.FixtureRequest) -> None:
    page = Page(request.getfixturevalue(which))
    policy = next(e for e in page.all("meta") if e.attributes.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.attributes["content"].split(";"))
    assert rules["default-src"] == "'none'"
    for name, tag in (("style-src", "style"), ("script-src", "script")):
        digest = base64.b64encode(hashlib.sha256(page.all(tag)[0].text.encode()).digest()).decode()
        assert rules[name] == f"'sha256-{digest}'"


def test_lone_surrogates_do_not_break_the_file() -> None:
    page = page_of("summary", title="half \ud83d of a pair")
    assert "half \ufffd of a pair" in page.source


def test_templates_never_mark_text_as_safe() -> None:
    for template in Path(reports.__file__).parent.rglob("*.jinja"):
        text = template.read_text(encoding="utf-8")
        assert "safe" not in text, template
        assert "autoescape" not in text, template


def test_script_is_small() -> None:
    assert (Path(reports.__file__).parent / "script.js").stat().st_size < 8192
