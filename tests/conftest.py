"""Shared fixtures: small data and tiny randomly initialised models."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("TQDM_DISABLE", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# Threads that wait for work must not spin: tests run beside each other and in several processes.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
if "PYTEST_XDIST_WORKER" in os.environ:  # tests in several processes share the cores
    os.environ.setdefault("OMP_NUM_THREADS", "1")

from arms import device
from evalsets import Corpus, EvalSet, Split, TextClassification

# The same examples each time; HYPOTHESIS_PROFILE=explore looks for new ones.
settings.register_profile(
    "steady", derandomize=True, deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", settings.get_profile("steady"), derandomize=False, max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

WORDS = {
    "billing": "invoice refund charge payment receipt price fee card".split(),
    "network": "router signal outage wifi modem cable dropped latency".split(),
    "account": "password login username email profile locked reset sign".split(),
}
FILLER = "the a my please help with since yesterday again customer said it is was and now".split()


def toy_texts(n: int, seed: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Distinct short texts whose words give the label away, and their labels."""
    import random

    rng = random.Random(seed)
    texts: dict[str, str] = {}
    while len(texts) < n:
        label = rng.choice(sorted(WORDS))
        words = [rng.choice(WORDS[label]) for _ in range(3)] + [rng.choice(FILLER) for _ in range(6)]
        rng.shuffle(words)
        texts[" ".join(words) + f" {seed}{len(texts)}"] = label
    return tuple(texts), tuple(texts.values())


def toy_split(n: int, seed: int, groups: tuple[str, ...] = ("north", "south")) -> Split:
    texts, labels = toy_texts(n, seed)
    return Split(texts, labels, tuple(groups[i % len(groups)] for i in range(n)), source=f"split {seed}")


@pytest.fixture(autouse=True)
def _float32(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tiny models compute in float32, so that tests ask the same of every processor."""
    if request.node.get_closest_marker("e2e"):
        yield
        return
    monkeypatch.setattr(device, "_bfloat16_gain", lambda: 1.0)
    device.has_fast_bfloat16.cache_clear()
    yield
    device.has_fast_bfloat16.cache_clear()


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers do their job, pickled as ever, in this process: for tests that are about something else."""
    import pickle

    import cloudpickle

    from decide.privacy import network

    def work(job: Any, access: Any = network.NOWHERE, tell: Any = lambda said: None, *more: Any) -> None:
        with network.scoped(access):
            pickle.loads(cloudpickle.dumps(job)).work(*([tell] if hasattr(job, "units") else []))

    for module in ("executors.local", "executors.remote", "measured_gap"):
        monkeypatch.setattr(f"decide.{module}.work_isolated", work)


@pytest.fixture(scope="session")
def toy() -> EvalSet:
    """Three easy labels, 60/24/40 items, 80 unlabelled texts."""
    return EvalSet(
        name="Toy tickets",
        task=TextClassification(tuple(sorted(WORDS)), {"billing": "money matters"}),
        train=toy_split(60, 1),
        dev=toy_split(24, 2),
        test=toy_split(40, 3, ("north", "south", "west")),
        unlabeled=Corpus(documents=toy_texts(80, 4)[0]),
        synthetic=True,
    )


@pytest.fixture(scope="session")
def small(toy: EvalSet) -> EvalSet:
    """A part of the toy set, 12/6/16 items, for arms that ask a server for each."""
    return replace(
        toy, train=toy.train.take(range(12)), dev=toy.dev.take(range(6)), test=toy.test.take(range(16))
    )


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A randomly initialised BERT of two layers with a word-level vocabulary of the toy texts."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertForMaskedLM, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("tiny-bert")
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words = sorted({w for group in WORDS.values() for w in group} | set(FILLER))
    vocabulary = {word: i for i, word in enumerate([*special, *words])}
    backend = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    backend.normalizer = normalizers.BertNormalizer()
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=64,
    )
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        initializer_range=0.2,  # the usual 0.02 is for hundreds of dimensions
    )
    BertForMaskedLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real data sets, named by DECIDE_DATA or lying beside the repository."""
    folder = Path(os.environ.get("DECIDE_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real data sets are not here: no folder {folder} (set DECIDE_DATA)")
    return folder
