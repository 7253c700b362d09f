"""Privacy settings of an engagement file."""

from __future__ import annotations

from pathlib import Path

import pytest

from decide.engagement import read_engagement
from decide.privacy.pii import PiiSearch
from evalsets import DecideError

BASE = "data: {train: train.csv, test: test.csv}\narms: [{kind: majority}]\n"


def engagement(folder: Path, more: str) -> Path:
    file = folder / "engagement.yaml"
    file.write_text(BASE + more)
    return file


def test_settings_of_the_search_and_licences(tmp_path: Path) -> None:
    plan = read_engagement(
        engagement(tmp_path, "pii: {entities: [URL], documents: 50}\nlicences: {owner/model: mit}\n")
    )
    assert plan.pii == PiiSearch(entities=("URL",), documents=50)
    assert plan.licences == {"owner/model": "mit"}
    assert read_engagement(engagement(tmp_path, "pii: false\n")).pii is False
    assert read_engagement(engagement(tmp_path, "")).pii is None


@pytest.mark.parametrize("wrong", ["pii: perhaps", "pii: {documents: 0}", "pii: {shoes: 1}", "licences: mit"])
def test_wrong_settings_are_named(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(DecideError, match=wrong.split(":")[0]):
        read_engagement(engagement(tmp_path, wrong))
