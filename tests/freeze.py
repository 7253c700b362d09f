"""Write what this version saves into ``tests/data/saved``: once a release, as ``python -m tests.freeze``.

Every number in the files is invented. A file that is there already is never written again: it stands for
what users of that release have on their disks.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from decide.comparison import SCHEMA_VERSION, Comparison
from decide.domain_gap.report import SCHEMA_VERSION as GAP_SCHEMA_VERSION
from decide.latency import Latency, Timing
from decide.run import RUN_FORMAT, Run
from decide.source import Source
from decide.store import RunStore
from tests.reports import fixture_protocols, make
from tests.reports.fixture_arms import arm
from tests.reports.fixture_gap import gap
from tests.reports.fixture_stability import stability

SAVED = Path(__file__).parent / "data" / "saved"
KEPT = ("TF-IDF + logistic regression", "Fine-tuned MiniLM", "Prompted SmolLM2 (5-shot)", "LoRA 8B")
KEY = "5f" * 32


def comparison() -> Comparison:
    """A comparison in which every part is there."""
    arms = [one for one in make.arms() if one.name in KEPT]
    arms[1] = arms[1].model_copy(
        update={
            "calibration": fixture_protocols.calibration(),
            "seed_facts": [{"best_epoch": n} for n in (3, 4, 4)],
            "conditions": {"python": "3.11.9", "torch_threads": 2},
        }
    )
    both = fixture_protocols.cascade()
    arms.append(arm(both.arm, "cascade", 0.85, config={"first": both.first, "then": both.then}))
    return make.comparison(
        arms,
        recommendation=make.recommendation(arms, "Fine-tuned MiniLM"),
        data=make.data(test_hash="9c" * 32),
        learning_curve=fixture_protocols.learning_curve(),
        cascades=[both],
        generalisation=fixture_protocols.generalisation(),
        robustness=fixture_protocols.robustness(),
        stability=stability(),
        source=Source(kind="engagement", file="engagement.yaml", levels_up=1),
    )


def run() -> Run:
    """A run of three test documents."""
    return Run(
        key=KEY,
        arm="Fine-tuned MiniLM",
        config={"kind": "fine_tuned", "model": "fixture/model"},
        fingerprint={"fixture/model": "sha256 0f1e"},
        seed=0,
        data_hash="3f" * 32,
        values=["claim", None, "other"],
        probabilities=[[0.9, 0.1], [None, None], [0.2, 0.8]],
        errors=[None, "the answer named no label", None],
        dev_values=["claim"],
        dev_probabilities=[[0.7, 0.3]],
        perturbed={"uppercase": ["claim", "claim", "other"]},
        score=0.5,
        phase_seconds={"training": 4.2, "test": 0.1, "dev": 0.1},
        timing=Timing(
            latency=Latency(p50_ms=1, p95_ms=2, p99_ms=3, calls=20),
            documents_per_second=100,
            documents_timed=3,
            hardware="2 cores of a fixture CPU",
        ),
        latency_ms=[1.0, 2.0, 3.0],
        peak_memory_mb=900,
        destination="this machine",
        remote=False,
        input_tokens=0,
        cached_tokens=0,
        output_tokens=0,
        parameters=22_715_526,
        model_bytes=90_900_000,
        facts={"best_epoch": 4},
        notes=["Invented for the tests; no figure in it was measured."],
        versions={"decide": "0.1.0"},
        created="2026-01-15T09:30:00+00:00",
        conditions={"torch_threads": 2},
    )


def main(folder: Path = SAVED) -> list[Path]:
    """Write the files that are not there yet, and return them."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in (
        (f"comparison_v{SCHEMA_VERSION}.json", comparison().model_dump_json(indent=1)),
        (f"gap_v{GAP_SCHEMA_VERSION}.json", gap().model_dump_json(indent=1)),
        (f"run_v{RUN_FORMAT}.json", _stored_run(folder)),
    ):
        if not (folder / name).exists():
            (folder / name).write_text(text + "\n", encoding="utf-8")
            written.append(folder / name)
    return written


def _stored_run(folder: Path) -> str:
    import tempfile

    with tempfile.TemporaryDirectory(dir=folder) as place:
        stored = json.loads(RunStore(Path(place)).put(run()).read_text(encoding="utf-8"))
    return json.dumps(stored, indent=1)


if __name__ == "__main__":
    print("\n".join(map(str, main())) or "Nothing new: every file is there already.", file=sys.stdout)
