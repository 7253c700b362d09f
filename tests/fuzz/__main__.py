"""``python -m tests.fuzz --count 5000 --seed 7``: how the command ends, by format and kind of damage."""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from pathlib import Path

from tests.fuzz.runner import cases, run_case


def main() -> int:
    """Run, print a summary and every finding; 1 if there is one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", action="store_true", help="also by kind of damage")
    asked = parser.parse_args()
    by_format: Counter[tuple[str, object]] = Counter()
    by_kind: Counter[tuple[str, object]] = Counter()
    findings = []
    slowest = 0.0
    with tempfile.TemporaryDirectory(prefix="decide-fuzz-") as folder:
        for case in cases(asked.count, asked.seed):
            found = run_case(case, Path(folder) / "case")
            slowest = max(slowest, found.seconds)
            end = "FINDING" if found.wrong else found.code
            by_format[case.seed.format, end] += 1
            by_kind[case.kind.partition(",")[0], end] += 1
            if found.wrong:
                findings.append(found)
    tables = {"format": by_format, **({"kind": by_kind} if asked.kinds else {})}
    for title, table in tables.items():
        print(f"{title:<16}{'accepted':>10}{'refused':>10}{'usage':>8}{'findings':>10}")
        for name in sorted({name for name, _ in table}):
            ends = [table[name, end] for end in (0, 1, 2, "FINDING")]
            print(f"{name:<16}{ends[0]:>10}{ends[1]:>10}{ends[2]:>8}{ends[3]:>10}")
    print(f"{asked.count} inputs, {len(findings)} findings, the slowest took {slowest:.2f} s")
    for found in findings:
        print(f"\n--- {found.case.number} {found.case.seed.format}, {found.case.kind}\n{found.wrong}")
    return 1 if findings else 0


if __name__ == "__main__":
    raise SystemExit(main())
