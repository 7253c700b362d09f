"""Classification through one vLLM server against lm-evaluation-harness asking the same server.

The server is the one this library starts (prefix caching on, many requests at once) and both read the same
prompts. The labels' first tokens differ, so this library asks for one token of those; the most likely is the
prediction, as greedy decoding held to the labels would have it. The harness has no such way of asking. It
gets its ``local-completions`` model, many requests at once, and scores by log-likelihood

- the same first tokens, of which the most likely must be the same, and
- whole labels, its usual way.

Before each of our calls the server forgets its prefixes, so that no document is found there from the
repetition before; the harness's requests for log-probabilities of a prompt never read them.

Ours is the whole call, the peer's its ``loglikelihood`` alone. Run with ``DECIDE_DATA``::

    python -m benchmarks.llm_server --lm-eval-python lm_eval_venv/bin/python \\
        --vllm-python .venv-vllm/bin/python

See :mod:`benchmarks.peers.lm_eval_peer` for the first environment; ``make .venv-vllm/.installed`` makes the
second.
"""

from __future__ import annotations

import argparse
import http.client
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from arms.llm import Answer, LLMClient, VLLMServer
from arms.llm.first_token import first_token
from arms.process import free_port
from benchmarks.llm_classification import Questions, agreement, predictions, questions
from benchmarks.measure import Ratio, in_turns, report
from benchmarks.peers.lm_eval_peer import Worker
from decide import demo_models

BATCH_SIZES: tuple[int | str, ...] = (1, 6, 24)
CONCURRENT = 32
TRIED = 4
"""Prompts that a batch size is tried on."""


def beginnings(model: Path, asked: Questions) -> list[str]:
    """The first token of each label as text, which is read as that token behind each prompt.

    Raises:
        ValueError: If it is not.
    """
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    question = first_token(tokenizer, asked.labels)
    if question is None:
        raise ValueError("The first tokens of the labels do not differ.")
    for text in asked.texts:
        row = tokenizer(text, add_special_tokens=False)["input_ids"]
        for piece, token in zip(question.pieces, question.tokens, strict=True):
            if tokenizer(text + piece, add_special_tokens=False)["input_ids"] != [*row, token]:
                raise ValueError(f"{piece!r} is read as other tokens behind the prompt than alone.")
    return list(question.pieces)


@contextmanager
def server(
    python: str, model: Path, dtype: str, concurrency: int
) -> Iterator[tuple[LLMClient, dict[str, Any]]]:
    """A client of a running server, and what the harness must know of the server."""
    port = free_port()
    settings = VLLMServer(
        python=python,
        port=port,
        dtype=dtype,  # type: ignore[arg-type]
        max_model_len=1024,
        concurrency=concurrency,
        env={"VLLM_SERVER_DEV_MODE": "1"},  # it can be told to forget its prefixes
    )
    with settings.connect(str(model)) as client:
        key = client._api.api_key  # type: ignore[attr-defined]  # made for this start, told to nobody else
        yield (
            client,
            {
                "model": str(model),
                "tokenizer": str(model),
                "tokenizer_backend": "huggingface",
                "base_url": f"http://127.0.0.1:{port}/v1/completions",
                "header": {"Authorization": f"Bearer {key}"},
                "num_concurrent": CONCURRENT,
            },
        )


def forgetful(client: LLMClient, address: str, asked: Questions) -> list[Answer]:
    """Our answers, by a server that has seen none of the prompts."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    connection.request("POST", "/reset_prefix_cache")  # a few milliseconds of the time are this request's
    said = connection.getresponse().read()
    connection.close()
    if not json.loads(said).get("success"):
        raise RuntimeError(f"vLLM did not forget its prefixes: {said!r}")
    return client.choose(asked.prompts, asked.labels, "constrained")


def compare(options: argparse.Namespace, model: Path, asked: Questions) -> list[Ratio]:
    """The ratio to each way the harness can ask."""
    count = len(asked.prompts)
    choices = {"first tokens": beginnings(model, asked), "whole labels": asked.choices}
    found_ratios = []
    with server(options.vllm_python, model, options.dtype, options.concurrency) as (client, arguments):
        ask = partial(forgetful, client, arguments["base_url"], asked)
        ask()
        for what, texts in choices.items():
            with Worker(options.lm_eval_python, "local-completions", arguments, asked.texts, texts) as peer:
                size, tried = peer.fastest(BATCH_SIZES, min(TRIED, count))
                found = in_turns({"ours": ask, "theirs": peer.evaluate}, options.repetitions, warm_up=False)
            answers, theirs = found["ours"][-1][1], found["theirs"][-1][1]
            facts = {
                "requests of lm_eval": f"{CONCURRENT} at once, {size} prompts each",
                "prompts a second at its batch sizes": tried,
                "ours": f"{options.concurrency} requests at once",
                "tokens of our prompts from the cache": sum(one.cached_tokens for one in answers)
                / sum(one.input_tokens for one in answers),
                "predictions": agreement(predictions(answers), theirs),
            }
            found_ratios.append(
                Ratio(
                    f"{count} documents, {len(asked.labels)} labels, through vLLM, {options.dtype}",
                    f"lm_eval {peer.version} scoring {what}",
                    [count / seconds for seconds, _ in found["ours"]],
                    [count / one.scoring for _, one in found["theirs"]],
                    facts,
                )
            )
    return found_ratios


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lm-eval-python", required=True, help="interpreter that has lm_eval")
    parser.add_argument("--vllm-python", required=True, help="interpreter that has vLLM")
    parser.add_argument("--documents", type=int, default=48)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--concurrency", type=int, default=32, help="our requests under way at once")
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument("--json", type=Path, default=None)
    options = parser.parse_args(arguments)
    model = demo_models.llm()
    report(compare(options, model, questions(model, options.documents)), options.json)


if __name__ == "__main__":
    main()
