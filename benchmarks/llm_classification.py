"""Classification by a small language model against lm-evaluation-harness: documents a second, same answers.

Both read the same prompts, rendered by this library with the model's chat template, and score the same
labels by log-likelihood with the same weights, number format and threads; the most likely label is the
prediction. Loading is left out on both sides. Ours is the whole call, rendering included; the peer's is its
``loglikelihood`` alone, tokenising included but nothing of the harness around it, at its fastest batch size.

Run with ``DECIDE_DATA``::

    python -m benchmarks.llm_classification --lm-eval-python lm_eval_venv/bin/python

See :mod:`benchmarks.peers.lm_eval_peer` for that environment.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from arms.llm import Answer, InProcess, LLMClient, Prompt
from arms.llm.templates import answer_ids, prompt_ids, render
from arms.prompts import PromptTemplate
from benchmarks import material
from benchmarks.limits import utilisation
from benchmarks.measure import Ratio, in_turns, report
from benchmarks.peers.lm_eval_peer import Evaluated, Worker
from decide import demo_models

BATCH_SIZES: tuple[int | str, ...] = (1, 8, 16, 32, 64)
"""Not ``auto``, which looks for a size anew in each evaluation: 80 s here."""
TRIED = 4
"""Prompts that a batch size is tried on."""


@dataclass(frozen=True)
class Questions:
    """What both sides are asked.

    Args:
        prompts: As turns.
        texts: As the model reads them.
        labels: Names of the labels.
        choices: The labels as the model would write them, end of turn included.
    """

    prompts: list[Prompt]
    texts: list[str]
    labels: tuple[str, ...]
    choices: list[str]


def questions(model: Path, documents: int) -> Questions:
    """Prompts of test documents.

    Raises:
        ValueError: If a text with a label behind it gives other tokens than the two apart.
    """
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    data = material.citation_intent()
    template = PromptTemplate(data.task)
    prompts = [template.prompt(text) for text in (data.test.texts + data.dev.texts)[:documents]]
    texts = [render(tokenizer, prompt) for prompt in prompts]
    labels: tuple[str, ...] = data.task.labels  # type: ignore[attr-defined]
    answers = [answer_ids(tokenizer, label) for label in labels]
    choices = [tokenizer.decode(answer) for answer in answers]
    for text, row in zip(texts, prompt_ids(tokenizer, prompts), strict=True):
        for choice, answer in zip(choices, answers, strict=True):
            if tokenizer(text + choice, add_special_tokens=False)["input_ids"] != row + answer:
                raise ValueError(f"{choice!r} is read as other tokens behind the prompt than alone.")
    return Questions(prompts, texts, labels, choices)


def predictions(answers: Sequence[Answer]) -> list[int]:
    """The choice of each answer."""
    return [-1 if answer.choice is None else answer.choice for answer in answers]


def agreement(ours: Sequence[int], theirs: Evaluated) -> dict[str, Any]:
    """How many predictions are the same, and how near the peer's two choices are where they are not.

    The distance is what the peer's log-likelihoods of the two predictions differ by, in nats.
    """
    pairs = list(zip(ours, theirs.predictions(), theirs.scores, strict=True))
    apart = [round(row[its] - row[mine], 4) for mine, its, row in pairs if mine != its]
    return {"same": f"{len(pairs) - len(apart)} of {len(pairs)}", "distances of the others": apart}


def peer_arguments(model: Path, dtype: str) -> dict[str, Any]:
    """Of the harness's own transformers model."""
    # Log-probabilities in bfloat16 would be so coarse that labels tie.
    return {"pretrained": str(model), "dtype": dtype, "device": "cpu", "softmax_dtype": "float32"}


def in_process(options: argparse.Namespace, asked: Questions, model: Path, dtype: str) -> Ratio:
    """Both in this machine's memory, by transformers."""
    arguments = peer_arguments(model, dtype)
    with (
        InProcess(dtype=dtype, device="cpu").connect(str(model)) as client,  # type: ignore[arg-type]
        Worker(options.lm_eval_python, "hf", arguments, asked.texts, asked.choices) as peer,
    ):
        size, tried = peer.fastest(options.batch_sizes, min(TRIED, len(asked.prompts)))
        ask = partial(client.choose, asked.prompts, asked.labels, "likelihood")
        print(f"lm_eval, prompts a second by batch size: {tried}", flush=True)
        ask()
        found = in_turns({"ours": ask, "theirs": peer.evaluate}, options.repetitions, warm_up=False)
        count = len(asked.prompts)
        facts = {
            "batch size of lm_eval": size,
            "prompts a second at its batch sizes": tried,
            "documents a second of the whole harness": round(count / found["theirs"][-1][1].seconds, 2),
            "predictions": agreement(predictions(found["ours"][-1][1]), found["theirs"][-1][1]),
        }
        return Ratio(
            f"{count} documents, {len(asked.labels)} labels, in process, {dtype}",
            f"lm_eval {peer.version}",
            [count / seconds for seconds, _ in found["ours"]],
            [count / evaluated.scoring for _, evaluated in found["theirs"]],
            facts,
        )


def limits(client: LLMClient, asked: Questions, dtype: str) -> str:
    """How far scoring is from a plain matrix product."""
    import torch

    ask = partial(client.choose, asked.prompts, asked.labels, "likelihood")
    ask()
    return str(utilisation(f"labels of {len(asked.prompts)} documents", ask, getattr(torch, dtype)))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lm-eval-python", required=True, help="interpreter that has lm_eval")
    parser.add_argument("--documents", type=int, default=64)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--dtype", nargs="+", default=["bfloat16"], help="each is measured in turn")
    parser.add_argument("--batch-sizes", nargs="+", type=int, default=BATCH_SIZES, help="lm_eval's, to try")
    parser.add_argument("--profile", action="store_true", help="also measure the distance from the limit")
    parser.add_argument("--json", type=Path, default=None)
    options = parser.parse_args(arguments)
    model = demo_models.llm()
    asked = questions(model, options.documents)
    if options.profile:
        for dtype in options.dtype:
            with InProcess(dtype=dtype, device="cpu").connect(str(model)) as client:
                print(limits(client, asked, dtype))
    ratios = [in_process(options, asked, model, dtype) for dtype in options.dtype]
    report(ratios, options.json)


if __name__ == "__main__":
    main()
