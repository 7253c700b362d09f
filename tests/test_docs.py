"""Every code block of the documents runs, on toy data and stand-ins for models; see doc_pages.py."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from arms.llm import FakeServer
from evalsets import EvalSet
from tests.doc_pages import Block, Job, blocks_of, read
from tests.toy_files import write_toy_files

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
MADE = ("_build", "_generated")
"""Folders of what ``make docs`` leaves behind."""
PAGES = {
    str(page.relative_to(DOCS)): page
    for page in sorted(DOCS.rglob("*.md"))
    if page.relative_to(DOCS).parts[0] not in MADE
}
REAL = ("tutorial.md",)
"""Pages on real data with a real model, which take minutes."""
LONG = (
    "domain-gap.md",
    "engagement.md",
    "howto/air-gapped-client.md",
    "howto/api-only-client.md",
    "howto/clinical-ner.md",
    "howto/legal-classification.md",
    "reproducibility.md",
)
"""Pages that take about ten seconds and more."""
SHORTER = {
    "epochs=3": "epochs=1",
    "seeds=2": "seeds=1",
    'rung="task_text", learning_rate': 'rung="task_text", adaptation_epochs=1, learning_rate',
    "train=60, dev=20, test=60, unlabeled=200": "train=30, dev=10, test=15, unlabeled=50",
}
"""Less of the same: what is tested is that pages run, not the figures they quote."""
HUB_MODEL = "google-bert/bert-base-uncased"  # stands for any; no hub is needed here
HOSTED, HOSTED_MODEL = "https://api.openai.com/v1", "gpt-5-mini"
KEY = "a key of the fake server"


def runnable(page: Path) -> bool:
    return any(b.skip is None and b.language in ("python", "yaml", "console") for b in blocks_of(page))


def marked(name: str) -> object:
    if name in REAL:
        return pytest.param(name, marks=pytest.mark.e2e)
    return pytest.param(name, marks=pytest.mark.slow) if name in LONG else name


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, toy: EvalSet, tiny_encoder: Path) -> Path:
    """What the readers of a page are taken to have: data, a model's folder, a comparison of last winter."""
    import decide

    folder = tmp_path_factory.mktemp("prepared")
    write_toy_files(folder, toy)
    (folder / "models").mkdir()
    shutil.copytree(tiny_encoder, folder / "models" / "bert-base-uncased")
    data = decide.EvalSet.from_files(train=folder / "train.csv", test=folder / "test.csv", group="hospital")
    arms = [decide.Majority(), decide.TfidfLogistic()]
    saved = decide.compare(data, arms, seeds=1, isolate=False)
    saved.model_copy(update={"created": "2026-01-09T12:00:00+00:00"}).to_json(
        folder / "2026-01" / "comparison.json"
    )
    return folder


@pytest.fixture(scope="module")
def places(tiny_encoder: Path) -> Iterator[dict[str, str]]:
    """What stands in the pages, and what stands for it here."""
    with FakeServer(model=HOSTED_MODEL, api_key=KEY) as server:
        yield {HUB_MODEL: str(tiny_encoder), HOSTED: server.base_url, **SHORTER}


@pytest.fixture(scope="module")
def runner() -> Iterator[subprocess.Popen[str]]:
    """Runs pages; see doc_pages.py."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.doc_pages"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


@pytest.mark.parametrize("name", PAGES)
def test_every_block_can_be_read(name: str) -> None:
    for block in blocks_of(PAGES[name]):
        read(block)


@pytest.mark.parametrize("name", [marked(name) for name, page in PAGES.items() if runnable(page)])
def test_pages_run(
    name: str,
    prepared: Path,
    places: dict[str, str],
    runner: subprocess.Popen[str],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    environment = {"OPENAI_API_KEY": KEY}
    if name in REAL:
        environment["DECIDE_DATA"] = str(request.getfixturevalue("shared_data"))
        places = SHORTER
    folder, output = tmp_path / "page", tmp_path / "output.txt"
    shutil.copytree(prepared, folder)
    job = Job(str(PAGES[name]), str(folder), str(output), places, environment)
    assert runner.stdin is not None
    assert runner.stdout is not None
    print(json.dumps(asdict(job)), file=runner.stdin, flush=True)
    code = runner.stdout.readline().strip()
    assert code == "0", output.read_text("utf-8")[-5000:]


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    text = re.sub(r"```.*?```", "", PAGES[name].read_text("utf-8"), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)#\s]+)[^)\s]*\)", text)
    missing = [t for t in targets if ":" not in t and not (PAGES[name].parent / t).exists()]
    assert missing == []


def test_what_cannot_be_handled_is_said(tmp_path: Path) -> None:
    def blocks(text: str) -> list[Block]:
        page = tmp_path / "page.md"
        page.write_text(text, encoding="utf-8")
        return blocks_of(page)

    (plain,) = blocks("```ruby\nputs 1\n```\n")
    with pytest.raises(ValueError, match=r"page.md:1: blocks of language 'ruby' are not handled"):
        read(plain)
    (command,) = blocks("text\n\n```console\nrm -r everything\n```\n")
    with pytest.raises(ValueError, match=r"page.md:3: 'rm' is not run"):
        read(command)
    (excused,) = blocks("<!-- skip: it is hard -->\n```python\n1\n```\n")
    with pytest.raises(ValueError, match="skipped for 'it is hard'"):
        read(excused)
    inside, directive = "- a list\n\n  ```python\n  print(1)\n  ```\n", "```{toctree}\npage\n```\n"
    assert [block.code for block in blocks(inside + directive)] == ["print(1)\n"]
