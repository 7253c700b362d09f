"""A comparison of six arms against six separate programs: time, overhead, reruns and peak memory.

Both read the same files, train as long with the same rates, answer the same test texts and time as many
single documents. Loading and starting are within the time on both sides. The comparison also answers dev,
and some training texts for what a model remembers, which the programs do not. Run with ``DECIDE_DATA``::

    python -m benchmarks.whole_comparison --lm-eval-python lm_eval_venv/bin/python
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from arms.encoder.preparation import Plan, prepare
from arms.encoder.pretraining import MaskedLM
from benchmarks import material
from benchmarks.compare_program import read_files
from benchmarks.measure import Ratio, in_turns, report
from benchmarks.peers import separate
from benchmarks.peers.settings import Settings
from decide import demo_models
from decide.latency import MAX_LATENCY_CALLS

TEMPLATE = """{% block system %}Why does the text cite the paper? Answer with one of:
{{ labels | map(attribute='name') | join(', ') }}.{% endblock %}
{% block user %}{{ text }}{% endblock %}"""


def write_files(folder: Path, train: int, test: int, unlabeled: int) -> None:
    """Part of the citations, and abstracts of biomedical papers as unlabelled text."""
    source = material.citation_intent()
    parts = {
        "train": source.train.take(range(train)),
        "dev": source.dev,
        "test": source.test.take(range(test)),
    }
    for name, part in parts.items():
        rows = ({"text": t, "label": y} for t, y in zip(part.texts, part.labels, strict=True))
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    file = material.shared_data() / "biomedical_corpus" / "unlabeled.txt"
    with file.open(encoding="utf-8") as lines:
        (folder / "unlabeled.txt").write_text("".join(islice(lines, unlabeled)), encoding="utf-8")


def compared(files: Path, runs: Path, work: Path, *more: str) -> dict[str, Any]:
    """Seconds of the program that compares, from its start to its end, and what it found.

    Raises:
        RuntimeError: With what it said last, if it or an arm fails.
    """
    out, log = work / "ours.json", work / "ours.log"
    command = [sys.executable, "-m", "benchmarks.compare_program", "--settings", work / "settings.json"]
    command += ["--data", files, "--runs", runs, "--out", out, *more]
    started = time.perf_counter()
    with log.open("w") as said:
        code = subprocess.run([str(part) for part in command], stdout=said, stderr=said).returncode
    seconds = time.perf_counter() - started
    if code:
        raise RuntimeError(f"The comparison failed:\n{log.read_text()[-2000:]}")
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    if found["failed"]:
        raise RuntimeError(f"Arms failed: {found['failed']}")
    return found | {"seconds": seconds}


def measured(files: Path, settings: Settings, repetitions: int, work: Path) -> Ratio:
    """The ratio, and what else was found in the last repetition."""
    data = read_files(files)
    settings.write(work / "settings.json")
    folders = iter(range(1000))
    ways = {
        "ours": lambda: compared(files, work / f"runs-{next(folders)}", work),
        "theirs": lambda: separate.run(data, files, settings, work / f"programs-{next(folders)}"),
    }
    found = in_turns(ways, repetitions, warm_up=False)
    ours = [told for _, told in found["ours"]]
    runs = max(work.glob("runs-*"), key=lambda folder: folder.stat().st_mtime)
    again = compared(files, runs, work)
    after = compared(files, runs, work, "--changed")
    facts = {
        "seconds, ours": [round(seconds, 1) for seconds, _ in found["ours"]],
        "seconds, theirs": [round(seconds, 1) for seconds, _ in found["theirs"]],
        "overhead over the arms' own time": [f"{one['seconds'] / one['units'] - 1:.1%}" for one in ours],
        "rerun with nothing changed, seconds": round(again["seconds"], 2),
        "computed then": again["made"],
        "rerun with one arm changed, seconds": round(after["seconds"], 2),
        "computed in that": after["made"],
        "peak memory over the largest arm's": [
            round(one["peak_mb"] / one["largest_arm_mb"], 3) for one in ours
        ],
        "macro-F1, ours": ours[-1]["macro_f1"],
        "programs, theirs": {
            name: {key: round(value, 3) for key, value in told.items()}
            for name, told in found["theirs"][-1][1].items()
        },
    }
    return Ratio(
        "six arms, comparisons",
        "six separate programs",
        [1 / seconds for seconds, _ in found["ours"]],
        [1 / seconds for seconds, _ in found["theirs"]],
        facts,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lm-eval-python", required=True, help="interpreter that has lm_eval")
    parser.add_argument("--train", type=int, default=320)
    parser.add_argument("--test", type=int, default=135)
    parser.add_argument("--unlabeled", type=int, default=150)
    parser.add_argument("--tuned", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--json", type=Path, default=None)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        files = work / "files"
        for made in (files, work / "head"):
            made.mkdir()
        write_files(files, options.train, options.test, options.unlabeled)
        texts = (files / "unlabeled.txt").read_text(encoding="utf-8").splitlines()
        # Trained once for both, for the small encoder has no head of its own.
        head = Plan("task_text", 0, MaskedLM(1, None, 5e-5, 128, 16), None, 0)
        prepare(material.encoder(), partial(iter, texts), None, head, work / "head", "head")
        settings = Settings(
            encoder=material.encoder(),
            pretrained=work / "head" / "model",
            llm=demo_models.llm(),
            epochs=options.epochs,
            rate=1e-4,
            adaptation_rate=1e-4,
            tuned=options.tuned,
            tuning_rate=1e-3,
            template=TEMPLATE,
            calls=MAX_LATENCY_CALLS,
            lm_eval=options.lm_eval_python,
        )
        report([measured(files, settings, options.repetitions, work)], options.json)


if __name__ == "__main__":
    main()
