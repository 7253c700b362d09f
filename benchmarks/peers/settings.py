"""What both sides of ``whole_comparison`` do, as a file that each of their programs can read."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """What both sides do.

    Args:
        encoder: Folder of the encoder.
        pretrained: The same with a masked-LM head.
        llm: Folder of the language model.
        epochs: Of fine-tuning.
        rate: Learning rate of fine-tuning.
        adaptation_rate: Learning rate of continued pretraining.
        tuned: Training texts of the adapter.
        tuning_rate: Learning rate of the adapter.
        template: Of the prompts.
        calls: Single documents that latency is measured on.
        lm_eval: Interpreter with lm-evaluation-harness.
    """

    encoder: Path
    pretrained: Path
    llm: Path
    epochs: int
    rate: float
    adaptation_rate: float
    tuned: int
    tuning_rate: float
    template: str
    calls: int
    lm_eval: str

    def write(self, file: Path) -> None:
        """Write them as JSON."""
        told = {
            name: value if isinstance(value, int | float) else str(value)
            for name, value in asdict(self).items()
        }
        file.write_text(json.dumps(told), encoding="utf-8")

    @classmethod
    def read(cls, file: Path) -> Settings:
        """Read what :meth:`write` wrote."""
        told = json.loads(file.read_text(encoding="utf-8"))
        return cls(**{**told, **{name: Path(told[name]) for name in ("encoder", "pretrained", "llm")}})
