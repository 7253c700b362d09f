"""What earlier versions saved can be read by this one, and what it cannot read it says clearly."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import decide
from decide.comparison import SCHEMA_VERSION
from decide.domain_gap import GapReport
from decide.domain_gap.report import SCHEMA_VERSION as GAP_SCHEMA_VERSION
from decide.run import RUN_FORMAT
from decide.store import RunStore
from evalsets import DecideError
from reports import render_gap_html, render_html
from tests.freeze import KEY, SAVED, main
from tests.reports.page import Page

FILES = sorted(SAVED.iterdir())


def saved(prefix: str) -> list[Path]:
    return [file for file in FILES if file.name.startswith(f"{prefix}_v")]


def test_every_file_is_of_a_known_kind_and_the_current_versions_are_among_them() -> None:
    assert sorted([*saved("comparison"), *saved("gap"), *saved("run")]) == FILES
    current = {
        f"comparison_v{SCHEMA_VERSION}.json",
        f"gap_v{GAP_SCHEMA_VERSION}.json",
        f"run_v{RUN_FORMAT}.json",
    }
    assert current <= {file.name for file in FILES}, "run python -m tests.freeze"


@pytest.mark.parametrize("file", saved("comparison"), ids=lambda file: file.stem)
def test_a_saved_comparison_loads_and_renders(file: Path, tmp_path: Path) -> None:
    loaded = decide.load(file)
    page = Page(render_html(loaded))
    assert not page.problems
    assert loaded.title in page.text
    for arm in loaded.arms:
        assert arm.name in page.text
    assert len(loaded.table()) == len(loaded.arms)
    assert decide.load(loaded.to_json(tmp_path / "again.json")) == loaded


@pytest.mark.parametrize("file", saved("gap"), ids=lambda file: file.stem)
def test_a_saved_gap_report_loads_and_renders(file: Path) -> None:
    loaded = GapReport.load(file)
    assert loaded.severity.headline in Page(render_gap_html(loaded)).text


@pytest.mark.parametrize("file", saved("run"), ids=lambda file: file.stem)
def test_a_saved_run_is_not_taken_for_damaged(file: Path, tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    shutil.copy(file, store.path(KEY))
    run = store.get(KEY)
    assert run is not None
    assert (run.key, run.values) == (KEY, ["claim", None, "other"])
    assert store.path(KEY).is_file()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema_version": SCHEMA_VERSION + 1}, r"newer than this version reads \(1\)\. Upgrade decide"),
        ({"schema_version": None}, "has no schema_version"),
        ({"pairs": "none"}, "is not a valid comparison"),
        ({"unheard_of": 1}, "is not a valid comparison"),
    ],
)
def test_what_cannot_be_read_is_one_clear_message(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    data = json.loads(saved("comparison")[0].read_text()) | change
    file = tmp_path / "comparison.json"
    file.write_text(json.dumps(data))
    with pytest.raises(DecideError, match=message) as raised:
        decide.load(file)
    assert str(file) in str(raised.value)


def test_freezing_never_writes_over_a_file(tmp_path: Path) -> None:
    written = main(tmp_path)
    assert {file.name for file in written} <= {file.name for file in FILES}
    written[0].write_text("kept")
    assert main(tmp_path) == []
    assert written[0].read_text() == "kept"
    assert all(file.suffix == ".json" for file in tmp_path.iterdir())
