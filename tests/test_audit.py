"""The audit fails on vulnerabilities, and says so where it could not look."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest

FILE = Path(__file__).parents[1] / ".ci" / "audit.py"
KNOWN = {"name": "a", "version": "1", "vulns": []}
BAD = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"], "aliases": []}]}
UNKNOWN = {"name": "c", "skip_reason": "Dependency not found on PyPI"}


@pytest.fixture
def audit() -> Any:
    spec = importlib.util.spec_from_file_location("audit", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def fake(folder: Path, packages: list[Any] | None, stderr: str = "") -> str:
    """A program that answers like pip-audit."""
    program = folder / "pip-audit"
    lines = [f"#!{sys.executable}", "import sys", f"sys.stderr.write({stderr!r})"]
    if packages is not None:
        answer = json.dumps({"dependencies": packages})
        lines.append(f"open(sys.argv[sys.argv.index('--output') + 1], 'w').write({answer!r})")
    program.write_text("\n".join([*lines, "sys.exit(1)"]))
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize(
    ("packages", "stderr", "code", "said"),
    [
        ([KNOWN, UNKNOWN], "", 0, "1 packages looked at, 0 vulnerabilities, 1 are unknown there."),
        ([KNOWN, BAD], "", 1, "b 2: PYSEC-1, mended in 3"),
        ([UNKNOWN], "", 0, "Audit skipped: the advisory service knows none of the 1 packages"),
        (None, "requests.exceptions.ConnectionError: no route", 0, "Audit skipped"),
        (None, "error: argument --output", 2, "argument --output"),
    ],
)
def test_what_the_audit_says(
    audit: Any, tmp_path: Path, capsys: Any, packages: Any, stderr: str, code: int, said: str
) -> None:
    (tmp_path / "ignore.txt").write_text("# nothing\n")
    found = audit.audit(fake(tmp_path, packages, stderr), tmp_path / "pins.txt", tmp_path / "ignore.txt")
    assert found == code
    assert said in capsys.readouterr().out


def test_what_is_ignored_has_a_reason(audit: Any, tmp_path: Path) -> None:
    file = tmp_path / "ignore.txt"
    file.write_text("# why\nPYSEC-1 only on Windows, which we do not support\n\n")
    assert audit.ignored(file) == ["PYSEC-1"]
    file.write_text("PYSEC-1\n")
    with pytest.raises(SystemExit, match="line 1: PYSEC-1 has no reason"):
        audit.ignored(file)
    audit.ignored(FILE.with_name("audit-ignore.txt"))
