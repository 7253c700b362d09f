"""Uses an installed decide as its README says, in an empty folder; fails where that does not work.

``python smoke.py``, by the interpreter it is installed for; a repository beside it must not be what is used.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tempfile
from importlib.metadata import version
from pathlib import Path

SCRIPT = """
import decide

data = decide.EvalSet.from_files(train="train.jsonl", dev="dev.jsonl", test="test.jsonl", group="institution")
result = decide.compare(data, arms=[decide.Majority(), decide.TfidfLogistic()], run_dir="own")
print(result.recommendation.headline)
result.to_html("own.html")
"""


def run(folder: Path, *command: str) -> str:
    """What a command prints on standard output, in that folder and without the caller's PYTHONPATH."""
    print("$", *command, flush=True)
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{done.stdout}\nended with code {done.returncode}")
    return done.stdout


def must(holds: bool, what: str) -> None:
    """End with a message unless it holds."""
    if not holds:
        raise SystemExit(f"smoke: {what}")


def main() -> None:
    """Run each step in a folder that is removed afterwards."""
    scripts = Path(sysconfig.get_path("scripts"))
    decide = str(scripts / "decide")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        where = run(folder, sys.executable, "-c", "import decide; print(decide.__file__)")
        must(Path(where).is_relative_to(sysconfig.get_path("purelib")), f"decide was imported from {where}")
        said = run(folder, decide, "--version").strip()
        must(said == f"decide {version('decide-nlp')}", f"the version is told as {said}")
        run(folder, decide, "init", ".", "--example")
        run(folder, decide, "check", "engagement.yaml")
        run(folder, decide, "compare", "engagement.yaml", "--output", "report.html")
        run(folder, decide, "report", "runs", "--output", "again.html")
        must("TF-IDF" in (folder / "again.html").read_text(encoding="utf-8"), "the report names no arm")
        (folder / "script.py").write_text(SCRIPT, encoding="utf-8")
        must("Ship" in run(folder, sys.executable, "script.py"), "the script recommends nothing")
        must((folder / "own.html").stat().st_size > 100_000, "the script's report is too small")


if __name__ == "__main__":
    main()
