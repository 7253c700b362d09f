"""Published cases that a task resembles, and how sure the advice is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from decide.domain_gap.advice import Resemblance
from decide.domain_gap.published import Case, cases
from decide.domain_gap.published.regret import coverage, mean_regret
from decide.wording import points_are

if TYPE_CHECKING:
    from decide.domain_gap.advice_steps import Question

SHOWN = 5


def resembling(question: Question) -> list[Resemblance]:
    """The published cases nearest in labelled documents and in vocabulary overlap.

    Distance is the decimal logarithm of the ratio of labelled documents plus the difference in overlap over
    10 points; what is unknown on either side does not count.
    """
    ranked = sorted(cases(), key=lambda c: _distance(question, c))
    return [
        Resemblance(
            dataset=case.dataset,
            domain=case.domain,
            task=case.task,
            kind=case.kind,
            train_documents=case.train_documents,
            gain=case.gain / 100,
            gain_sd=math.sqrt(case.noise) / 100,
            similarity=_words(question, case),
            source=case.source,
        )
        for case in ranked[:SHOWN]
    ]


def _labels(question: Question, case: Case) -> float | None:
    if not question.labels or not case.train_documents:
        return None
    return math.log10(case.train_documents / question.labels)


def _overlap(question: Question, case: Case) -> float | None:
    if question.overlap is None or case.overlap is None:
        return None
    return case.overlap - question.overlap


def _distance(question: Question, case: Case) -> tuple[float, float]:
    labels, overlap = _labels(question, case), _overlap(question, case)
    parts = [abs(labels) if labels is not None else None, abs(overlap) / 10 if overlap is not None else None]
    known = [p for p in parts if p is not None]
    # A case of which less is known comes after one that is as near in what is known of both.
    return (sum(known) + 0.5 * (2 - len(known)), case.noise)


def _words(question: Question, case: Case) -> str:
    found = []
    labels, overlap = _labels(question, case), _overlap(question, case)
    if labels is not None:
        ratio = 10 ** abs(labels)
        size = (
            "about as many labelled documents"
            if ratio < 1.5
            else (f"{ratio:,.1f} times as {'many' if labels > 0 else 'few'} labelled documents")
        )
        found.append(f"{size} ({case.train_documents:,})")
    if overlap is not None:
        found.append(
            f"about the same vocabulary overlap ({case.overlap:g}%)"
            if abs(overlap) < 3
            else f"{abs(overlap):.0f} points {'more' if overlap > 0 else 'less'} vocabulary overlap "
            f"({case.overlap:g}%)"
        )
    return "; ".join(found) or "nothing known of both: shown for its figures only"


def confidence(question: Question) -> tuple[Literal["low", "moderate"], str]:
    """How sure the advice is, in one word and in sentences."""
    must = question.must_bring(None)
    summary = mean_regret((must,)).iloc[0]
    tested = (
        "Tested on published cases, each judged without its own data set, following the advice where "
        f"{points_are(f'{must:g}')} asked for has a mean regret of {summary['advice']:.2f} points; always "
        f"adapting {summary['always adapt']:.2f}, never adapting {summary['never adapt']:.2f}. Learning from "
        f"the tested rows alone it would be {mean_regret((must,), evidence='judged').iloc[0]['advice']:.2f}."
    )
    worth = question.model.probability_above(question.features(1.0), must)
    level: Literal["low", "moderate"] = (
        "moderate" if (worth < 0.1 or worth > 0.9) and question.labels else "low"
    )
    return level, (
        f"Adapting gains {must:g} {'point' if must == 1 else 'points'} or more with probability "
        f"{worth:.2f}. The evidence is {question.model.rows} published rows of {question.model.data_sets} "
        "data sets, from two papers with one encoder each; better-tuned baselines gain less. "
        f"{tested} Of the published gains {coverage():.0%} lie within their 95% interval. Where the interval "
        "holds what is asked for, the advice is an order to measure in, not a verdict."
    )
