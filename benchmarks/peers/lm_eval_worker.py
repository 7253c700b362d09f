"""Runs lm-evaluation-harness in its own environment: loads once, then evaluates at each line it is sent.

Started by :mod:`benchmarks.peers.lm_eval_peer` as a script, so it imports nothing of this project. Its one
argument is a JSON file with ``kind`` and ``arguments`` of the model and the ``data`` to read. Replies are
JSON, a line each.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any


def task_of(data: str) -> Any:
    """The task that asks each prompt as it stands and scores each choice as it stands."""
    from lm_eval.api.task import ConfigurableTask

    config = {
        "task": "prompts",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": data}},
        "test_split": "test",
        "output_type": "multiple_choice",
        "doc_to_text": lambda doc: doc["prompt"],
        "doc_to_choice": lambda doc: doc["choices"],
        "doc_to_target": lambda doc: 0,
        "target_delimiter": "",
        "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
        "metadata": {"version": 0},
    }
    return ConfigurableTask(config=config)


def evaluate(model: Any, task: Any, limit: int | None) -> dict[str, Any]:
    """Seconds of the harness and, of those, of the model's scoring; the score of each choice.

    Args:
        model: Of lm_eval.
        task: Of lm_eval.
        limit: Only so many prompts.
    """
    from lm_eval import simple_evaluate

    spent = []

    def timed(requests: list[Any], **settings: Any) -> Any:
        started = time.perf_counter()
        scores = type(model).loglikelihood(model, requests, **settings)
        spent.append(time.perf_counter() - started)
        return scores

    model.loglikelihood = timed
    started = time.perf_counter()
    found = simple_evaluate(
        model=model, tasks=[task], limit=limit, bootstrap_iters=0, log_samples=True, verbosity="ERROR"
    )
    seconds = time.perf_counter() - started
    samples = sorted(found["samples"]["prompts"], key=lambda sample: sample["doc_id"])
    scores = [[float(score) for score, _ in sample["filtered_resps"]] for sample in samples]
    return {"seconds": seconds, "scoring": sum(spent), "scores": scores}


def main() -> None:
    """Answer until the input ends."""
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print must not come between replies
    with Path(sys.argv[1]).open(encoding="utf-8") as file:
        settings = json.load(file)
    import lm_eval
    import lm_eval.models
    from lm_eval.api.registry import get_model

    model = get_model(settings["kind"])(**settings["arguments"])
    task = task_of(settings["data"])
    print(json.dumps({"lm_eval": lm_eval.__version__}), file=replies, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["batch_size"]:
            _set_batch_size(model, asked["batch_size"])
        print(json.dumps(evaluate(model, task, asked["limit"])), file=replies, flush=True)


def _set_batch_size(model: Any, wanted: int | str) -> None:
    """Change the size of batches without loading the model again."""
    name = "batch_size_per_gpu" if hasattr(model, "batch_size_per_gpu") else "_batch_size"
    if not hasattr(model, name):
        raise SystemExit(f"This version of lm_eval keeps its batch size elsewhere than in {name}.")
    setattr(model, name, wanted)


if __name__ == "__main__":
    main()
