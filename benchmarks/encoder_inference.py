"""Predicting with a fine-tuned encoder against ``transformers.pipeline``: documents a second, and latency.

Both begin with texts and end with labels, of the same trained weights; tokenising is within the time. The
pipeline uses the batch size that is fastest here. Run ``python -m benchmarks.encoder_inference`` with
``DECIDE_DATA``.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from arms import FineTuned, FitContext
from arms.encoder.deployment import RUNTIMES, Runtime, deploy
from arms.encoder.fine_tuning import FittedEncoder
from arms.encoder.inference import logits_of
from benchmarks import material
from benchmarks.limits import Utilisation, utilisation
from benchmarks.measure import Ratio, in_turns, report
from benchmarks.peers import hf_pipeline
from evalsets import EvalSet


def trained(data: EvalSet, epochs: int) -> FittedEncoder:
    """A classifier fine-tuned by this library, which all sides then use."""
    arm = FineTuned(str(material.encoder()), epochs=epochs, patience=epochs, learning_rate=2e-4)
    with tempfile.TemporaryDirectory() as folder:
        fitted = arm.fit(data, 0, FitContext(Path(folder)))
    assert isinstance(fitted, FittedEncoder)
    return fitted


def by_runtime(fitted: FittedEncoder, runtimes: Sequence[Runtime]) -> dict[Runtime, FittedEncoder]:
    """The same weights on each runtime."""
    model, reader, head = fitted.model, fitted.reader, fitted.head
    return {
        runtime: FittedEncoder(
            model, reader, head, replace(fitted.record), fitted.room, deploy(model, head, runtime)
        )
        for runtime in runtimes
    }


def documents(data: EvalSet, count: int) -> list[str]:
    """Texts of all splits, test first, repeated if there are too few."""
    texts = [*data.test.texts, *data.dev.texts, *data.train.texts]
    return list(itertools.islice(itertools.cycle(texts), count))


def latencies(answer: Callable[[str], Any], texts: Sequence[str]) -> list[float]:
    """Milliseconds of each text, one after the other."""
    answer(texts[0])
    found = []
    for text in texts:
        started = time.perf_counter()
        answer(text)
        found.append((time.perf_counter() - started) * 1e3)
    return found


def speed(
    data: EvalSet, fitted: FittedEncoder, runtimes: Sequence[Runtime], options: argparse.Namespace
) -> list[Ratio]:
    """Ratios of documents a second, and of latencies, of each runtime over the pipeline."""
    texts, singles = documents(data, options.documents), documents(data, options.singles)
    arms = by_runtime(fitted, runtimes)
    with tempfile.TemporaryDirectory() as folder:
        fitted.save(Path(folder))
        pipe, rates = hf_pipeline.at_its_best(Path(folder), texts[: max(64, len(texts) // 4)])
    print("pipeline, documents a second by batch size:", {k: round(v, 1) for k, v in rates.items()})
    ways: dict[str, Callable[[], Any]] = {"pipeline": lambda: pipe(texts)}
    ways |= {name: lambda arm=arm: arm.predict(texts).values for name, arm in arms.items()}
    found = in_turns(ways, options.repetitions)
    waits = {"pipeline": lambda text: pipe([text])}
    waits |= {name: lambda text, arm=arm: arm.predict([text]).values for name, arm in arms.items()}
    waited = in_turns({k: lambda w=w: latencies(w, singles) for k, w in waits.items()}, options.repetitions)
    answers = {name: runs[0][1] for name, runs in found.items()}
    per_second = {name: [len(texts) / seconds for seconds, _ in runs] for name, runs in found.items()}
    p50, p95 = (
        {name: [float(np.percentile(run, q)) for _, run in runs] for name, runs in waited.items()}
        for q in (50, 95)
    )
    best = max(rates, key=lambda size: rates[size])
    ratios = []
    for name in runtimes:
        same = [np.mean([a == b for a, b in zip(answers[name], answers[k], strict=True)]) for k in answers]
        facts = {
            "answers like": {k: float(share) for k, share in zip(answers, same, strict=True)},
            "test score": data.task.score(data.test.labels, arms[name].predict(data.test.texts).values),
            "pipeline's score": data.task.score(data.test.labels, answers["pipeline"][: len(data.test)]),
        }
        what = f"predicting by {name}, {len(texts)} texts"
        peer = f"pipeline at its best batch size ({best})"
        ratios.append(Ratio(what, peer, per_second[name], per_second["pipeline"], facts))
        waits_of = {
            "p50 ms": [float(np.median(p50[name])), float(np.median(p50["pipeline"]))],
            "p95 ms": [float(np.median(p95[name])), float(np.median(p95["pipeline"]))],
        }
        one_by_one = f"predicting by {name}, one text after the other (1000 / p50 ms)"
        inverse = [[1e3 / value for value in p50[k]] for k in (name, "pipeline")]
        ratios.append(Ratio(one_by_one, "pipeline", *inverse, waits_of))
    return ratios


def limits(data: EvalSet, fitted: FittedEncoder) -> Utilisation:
    """How far the trained model's products, in torch, are from a plain matrix product."""
    windows = fitted.reader.read(documents(data, 200))
    pad_id = fitted.reader.tokenizer.pad_token_id
    model = deploy(fitted.model, fitted.head, "torch").model
    return utilisation(
        "predicting 200 texts by torch", lambda: logits_of(model, fitted.head, windows, pad_id)
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=1000, help="texts of each timed repetition")
    parser.add_argument("--singles", type=int, default=200, help="texts predicted one after the other")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=4, help="of the training before")
    parser.add_argument("--runtimes", nargs="+", choices=RUNTIMES, default=RUNTIMES)
    parser.add_argument("--profile", action="store_true", help="also measure the distance from the limit")
    parser.add_argument("--json", type=Path, default=None)
    options = parser.parse_args(arguments)
    data = material.citation_intent()
    fitted = trained(data, options.epochs)
    print(f"torch computes with {torch.get_num_threads()} threads")
    if options.profile:
        print(limits(data, fitted))
    report(speed(data, fitted, options.runtimes, options), options.json)


if __name__ == "__main__":
    main()
