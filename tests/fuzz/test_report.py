"""``decide report`` and ``decide history`` on damaged saved comparisons: a document or a message."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.fuzz.saved import damaged, outcome, valid

COUNT = 120
PARTS = 4


@pytest.mark.parametrize("part", range(PARTS))
def test_damaged_comparisons_give_a_report_or_a_message(part: int, tmp_path: Path) -> None:
    codes: Counter[int | None] = Counter()
    folder = tmp_path / "runs"
    folder.mkdir()
    for number, kind, data in damaged(COUNT, seed=0):
        if number % PARTS == part:
            # The document takes a second to render; most of what it reads the summary reads as well.
            words = ["history"] if number % 60 == 0 else ["report"]
            suffix = "html" if number % 30 == 1 else ("md", "csv")[number % 2]
            code, wrong = outcome(data, folder, words, suffix)
            assert not wrong, f"{number}, {kind}: {wrong}"
            codes[code] += 1
    assert codes[1]


def test_what_is_damaged_was_whole(tmp_path: Path) -> None:
    assert outcome(valid().encode(), tmp_path, ["report"], "html") == (3, "")  # an arm failed
