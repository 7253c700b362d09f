"""Fine-tuning against ``transformers.Trainer``: documents a second of a whole fit, and test scores.

A fit begins with texts and ends with a model that predicts: tokenising, loading, training and, where dev
chooses the epoch, what that takes. Run ``python -m benchmarks.fine_tuning --quality 5`` with ``DECIDE_DATA``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from arms import FineTuned
from arms.device import autocast, has_fast_bfloat16
from arms.dropout import quick_dropout
from arms.encoder.batching import pad, training_order
from arms.encoder.fine_tuning import fine_tune, window_reader
from arms.encoder.first_token import read_first_token
from arms.encoder.heads import head_class
from arms.encoder.optimizer import optimizer_for
from arms.encoder.used_rows import UsedRows
from benchmarks import material
from benchmarks.limits import Utilisation, utilisation
from benchmarks.measure import Ratio, in_turns, report
from benchmarks.peers import trainer
from evalsets import EvalSet

Way = Callable[[int], Any]


def ours(data: EvalSet, epochs: int) -> Way:
    """A fit by this library, dev choosing the epoch, as a function of the seed."""
    settings = FineTuned(str(material.encoder()), epochs=epochs, patience=epochs).fine_tuning()
    return lambda seed: fine_tune(material.encoder(), settings, data, seed, "ours")


def theirs(data: EvalSet, settings: trainer.Settings) -> Way:
    """A fit by the peer, likewise."""
    labels = data.task.labels  # type: ignore[attr-defined]
    sides = [(split.texts, [labels.index(one) for one in split.labels]) for split in (data.train, data.dev)]
    return lambda seed: trainer.fine_tune(material.encoder(), labels, sides[0], sides[1], settings, seed)


def speed(data: EvalSet, documents: int, repetitions: int) -> list[Ratio]:
    """Ratios over one epoch of ``documents`` texts."""
    part = material.part_of(data, documents)
    ways = {
        "ours": ours(part, 1),
        "best": theirs(part, trainer.Settings(best=True, epochs=1, choose=True)),
        "default": theirs(part, trainer.Settings(best=False, epochs=1)),
    }
    warm = material.part_of(data, 32)
    ours(warm, 1)(0)
    theirs(warm, trainer.Settings(best=True, epochs=1))(0)
    found = in_turns({name: lambda way=way: way(0) for name, way in ways.items()}, repetitions, warm_up=False)
    rates = {name: [len(part.train) / seconds for seconds, _ in runs] for name, runs in found.items()}
    what = f"fine-tuning, an epoch of {len(part.train)} texts"
    return [
        Ratio(what, "Trainer with its defaults, padded to 256", rates["ours"], rates["default"], {}),
        Ratio(what, "Trainer at its best settings", rates["ours"], rates["best"], {}),
    ]


def quality(data: EvalSet, seeds: int, epochs: int) -> dict[str, Any]:
    """Test scores of as many seeds, dev choosing the epoch on both sides."""
    labels = data.task.labels  # type: ignore[attr-defined]
    peer = theirs(data, trainer.Settings(best=True, epochs=epochs, choose=True))
    scores: dict[str, list[float]] = {"ours": [], "theirs": []}
    for seed in range(seeds):
        with ours(data, epochs)(seed) as fitted:
            values = fitted.predict(data.test.texts).values
        scores["ours"].append(data.task.score(data.test.labels, values))
        answers = [labels[i] for i in peer(seed)(data.test.texts)]
        scores["theirs"].append(data.task.score(data.test.labels, answers))
        print(f"seed {seed}: {scores['ours'][-1]:.3f} against {scores['theirs'][-1]:.3f}", flush=True)
    difference = stats.ttest_ind(scores["ours"], scores["theirs"], equal_var=False)
    interval = difference.confidence_interval()
    return {
        "test macro-F1": scores,
        "means": [float(np.mean(side)) for side in scores.values()],
        "difference": float(np.mean(scores["ours"]) - np.mean(scores["theirs"])),
        "95% interval over seeds (Welch)": [float(interval.low), float(interval.high)],
    }


def limits(data: EvalSet, steps: int) -> Utilisation:
    """How far training steps are from a plain matrix product."""
    import torch

    settings = FineTuned(str(material.encoder())).fine_tuning()
    kind = head_class(data.task)
    reader = window_reader(material.encoder(), kind, settings)
    train = reader.read(data.train.texts)
    head = kind.learn(data.task, data.train, train)
    targets = head.targets(data.train, train).texts
    assert targets is not None
    model = head.model(material.encoder()).train()
    read_first_token(model)
    embedding = UsedRows(model, train.rows)
    batches = training_order(train.lengths(), settings.batch_size, np.random.default_rng(0))[:steps]

    def work() -> None:
        for batch in batches:
            ids, mask = pad([train.rows[i] for i in batch], reader.tokenizer.pad_token_id)
            with autocast(), quick_dropout():
                logits, _ = head.forward(model, ids, mask)
            torch.nn.functional.cross_entropy(logits.float(), torch.from_numpy(targets[batch])).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    with embedding.training():
        optimizer, _ = optimizer_for(model, 5e-5, 0.01, steps, 0.1)
        dtype = torch.bfloat16 if has_fast_bfloat16() else torch.float32
        return utilisation(f"{steps} training steps of {settings.batch_size} texts", work, dtype)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=256, help="texts of train in each timed epoch")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--quality", type=int, default=0, metavar="SEEDS", help="also compare test scores")
    parser.add_argument("--epochs", type=int, default=4, help="of the comparison of test scores")
    parser.add_argument("--profile", action="store_true", help="also measure the distance from the limit")
    parser.add_argument("--json", type=Path, default=None)
    options = parser.parse_args(arguments)
    data = material.citation_intent()
    if options.profile:
        print(limits(data, 16))
    ratios = speed(data, options.documents, options.repetitions) if options.repetitions else []
    if options.quality:
        facts = quality(data, options.quality, options.epochs)
        for ratio in ratios[1:]:
            ratio.facts.update(facts)
        print(facts)
    report(ratios, options.json)


if __name__ == "__main__":
    main()
