"""The report in a real browser, where there is one."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest

from reports import render_html
from tests.reports import make
from tests.reports.fixture_arms import arm

CHROMIUM = next((p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p), None)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--allow-file-access-from-files",
    "--virtual-time-budget=4000",
]
FRAME = """<!doctype html><body><iframe id=f src="report.html" width=375 height=2000></iframe>
<pre id=out></pre><script>
f.onload = () => {
  const d = f.contentDocument, e = d.documentElement;
  const heads = [...d.querySelectorAll(".tradeoffs thead tr:last-child th button")];
  heads[1].click();
  const scores = [...d.querySelectorAll(".tradeoffs tbody td.scored")].map((c) => +c.dataset.sort);
  const theme = d.getElementById("theme");
  const before = f.contentWindow.getComputedStyle(d.body).backgroundColor;
  theme.click();
  out.textContent = JSON.stringify({
    overflow: e.scrollWidth - e.clientWidth, scores, theme: !theme.hidden,
    colours: [before, f.contentWindow.getComputedStyle(d.body).backgroundColor],
    accent: f.contentWindow.getComputedStyle(d.querySelector(".badge")).borderTopStyle,
  });
};
</script>"""

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")]


@pytest.mark.parametrize("long", [False, True])
def test_on_a_phone(tmp_path: Path, long: bool) -> None:
    results = [arm("W" * 90, score=0.8, config={"path": "x" * 400}), arm("short", score=0.7)]
    report = make.comparison(results, title="T" * 120) if long else make.comparison()
    (tmp_path / "report.html").write_text(render_html(report), encoding="utf-8")
    frame = tmp_path / "frame.html"
    frame.write_text(FRAME, encoding="utf-8")
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", frame.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    found = re.search(r'<pre id="out">(.*?)</pre>', dom)
    assert found
    seen = json.loads(unescape(found[1]))
    assert seen["overflow"] == 0
    assert seen["theme"]
    assert seen["scores"] == sorted(seen["scores"])
    assert len(set(seen["colours"])) == 2
    assert seen["accent"] == "solid"
