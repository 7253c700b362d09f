"""The rungs of adaptation: what each is expected to gain, what it costs and whether to climb it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from arms.domain_adapted import EPOCHS, LARGE_CORPUS, SMALL_CORPUS, VOCABULARY
from decide.domain_gap.advice import Action, Reason, Step, StepCost
from decide.domain_gap.published import cases
from decide.domain_gap.severity import CONVENTIONS
from decide.records import Estimate

if TYPE_CHECKING:
    from decide.domain_gap.advice_steps import Question

UNLIKELY = 0.2
"""Probability of being worth it below which a step is skipped: a convention of ours."""
SCIBERT = 'Beltagy et al. 2019, "SciBERT", section 5.2'
GURURANGAN = 'Gururangan et al. 2020, "Don\'t Stop Pretraining", tables 5 and 8'


@dataclass(frozen=True)
class Rung:
    """A rung of ``DomainAdapted``: kind between task text (1) and a large corpus (0)."""

    name: str
    kind: float
    corpus: bool
    vocabulary: bool


RUNGS = (
    Rung("task_text", 1.0, corpus=False, vocabulary=False),
    Rung("vocabulary", 1.0, corpus=False, vocabulary=True),
    Rung("vocabulary+task_text", 1.0, corpus=False, vocabulary=True),
    Rung("small_corpus", 0.5, corpus=True, vocabulary=False),
    Rung("vocabulary+small_corpus", 0.5, corpus=True, vocabulary=True),
    Rung("large_corpus", 0.0, corpus=True, vocabulary=False),
    Rung("vocabulary+large_corpus", 0.0, corpus=True, vocabulary=True),
)


def adaptation_steps(question: Question) -> list[Step]:
    """Every rung: first the cheapest that published cases speak on, then up to the dearest."""
    steps: list[Step] = []
    running = False
    for rung in RUNGS:
        step = _step(question, rung, running)
        running = running or step.action == "run"
        steps.append(step)
    return steps


def _step(question: Question, rung: Rung, running: bool) -> Step:
    cost = _cost(question, rung)
    if rung.name == "vocabulary":
        return _vocabulary_alone(question, cost)
    must = question.must_bring(cost.usd)
    features = question.features(rung.kind)
    gain = question.model.estimate(features)
    worth = question.model.probability_above(features, must)
    action, reasons = _action(question, rung, gain.value, must, worth, running)
    return Step(
        arm="DomainAdapted",
        rung=rung.name,
        action=action,
        gain=Estimate(
            value=gain.value / 100, low=(gain.low or 0) / 100, high=(gain.high or 0) / 100, level=gain.level
        ),
        gain_basis=f"predicted from {question.model.rows} published cases of {question.model.data_sets} data "
        f"sets ({question.model.name})" + (", of corpora of 2 to 8 billion tokens" if rung.corpus else ""),
        must_bring=must / 100,
        probability_worth=worth,
        cost=cost,
        reasons=reasons,
    )


def _cost(question: Question, rung: Rung) -> StepCost:
    costs = question.costs
    text = rung.name.rpartition("+")[2]
    if text == VOCABULARY:
        return costs.training()
    tokens = costs.train_tokens or 0.0
    if text == SMALL_CORPUS:
        tokens += min(costs.unlabeled_tokens, costs.small_corpus_tokens)
    elif text == LARGE_CORPUS:
        tokens += costs.unlabeled_tokens
    return costs.training(tokens, EPOCHS[text])


def _action(
    question: Question, rung: Rung, gain: float, must: float, worth: float, running: bool
) -> tuple[Action, list[Reason]]:
    """What to do about a rung with continued training, and why."""
    from decide.domain_gap.advice_steps import side_of

    numbers = Reason(
        text=f"Expected gain {gain:.1f} points against {must:.1f} that it must bring; worth it with "
        f"probability {worth:.2f}.",
        source="published cases, see predictor",
    )
    blocked = _blocked(question, rung)
    if blocked is not None:
        return "skip", [blocked]
    if rung.vocabulary and not fragments(question):
        return "skip", [_whole_words(question)]
    if worth < UNLIKELY:
        return "skip", [numbers]
    reasons = [numbers]
    if rung.corpus:
        reasons.append(corpus_reason(side_of(question)))
        if side_of(question) == "near":
            return "skip", reasons
    if rung.vocabulary:
        reasons.append(vocabulary_reason())
    later: Action = "run if the one before does not suffice"
    if running or rung.vocabulary or gain <= must:
        return later, reasons
    return "run", reasons


def _blocked(question: Question, rung: Rung) -> Reason | None:
    if question.labels == 0:
        return Reason(text="There are no labelled documents to fine-tune on.", source="the data given")
    if not rung.corpus:
        return None
    extra = question.costs.unlabeled_tokens
    if not extra:
        return Reason(
            text="It needs unlabelled domain text beyond the training texts, and there is none.",
            source="the data given",
        )
    if LARGE_CORPUS in rung.name and extra <= question.costs.small_corpus_tokens:
        return Reason(
            text=f"The domain text, about {extra:,.0f} tokens, is within a small corpus; there is no more.",
            source="measured",
        )
    return None


def _vocabulary_alone(question: Question, cost: StepCost) -> Step:
    wide = fragments(question) and question.labels != 0
    text = "No published case extends the vocabulary without continued training, so no gain is estimated."
    reasons = [Reason(text=text, source="published cases"), vocabulary_reason()]
    return Step(
        arm="DomainAdapted",
        rung="vocabulary",
        action="run if the one before does not suffice" if wide else "skip",
        gain_basis="not estimated: no published case",
        cost=cost,
        reasons=reasons if wide else [_whole_words(question), *reasons],
    )


def fragments(question: Question) -> bool:
    """Whether the tokenizer cuts the domain's words clearly more than those it is compared with."""
    ratio = _ratio(question)
    return ratio is not None and ratio >= CONVENTIONS["fertility"][0]


def _ratio(question: Question) -> float | None:
    measure = question.report.measure("fertility")
    if measure.value is None or measure.reference is None or not measure.reference.value:
        return None
    return measure.value.value / measure.reference.value


def _whole_words(question: Question) -> Reason:
    ratio = _ratio(question)
    if ratio is None:
        return Reason(text="How much the tokenizer cuts words could not be compared.", source="measured")
    return Reason(
        text=f"The tokenizer needs {ratio:.2f} times the tokens per word of the text compared with, less "
        f"than {CONVENTIONS['fertility'][0]:g} times, from which we call it wide.",
        source="measured; the limit is a convention of this library",
    )


def vocabulary_reason() -> Reason:
    """What is published on a vocabulary of the domain's own."""
    return Reason(
        text="A vocabulary of its own, trained from scratch, added 0.60 points on average (biomedical 0.76, "
        "computer science 0.61, mixed science 0.11) to continued training; extending one is not published "
        "there, so the estimate does not include it.",
        source=SCIBERT,
    )


def pairs(domains: Sequence[str]) -> list[float]:
    """Gain of a large corpus less that of task text on the same task and baseline, in points."""
    found = []
    for case in cases():
        if case.kind != "large_corpus" or case.domain not in domains:
            continue
        twin = [
            c
            for c in cases()
            if c.kind == "task_text" and (c.dataset, c.task, c.base) == (case.dataset, case.task, case.base)
        ]
        found += [case.gain - c.gain for c in twin]
    return found


def corpus_reason(side: str) -> Reason:
    """Whether published corpora did better than task text in domains on this side."""
    near, far = pairs(("news", "reviews")), pairs(("biomedical", "computer science"))

    def words(name: str, values: list[float]) -> str:
        better = sum(v > 0 for v in values)
        return (
            f"in {name} a corpus did better than task text in {better} of {len(values)} published tasks "
            f"({float(np.mean(values)):+.1f} points on average)"
        )

    parts = {
        "near": words("news and reviews", near),
        "far": words("biomedical and computer-science text", far),
        "open": f"{words('news and reviews', near)}, {words('biomedical and computer-science text', far)}",
    }
    text = parts[side]
    return Reason(
        text=f"{text[0].upper()}{text[1:]}; their corpora held 2 to 8 billion tokens.", source=GURURANGAN
    )
