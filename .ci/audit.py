"""Looks for known vulnerabilities in the pinned versions, by pip-audit.

Fails on a vulnerability that ``.ci/audit-ignore.txt`` does not name. Where the advisory service cannot be
reached, or knows none of the packages, it says so and does not fail: no answer is not a good answer, but a
build without a network must still be possible.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
UNREACHABLE = re.compile(
    r"ConnectionError|ConnectTimeout|ReadTimeout|NameResolutionError|Max retries exceeded|ProxyError|SSLError"
    r"|Could not connect|Failed to establish|(?:403|407|429|5\d\d) (?:Client|Server) Error"
)


def ignored(file: Path) -> list[str]:
    """The advisories that are let pass; each line is an identifier and why."""
    found = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip() and not line.startswith("#"):
            name, _, why = line.strip().partition(" ")
            if not why.strip():
                raise SystemExit(
                    f"{file}, line {number}: {name} has no reason. Write it after the identifier."
                )
            found.append(name)
    return found


def audit(pip_audit: str, pins: Path, ignore: Path) -> int:
    """Run pip-audit; 0 if nothing is found or it could not look, 1 if something is, 2 if it failed."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "found.json"
        command = [
            pip_audit,
            "--requirement",
            str(pins),
            "--no-deps",
            "--disable-pip",
            "--progress-spinner=off",
        ]
        command += ["--format", "json", "--output", str(out), "--timeout", "20"]
        command += [part for name in ignored(ignore) for part in ("--ignore-vuln", name)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
        except subprocess.TimeoutExpired:
            print("Audit skipped: the advisory service did not answer in 15 minutes.")
            return 0
        if not out.is_file() or not out.stat().st_size:
            if UNREACHABLE.search(done.stderr):
                print("Audit skipped: the advisory service cannot be reached.")
                return 0
            print(done.stderr[-3000:])
            return 2
        packages = json.loads(out.read_text(encoding="utf-8"))["dependencies"]
    looked_at = [p for p in packages if "skip_reason" not in p]
    wrong = [(p, v) for p in looked_at for v in p["vulns"]]
    for package, found in wrong:
        fixed = ", ".join(found["fix_versions"]) or "no version yet"
        print(f"{package['name']} {package['version']}: {found['id']}, mended in {fixed}")
    if not looked_at:
        print(f"Audit skipped: the advisory service knows none of the {len(packages)} packages.")
        return 0
    unknown = (
        f", {len(packages) - len(looked_at)} are unknown there" if len(looked_at) < len(packages) else ""
    )
    print(f"{len(looked_at)} packages looked at, {len(wrong)} vulnerabilities{unknown}.")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(audit(sys.argv[1], Path(sys.argv[2]), HERE / "audit-ignore.txt"))
