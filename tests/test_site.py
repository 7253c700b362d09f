"""What the documentation site is made of, as far as the library and the example comparisons decide it."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pytest

import decide

DOCS = Path(__file__).parents[1] / "docs"
EXAMPLES = sorted((DOCS / "examples").glob("*.json"))
MOST_BYTES = 600_000


def test_the_reference_has_every_public_name() -> None:
    pages = "\n".join(page.read_text(encoding="utf-8") for page in (DOCS / "reference").glob("*.md"))
    directives = set(re.findall(r"^\.\. auto\w+:: decide\.(\w+)$", pages, re.MULTILINE))
    assert directives == set(decide.__all__) - {"__version__"}


def test_the_index_links_each_example() -> None:
    for page in (DOCS / "index.md", DOCS / "examples" / "index.md"):
        text = page.read_text(encoding="utf-8")
        linked = re.findall(r'href="(?:examples/)?(\w+)\.html"', text)
        assert sorted(linked) == [file.stem for file in EXAMPLES] == ["classification", "entities"]
        assert "synthetic" in text


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_loads_and_renders(file: Path) -> None:
    result = decide.load(file)
    assert result.data.synthetic
    assert {arm.status for arm in result.arms} == {"ok"}
    assert all(arm.timing is not None and arm.timing.hardware for arm in result.arms)
    with tempfile.TemporaryDirectory() as folder:
        report = result.to_html(Path(folder) / "report.html").read_text(encoding="utf-8")
    assert result.title in report
    assert all(arm.name in report for arm in result.arms)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_is_small_and_names_no_folder_of_a_machine(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert len(text.encode()) < MOST_BYTES
    assert (
        re.findall(r'"[^"]*(?<![\w/])(?:/(?:tmp|home|root|usr|Users|work|var)|[A-Z]:\\)[/\\][^"]*"', text)
        == []
    )
