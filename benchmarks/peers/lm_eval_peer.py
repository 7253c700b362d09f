"""lm-evaluation-harness as a peer: a worker in its own environment that keeps its model loaded.

Its environment has the same torch and transformers as this one::

    python -m venv lm_eval_venv
    lm_eval_venv/bin/pip install 'lm_eval[hf,api]' --constraint constraints.txt
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

WORKER = Path(__file__).with_name("lm_eval_worker.py")


@dataclass(frozen=True)
class Evaluated:
    """One evaluation.

    Args:
        seconds: Of the whole harness, the model loaded before.
        scoring: Of those, in the model's ``loglikelihood``: tokenising and scoring, no harness around it.
        scores: Log-likelihood of each choice of each prompt.
    """

    seconds: float
    scoring: float
    scores: list[list[float]]

    def predictions(self) -> list[int]:
        """The most likely choice of each prompt."""
        return [max(range(len(row)), key=row.__getitem__) for row in self.scores]


class Worker:
    """A running harness; a context manager.

    Args:
        python: Interpreter that has lm_eval.
        kind: Its name of a kind of model, such as ``hf`` or ``local-completions``.
        arguments: Of that model.
        prompts: Texts as the model reads them, up to where an answer starts.
        choices: Answers as the model would write them, end of turn included.
    """

    def __init__(
        self,
        python: str,
        kind: str,
        arguments: dict[str, Any],
        prompts: Sequence[str],
        choices: Sequence[str],
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="lm-eval-")
        folder = Path(self._folder.name)
        lines = (json.dumps({"prompt": prompt, "choices": list(choices)}) for prompt in prompts)
        (folder / "data.jsonl").write_text("\n".join(lines), encoding="utf-8")
        settings = {"kind": kind, "arguments": arguments, "data": str(folder / "data.jsonl")}
        (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
        offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "true"}
        env = os.environ | offline | {"HF_DATASETS_CACHE": str(folder / "cache")}
        env.pop("PYTHONPATH", None)
        self._log = (folder / "log").open("w+", encoding="utf-8")
        self._process = subprocess.Popen(
            [python, str(WORKER), str(folder / "settings.json")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env=env,
        )
        self.version = str(self._reply()["lm_eval"])

    def evaluate(self, batch_size: int | str | None = None, limit: int | None = None) -> Evaluated:
        """Evaluate the prompts once more.

        Args:
            batch_size: Of this and later evaluations; by default as it was.
            limit: Only so many prompts.
        """
        assert self._process.stdin is not None
        asked = {"batch_size": batch_size, "limit": limit}
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        return Evaluated(**self._reply())

    def fastest(self, batch_sizes: Sequence[int | str], limit: int) -> tuple[int | str, dict[str, float]]:
        """Settle on the batch size that scores the first prompts fastest; prompts a second of each size."""
        rates = {size: limit / self.evaluate(size, limit).scoring for size in batch_sizes}
        best = max(rates, key=rates.__getitem__)
        self.evaluate(best, 1)
        return best, {str(size): round(rate, 2) for size, rate in rates.items()}

    def _reply(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._log.seek(0)
            raise RuntimeError(f"lm_eval ended:\n{self._log.read()[-3000:]}")
        reply: dict[str, Any] = json.loads(line)
        return reply

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None:
                stream.close()
        self._folder.cleanup()
