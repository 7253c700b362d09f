"""The demo: six arms on the bundled synthetic notes, sized for two CPU cores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from arms import Arm, DomainAdapted, FineTuned, LoRA, Majority, Prompted, TfidfLogistic
from decide.comparison import Comparison
from decide.demo_models import encoder, llm
from decide.events import Hook
from decide.orchestrate import compare
from decide.source import Source
from decide.workload import Workload
from evalsets import EvalSet
from evalsets.demo import clinical_notes

INSTRUCTIONS = (
    "The text is a clinical note. Say how the note describes the problem named in its heading, "
    "whatever it says of other problems."
)
# Small models on little data: smaller batches and a higher rate than for a full-sized encoder.
ENCODER_SETTINGS: dict[str, Any] = {"epochs": 6, "learning_rate": 1e-4, "batch_size": 8}
# A tuned model learns from examples what the labels mean; a shorter prompt halves its training time.
SHORT_TEMPLATE = """{% block system %}How does the note describe the problem in its heading?
Answer with one of: {{ labels | map(attribute='name') | join(', ') }}.{% endblock %}
{% block user %}{{ text }}{% endblock %}"""
SIZES = {"train": 220, "dev": 60, "test": 160, "unlabeled": 400}


def demo_arms() -> list[Arm]:
    """The six arms of the demo."""
    small_encoder, small_llm = str(encoder()), str(llm())
    return [
        Majority(),
        TfidfLogistic(),
        FineTuned(small_encoder, **ENCODER_SETTINGS, name="Fine-tuned MiniLM"),
        DomainAdapted(
            small_encoder,
            **ENCODER_SETTINGS,
            adaptation_epochs=1,
            adaptation_learning_rate=5e-4,
            name="Domain-adapted MiniLM",
        ),
        Prompted(small_llm, instructions=INSTRUCTIONS, name="Prompted SmolLM2"),
        LoRA(
            small_llm,
            template=SHORT_TEMPLATE,
            epochs=1,
            learning_rate=1e-3,
            max_train=64,
            batch_size=8,
            name="LoRA SmolLM2",
        ),
    ]


def demo_data() -> EvalSet:
    """The synthetic notes of the demo."""
    return clinical_notes(**SIZES)


def run_demo(folder: Path, on_event: Hook) -> Comparison:
    """Run the demo and leave ``report.html``, ``comparison.json`` and the runs in ``folder``."""
    result = compare(
        demo_data(),
        demo_arms(),
        workload=Workload(documents_per_month=200_000, horizon_months=24, max_p95_ms=500),
        seeds=1,
        run_dir=folder,
        title="Demo: assertion status in synthetic clinical notes",
        on_event=on_event,
    )
    result = result.model_copy(update={"source": Source(kind="demo")})
    result.to_json(folder / "comparison.json")
    result.to_html(folder / "report.html")
    return result
