"""What each arm is estimated to cost, from the speed measured on this machine and stated assumptions."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any

from arms.domain_adapted import SMALL_CORPUS_DOCUMENTS
from decide.domain_gap.advice import StepCost
from decide.domain_gap.report import Volume
from decide.workload import Assumption, Workload
from evalsets import DecideError

BACKWARD = 3.0
"""A training step takes this many forward passes."""
KAPLAN = 'Kaplan et al. 2020, "Scaling Laws for Neural Language Models", section 2.1'
INSTRUCTION_TOKENS = 40.0
LABEL_TOKENS = 15.0
OUTPUT_TOKENS = 5.0
MONTH = 730.0
PROMPT = "our prompt template, rounded up; an LLM's tokenizer is taken to cut text as the encoder's does"


@dataclass(frozen=True)
class Settings:
    """Epochs as the arms have them by default."""

    fine_tuning: float
    lora: float


def settings() -> Settings:
    """The default epochs of each arm, read from the arms themselves."""
    from arms import FineTuned, LoRA

    return Settings(_default(FineTuned, "epochs"), _default(LoRA, "epochs"))


def _default(arm: type[Any], name: str) -> float:
    default: Any = next(f.default for f in fields(arm) if f.name == name)
    return float(default)


@dataclass(frozen=True)
class Costs:
    """Estimates for one workload. ``labels`` are the labelled training documents, where known."""

    volume: Volume
    workload: Workload
    labels: int | None
    hour: float
    hour_basis: str
    epochs: Settings

    @property
    def train_tokens(self) -> float | None:
        """Tokens of all training documents as they are read."""
        if self.labels is None:
            return None
        each = self.volume.train_tokens_read or self.volume.tokens_read_per_document
        return self.labels * each

    @property
    def unlabeled_tokens(self) -> float:
        """Estimated tokens of the domain text beyond the training texts."""
        extra = self.volume.domain_documents - (self.volume.train_documents or 0)
        return max(0, extra) * self.volume.tokens_per_document

    def serving(self) -> tuple[float, str]:
        """US dollars a month to serve the encoder, and how that comes about."""
        v, w = self.volume, self.workload
        seconds = w.documents_per_month * v.tokens_read_per_document / v.tokens_per_second
        hours = seconds / 3600 / w.prices.utilisation
        return hours * self.hour, (
            f"a month: {w.documents_per_month:,.0f} documents × {v.tokens_read_per_document:,.0f} tokens ÷ "
            f"{v.tokens_per_second:,.0f} tokens/s ÷ {w.prices.utilisation:.0%} utilisation × "
            f"{self.hour_basis}"
            + (f"; {hours / MONTH:,.1f} machines like this are needed" if hours > MONTH else "")
        )

    @property
    def small_corpus_tokens(self) -> float:
        """Most tokens that rung ``small_corpus`` draws of the unlabelled text."""
        return SMALL_CORPUS_DOCUMENTS * self.volume.tokens_per_document

    def training(self, adaptation_tokens: float = 0.0, passes: float = 0.0) -> StepCost:
        """Fine-tuning one seed, after ``passes`` of continued pretraining over ``adaptation_tokens``."""
        monthly, month_basis = self.serving()
        if self.train_tokens is None:
            why = "training: not estimated, the number of labelled documents is unknown (labeled_documents=)"
            return StepCost(usd_per_month=monthly, basis=f"{why}; {month_basis}")
        fine = self.train_tokens * self.epochs.fine_tuning
        tokens = fine + adaptation_tokens * passes
        seconds = tokens * BACKWARD / self.volume.tokens_per_second
        parts = f"{self.train_tokens:,.0f} tokens × {self.epochs.fine_tuning:g} epochs of fine-tuning"
        if adaptation_tokens:
            parts = f"({adaptation_tokens:,.0f} tokens × {passes:g} of adaptation + {parts})"
        return StepCost(
            seconds=seconds,
            usd=seconds / 3600 * self.hour,
            usd_per_month=monthly,
            basis=f"once: {parts} × {BACKWARD:g} ÷ {self.volume.tokens_per_second:,.0f} tokens/s × "
            f"{self.hour_basis}; {month_basis}",
        )

    def prompt_tokens(self, shots: int = 0) -> float:
        """Input tokens of one prompt."""
        text = self.volume.tokens_per_document
        return (1 + shots) * text + INSTRUCTION_TOKENS + LABEL_TOKENS * (self.volume.labels or 2)

    def assumptions(self) -> list[Assumption]:
        """Every number behind the costs that was not measured here."""
        prices, user = self.workload.prices, "the workload given"
        ours = "assumption of this library"
        rows = [
            ("forward passes that a training step takes", BACKWARD, "passes", KAPLAN),
            ("documents a month", self.workload.documents_per_month, "documents", user),
            ("utilisation of rented machines", prices.utilisation, "share of time", prices.source),
            ("price of a CPU core", prices.cpu_core_hour, "US$/hour", prices.source),
            ("price of an accelerator", prices.gpu_hour, "US$/hour", prices.source),
            ("instructions in a prompt", INSTRUCTION_TOKENS, "tokens", f"{ours}: {PROMPT}"),
            ("a label in a prompt", LABEL_TOKENS, "tokens", f"{ours}: {PROMPT}"),
            ("an answer", OUTPUT_TOKENS, "tokens", f"{ours}: a label is a few tokens"),
        ]
        return [Assumption(name=n, value=v, unit=u, source=s) for n, v, u, s in rows]


def costs_of(volume: Volume, workload: Workload, labels: int | None) -> Costs:
    """The estimates for this machine at the workload's prices."""
    from decide.economics.machine import machine_hour

    hour, basis = machine_hour(workload.prices)
    return Costs(volume, workload, labels, hour, basis, settings())


@dataclass(frozen=True)
class LanguageModel:
    """What is known of the language model that the user names.

    ``prices`` are US dollars a million input and output tokens and their source; ``parameters`` is read from
    the name.
    """

    name: str | None
    hosted: bool
    prices: tuple[float, float, str] | None
    parameters: float | None


def language_model(name: str | None, workload: Workload) -> LanguageModel:
    """Look up the price of a hosted model, or the size in the name of an open one.

    Raises:
        DecideError: If ``name`` is empty.
    """
    if name is not None and not name.strip():
        raise DecideError("llm= is empty. Name a model, such as llm='gpt-5-mini', or leave it out.")
    prices = workload.prices
    if prices.input_million_tokens is not None and prices.output_million_tokens is not None:
        found = (prices.input_million_tokens, prices.output_million_tokens, prices.source)
        return LanguageModel(name, True, found, _size(name))
    if name is None:
        return LanguageModel(None, False, None, None)
    listed = _listed(name)
    size = _size(name)
    # A model with open weights has a size in its name; it can be served here, listed or not.
    hosted = listed is not None and size is None
    return LanguageModel(name, hosted, listed if hosted else None, size)


def _size(name: str | None) -> float | None:
    match = re.search(r"(?<![\w.])(\d+(?:\.\d+)?)([bBmM])(?![a-zA-Z])", name or "")
    return float(match[1]) * (1e9 if match[2] in "bB" else 1e6) if match else None


def _listed(name: str) -> tuple[float, float, str] | None:
    from importlib.metadata import version

    from genai_prices import Usage, calc_price

    try:
        fresh = calc_price(Usage(input_tokens=1_000_000), model_ref=name)
        answer = calc_price(Usage(output_tokens=1_000_000), model_ref=name)
    except LookupError:
        return None
    source = f"genai-prices {version('genai-prices')}, {fresh.provider.name}, {fresh.model.id}"
    return float(fresh.total_price), float(answer.total_price), source


def prompting(costs: Costs, model: LanguageModel) -> StepCost:
    """Scoring dev and test once, and a month of serving, with zero-shot prompts."""
    volume, workload = costs.volume, costs.workload
    tokens = costs.prompt_tokens()
    scored = (volume.dev_documents or 0) + (volume.test_documents or 0)
    each = f"{tokens:,.0f} input tokens a document (text {volume.tokens_per_document:,.0f} as measured)"
    if model.prices is not None:
        fresh, answer, source = model.prices
        usd = (tokens * fresh + OUTPUT_TOKENS * answer) / 1e6
        return StepCost(
            usd=usd * scored if scored else None,
            usd_per_month=usd * workload.documents_per_month,
            basis=f"{each} × US${fresh:g} a million, {OUTPUT_TOKENS:g} output tokens × US${answer:g} a "
            f"million ({source})" + (f"; once: {scored:,} dev and test documents" if scored else ""),
        )
    if model.parameters is None:
        why = "no model is named"
        if model.name is not None:
            why = f"nothing lists {model.name!r}, and its name has no size"
        return StepCost(
            basis=f"no price: {why}. Give llm= with a listed model or one whose name has its size, such as "
            f"'Qwen/Qwen3-8B', or workload.prices.input_million_tokens and output_million_tokens. {each}."
        )
    rate = _local_rate(volume, model.parameters)
    seconds = (tokens + OUTPUT_TOKENS) / rate
    hours = seconds * workload.documents_per_month / 3600 / workload.prices.utilisation
    return StepCost(
        seconds=seconds * scored if scored else None,
        usd=seconds * scored / 3600 * costs.hour if scored else None,
        usd_per_month=hours * costs.hour,
        basis=f"{each} ÷ {rate:,.1f} tokens/s × {costs.hour_basis}. The rate is the encoder's, measured, "
        f"times its {_body(volume):,.0f} parameters without embeddings over {model.parameters:,.0f} in the "
        f"name {model.name} (work a token is proportional to parameters, {KAPLAN}); a prefix cache and "
        "batching make it cheaper"
        + (f"; {hours / MONTH:,.1f} machines like this are needed" if hours > MONTH else ""),
    )


def tuning(costs: Costs, model: LanguageModel) -> StepCost:
    """Tuning an open language model with LoRA for one seed."""
    served = prompting(costs, model)
    if model.parameters is None:
        return StepCost(
            basis="no estimate: name an open model whose name has its size, such as llm='Qwen/Qwen3-8B'"
        )
    if costs.labels is None:
        return StepCost(
            usd_per_month=served.usd_per_month,
            basis="training: not estimated, the number of labelled documents is unknown; " + served.basis,
        )
    tokens = costs.labels * (costs.prompt_tokens() + OUTPUT_TOKENS) * costs.epochs.lora
    seconds = tokens * BACKWARD / _local_rate(costs.volume, model.parameters)
    return StepCost(
        seconds=seconds,
        usd=seconds / 3600 * costs.hour,
        usd_per_month=served.usd_per_month,
        basis=f"once: {tokens:,.0f} tokens in {costs.epochs.lora:g} epochs × {BACKWARD:g}; {served.basis}",
    )


def _body(volume: Volume) -> float:
    return float(max(1, volume.parameters - volume.embedding_parameters))


def _local_rate(volume: Volume, parameters: float) -> float:
    return volume.tokens_per_second * _body(volume) / parameters
