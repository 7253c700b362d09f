"""What strangers wrote into texts, labels and names does nothing in any file that is handed over."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

import decide
from decide.comparison import Comparison
from reports import render_html
from reports.browser import NAMES
from reports.exports.csv import FORMULA, harmless
from tests.reports import make
from tests.reports.test_safety import poison

PWNED = "document.documentElement.setAttribute('data-pwned','1')"
ATTACKS = [
    f"</script><script>{PWNED}</script>",
    f'"><img src=x onerror="{PWNED}">',
    f"'><svg onload=\"{PWNED}\"><title>",
    f"</style></title></desc></textarea></svg><script>{PWNED}</script>",
    f"<!--><script>{PWNED}</script>-->]]><script>{PWNED}</script>",
    f"javascript:{PWNED}",
    f"[click](javascript:{PWNED}) ![x](https://x.example/p.png) <https://x.example> [a]: https://x.example",
    "\u2028</script>\u2029\u202egnp.exe\u2066\x00\x08\x1b[31m\ufffe\ud83d",
    "a | b\n\n# c\n- d\n1. e\n```\nf\n```\n    g\n> h\n===\n| i |\n|---|\n~~j~~ $k$ &lt;l&gt; \\",
    "=HYPERLINK(\"http://x.example\")",
    "<foreignObject><body onload=1></foreignObject><math><mtext><style><img src=x onerror=1>",
]  # fmt: skip


def attacked(attack: str) -> Comparison:
    """The fixture with ``attack`` in front of and behind every string."""

    def both(value: Any, key: str = "") -> Any:
        marked = poison(value, key)
        text = json.dumps(marked)
        from tests.reports.test_safety import PAYLOAD

        return json.loads(text.replace(json.dumps(PAYLOAD)[1:-1], json.dumps(attack)[1:-1]))

    dumped = both(json.loads(make.comparison().model_dump_json()))
    for arm in dumped["arms"]:
        arm["name"] = attack + arm["name"]
    dumped["title"] = attack
    return Comparison.model_validate(dumped)


def theme(attack: str) -> decide.Theme:
    fields = ("engagement", "client", "prepared_by", "logo_text", "confidentiality")
    return decide.Theme(**dict.fromkeys(fields, attack.replace("\ud83d", "")[:200]))


def outline(html: str) -> tuple[set[str], set[str], list[str]]:
    """Elements, attributes and addresses as a browser's parser finds them."""
    html5lib = pytest.importorskip("html5lib")
    tree = html5lib.parse(html.encode("utf-8", "replace"), namespaceHTMLElements=False)
    elements = [e for e in tree.iter() if isinstance(e.tag, str)]
    addresses = [
        value
        for e in elements
        for name, value in e.attrib.items()
        if str(name).rpartition("}")[2] in ("href", "src", "action", "formaction", "data", "srcset")
    ]
    return {e.tag for e in elements}, {str(k) for e in elements for k in e.attrib}, addresses


@pytest.fixture(scope="module")
def clean() -> tuple[set[str], set[str], list[str]]:
    return outline(render_html(make.comparison(), theme=theme("plain")))


@pytest.mark.parametrize("attack", [ATTACKS[i] for i in (0, 1, 2, 4, 10)])
def test_a_browser_finds_no_other_element(attack: str, clean: tuple[set[str], set[str], list[str]]) -> None:
    tags, attributes, addresses = outline(render_html(attacked(attack), theme=theme(attack)))
    assert tags <= clean[0]
    assert attributes <= clean[1]
    assert not [a for a in attributes if a.startswith("on")]
    assert all(address.startswith("#") for address in addresses)


@pytest.mark.parametrize("attack", ATTACKS)
def test_markdown_has_no_markup_of_the_data(attack: str, tmp_path: Path) -> None:
    markdown = pytest.importorskip("markdown_it").MarkdownIt("commonmark").enable("table")
    text = attacked(attack).to_markdown(tmp_path / "c.md", theme=theme(attack)).read_text(encoding="utf-8")
    usual = make.comparison().to_markdown(tmp_path / "d.md", theme=theme("plain")).read_text(encoding="utf-8")

    def parsed(source: str) -> tuple[list[str], list[str]]:
        blocks = markdown.parse(source)
        heads = [b.content for a, b in itertools.pairwise(blocks) if a.type == "heading_open"]
        return [t.type for block in blocks for t in (block, *(block.children or ()))], heads

    (found, heads), (plain, plain_heads) = parsed(text), parsed(usual)
    assert set(found) <= set(plain)
    assert set(heads[1:]) <= set(plain_heads[1:])
    for kind in ("table_open", "tr_open", "td_open"):
        assert found.count(kind) == plain.count(kind)


@pytest.mark.parametrize("attack", [*FORMULA, *ATTACKS])
def test_no_cell_of_the_csv_is_a_formula(attack: str, tmp_path: Path) -> None:
    text = attacked(attack).to_csv(tmp_path / "c.csv").read_bytes().decode()
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len({len(row) for row in rows}) == 1
    numbers = re.compile(r"-?[\d.]+(e[-+]?\d+)?")
    for cell in (cell for row in rows for cell in row):
        assert not cell.startswith(FORMULA) or numbers.fullmatch(cell)
    assert any(cell.startswith(f"'{attack[0]}") for row in rows for cell in row) == (attack[0] in FORMULA)
    assert harmless(f"{attack[0]}x")[0] == ("'" if attack[0] in FORMULA else attack[0])


@pytest.mark.parametrize("format", ["docx", "pptx"])
def test_office_files_are_well_formed_and_link_nowhere(format: str, tmp_path: Path) -> None:
    pytest.importorskip(format)
    import xml.etree.ElementTree as ET

    attack = "".join(ATTACKS)
    file = attacked(attack).export(tmp_path / f"c.{format}", theme=theme(attack))
    with zipfile.ZipFile(file) as parts:
        for name in parts.namelist():
            if name.endswith((".xml", ".rels")):
                ET.fromstring(parts.read(name))
            if name.endswith(".rels"):
                assert b'TargetMode="External"' not in parts.read(name)
            assert "vba" not in name.lower()


@pytest.mark.e2e
def test_nothing_runs_in_a_browser(tmp_path: Path) -> None:
    chromium = next((p for p in map(shutil.which, NAMES) if p), None)
    if chromium is None:
        pytest.skip(f"none of {', '.join(NAMES)} is installed")
    canary = tmp_path / "canary.html"
    canary.write_text(f"<html><body>{ATTACKS[1][2:]}<p>x</p></body></html>")  # without a policy it does run
    hostile = tmp_path / "hostile.html"
    attack = "".join(ATTACKS)
    html = render_html(attacked(attack), theme=theme(ATTACKS[1]))
    hostile.write_text(html, encoding="utf-8")
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    flags += [f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=3000", "--dump-dom"]
    seen = []
    for file in (canary, hostile):
        done = subprocess.run([chromium, *flags, file.as_uri()], capture_output=True, timeout=180, check=True)
        seen.append(re.search("<html[^>]*data-pwned", done.stdout.decode()) is not None)
    assert seen == [True, False]
