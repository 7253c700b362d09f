"""A file that is appended to and may be torn, cut or overwritten anywhere."""

from __future__ import annotations

import os
import random
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from arms.llm.checked_lines import CheckedLines

RECORDS = [{"n": n, "text": f"tick {n} \ud83d \n é"} for n in range(20)]


@pytest.fixture
def written(tmp_path: Path) -> Path:
    lines = CheckedLines(tmp_path / "deep" / "answers.jsonl", sync=True)
    for record in RECORDS:
        lines.append(record)
    lines.close()
    return lines.path


def test_records_come_back_once_and_only_the_owner_may_read_them(written: Path) -> None:
    lines = CheckedLines(written)
    assert lines.read() == RECORDS
    assert lines.read() == []
    lines.append({"n": "more"})
    assert lines.read() == [{"n": "more"}]
    assert lines.damaged == 0
    assert stat.S_IMODE(written.stat().st_mode) == 0o600


@pytest.mark.parametrize("seed", range(8))
def test_cut_anywhere_it_loses_the_last_record_at_most(written: Path, seed: int) -> None:
    data = written.read_bytes()
    cut = random.Random(seed).randrange(len(data))
    written.write_bytes(data[:cut])
    before = data[:cut].count(b"\n") // 2
    lines = CheckedLines(written)
    lines.append({"n": "after"})
    found = lines.read()
    assert found[-1] == {"n": "after"}
    assert before - 1 <= len(found) - 1 <= before + 1
    assert found[:-1] == RECORDS[: len(found) - 1]


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_overwritten_is_dropped_and_the_rest_is_kept(written: Path, seed: int) -> None:
    data, rng = bytearray(written.read_bytes()), random.Random(seed)
    start = rng.randrange(len(data) - 40)
    data[start : start + 30] = bytes(rng.randrange(256) for _ in range(30))
    written.write_bytes(bytes(data))
    lines = CheckedLines(written)
    found = lines.read()
    assert lines.damaged >= 1
    assert len(RECORDS) - 3 <= len(found) < len(RECORDS)
    assert all(record in RECORDS for record in found)


def test_a_line_that_is_still_being_written_waits(written: Path) -> None:
    lines = CheckedLines(written)
    lines.read()
    other = written.with_name("other")
    CheckedLines(other).append({"n": "slow"})
    whole = other.read_bytes()
    with written.open("ab") as stream:
        stream.write(whole[:12])
        stream.flush()
        assert lines.read() == []
        stream.write(whole[12:])
    assert lines.read() == [{"n": "slow"}]
    assert lines.damaged == 0


def test_several_processes_append_to_one_file(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from arms.llm.checked_lines import CheckedLines\n"
        "lines = CheckedLines(pathlib.Path(sys.argv[1]))\n"
        "for n in range(300): lines.append({'who': sys.argv[2], 'n': n})\n"
    )
    file = tmp_path / "shared.jsonl"
    processes = [subprocess.Popen([sys.executable, "-c", code, str(file), who]) for who in "ab"]
    assert [process.wait() for process in processes] == [0, 0]
    lines = CheckedLines(file)
    records = lines.read()
    assert lines.damaged == 0
    for who in "ab":
        assert [r["n"] for r in records if r["who"] == who] == list(range(300))


def test_a_disk_that_takes_a_part_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = CheckedLines(tmp_path / "full.jsonl")
    real = os.write
    monkeypatch.setattr(os, "write", lambda file, data: real(file, data[:9]))
    with pytest.raises(OSError, match="disk full"):
        lines.append({"n": 1})
    monkeypatch.undo()
    lines.append({"n": 2})
    assert lines.read() == [{"n": 2}]
