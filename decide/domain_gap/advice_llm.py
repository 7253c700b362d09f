"""The arms with a language model: what published comparisons let one expect of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from decide.domain_gap.advice import Action, Reason, Step
from decide.domain_gap.advice_cost import prompting, tuning
from decide.domain_gap.published import language_model_cases
from decide.records import Estimate

if TYPE_CHECKING:
    from decide.domain_gap.advice_steps import Question

LEFT_OUT = ("question answering",)
"""Published tasks that are no classification or extraction and say nothing on these."""


def prompted_difference() -> tuple[Estimate, int]:
    """Expected score of a prompted model less a fine-tuned encoder for a new data set, and cases behind it.

    Mean over published cases, with the interval for one new case (Student's t, one value a data set).
    """
    from scipy.stats import t

    values = np.array([c.difference / 100 for c in language_model_cases() if c.task not in LEFT_OUT])
    n = len(values)
    half = float(t.ppf(0.975, n - 1)) * float(values.std(ddof=1)) * float(np.sqrt(1 + 1 / n))
    mean = float(values.mean())
    return Estimate(value=mean, low=max(-1.0, mean - half), high=min(1.0, mean + half)), n


def language_model_steps(question: Question) -> list[Step]:
    """Prompting, then LoRA."""
    return [_prompted(question), _lora(question)]


def _leaves(question: Question) -> Reason | None:
    if question.llm.hosted and not question.workload.text_may_leave:
        return Reason(
            text=f"{question.llm.name or 'The priced model'} is hosted elsewhere and text may not leave this "
            "machine (workload.text_may_leave). Name an open model to serve here.",
            source="the workload given",
        )
    return None


def _prompted(question: Question) -> Step:
    from decide.domain_gap.advice_steps import FEW_LABELS

    difference, n = prompted_difference()
    source = language_model_cases()[0].source
    points = [100 * v for v in (difference.value, difference.low or 0.0, difference.high or 0.0)]
    reasons = [
        Reason(
            text=f"GPT-4 by prompt scored {points[0]:+.0f} points against encoders fine-tuned on all labels "
            f"(95% interval for a new task {points[1]:+.0f} to {points[2]:+.0f}; {n} biomedical tasks of one "
            "paper; question answering, where it won, is left out). Newer models may do better, small local "
            "ones worse.",
            source=source,
        )
    ]
    action: Action = "run if the one before does not suffice"
    few = question.labels is not None and question.labels < FEW_LABELS
    if few:
        action = "run"
        reasons.append(
            Reason(
                text=f"Only {question.labels:,} labelled documents: prompting needs none, and the published "
                "difference is against encoders with a thousand or more.",
                source=f"convention of this library: fewer than {FEW_LABELS}, the smallest published case",
            )
        )
    blocked = _leaves(question)
    if blocked is not None:
        action, reasons = "skip", [blocked, *reasons]
    return Step(
        arm="Prompted",
        action=action,
        gain=None if few else difference,
        gain_basis="not estimated: published comparisons have many labels"
        if few
        else f"{n} published comparisons, none with this model",
        must_bring=question.workload.margin,
        cost=prompting(question.costs, question.llm),
        reasons=reasons,
    )


def _lora(question: Question) -> Step:
    action: Action = "run if the one before does not suffice"
    reasons = [
        Reason(
            text="No published case in the tables compares a tuned open model with an encoder; it is the "
            "dearest arm to train, so it comes last.",
            source="published cases",
        )
    ]
    if question.labels == 0:
        action = "skip"
        reasons = [Reason(text="There are no labelled documents to tune on.", source="the data given")]
    elif question.llm.hosted and question.llm.parameters is None:
        action = "skip"
        name = question.llm.name or "The priced model"
        reasons = [Reason(text=f"{name} is hosted; LoRA needs open weights.", source="the model named")]
    return Step(
        arm="LoRA",
        action=action,
        gain_basis="not estimated: no published case",
        cost=tuning(question.costs, question.llm),
        reasons=reasons,
    )
