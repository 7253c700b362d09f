"""Six approaches by six separate programs, one after another (see ``scripts``)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sklearn.metrics import f1_score

from arms.llm.templates import answer_ids, prompt_ids
from arms.prompts import PromptTemplate
from benchmarks.peers.settings import Settings
from evalsets import EvalSet


def run(data: EvalSet, files: Path, settings: Settings, work: Path) -> dict[str, dict[str, Any]]:
    """Seconds and macro-F1 of each program."""
    work.mkdir()
    write_prompts(data, settings, work)
    tuning = ["--epochs", settings.epochs, "--learning-rate", settings.rate, "--batch-size", 16]
    calls = ["--calls", settings.calls]
    read = ["--data", files]
    asked = ["--prompts", work / "prompts.jsonl", "--choices", work / "choices.json", "--model", settings.llm]
    rate = ["--epochs", 1, "--batch-size", 16, "--learning-rate", settings.tuning_rate]
    programs: list[tuple[str, str, str, list[Any]]] = [
        ("majority", sys.executable, "majority", [*read, *calls]),
        ("tfidf", sys.executable, "tfidf", [*read, *calls]),
        ("fine_tuned", sys.executable, "fine_tune", [*read, *calls, "--model", settings.encoder, *tuning]),
        (
            "model",
            sys.executable,
            "adapt",
            [*read, "--model", settings.pretrained, "--learning-rate", settings.adaptation_rate],
        ),
        ("adapted", sys.executable, "fine_tune", [*read, *calls, "--model", work / "model", *tuning]),
        ("prompted", settings.lm_eval, "score_labels", [*asked, *calls]),
        (
            "adapter",
            sys.executable,
            "tune_adapter",
            ["--prompts", work / "tuning.jsonl", "--model", settings.llm, *rate],
        ),
        ("lora", settings.lm_eval, "score_labels", [*asked, *calls, "--adapter", work / "adapter"]),
    ]
    found: dict[str, dict[str, Any]] = {}
    for name, python, script, arguments in programs:
        out = work / name
        started = time.perf_counter()
        _program(python, script, [*arguments, "--out", out], work / "log")
        found[name] = {"seconds": time.perf_counter() - started}
        if out.is_file():
            answers = json.loads(out.read_text())["answers"]
            found[name]["macro_f1"] = float(f1_score(data.test.labels, answers, average="macro"))
    return found


def _program(python: str, script: str, arguments: Sequence[Any], log: Path) -> None:
    """Run one program to its end.

    Raises:
        RuntimeError: With what it said last, if it fails.
    """
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | offline
    command = [python, str(Path(__file__).parent / "scripts" / f"{script}.py"), *map(str, arguments)]
    with log.open("w") as said:
        code = subprocess.run(command, env=environment, stdout=said, stderr=said).returncode
    if code:
        raise RuntimeError(f"{script} failed:\n{log.read_text()[-2000:]}")


def write_prompts(data: EvalSet, settings: Settings, work: Path) -> None:
    """The prompts as the model reads them, those that the adapter is tuned on, and what is scored."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(settings.llm)
    template = PromptTemplate(data.task, settings.template)

    def read(texts: Sequence[str]) -> list[str]:
        rows = prompt_ids(tokenizer, [template.prompt(text) for text in texts])
        return [tokenizer.decode(row) for row in rows]

    train, test = read(data.train.texts), read(data.test.texts)
    choices = {label: tokenizer.decode(answer_ids(tokenizer, label)) for label in data.task.labels}
    lines = [{"prompt": prompt, "split": "train"} for prompt in train]
    lines += [{"prompt": prompt, "split": "test"} for prompt in test]
    tuning = [
        {"prompt": prompt, "answer": choices[label]}
        for prompt, label in zip(train[: settings.tuned], data.train.labels, strict=False)
    ]
    for name, rows in (("prompts", lines), ("tuning", tuning)):
        (work / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (work / "choices.json").write_text(json.dumps(choices))
