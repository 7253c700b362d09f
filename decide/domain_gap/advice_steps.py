"""From a gap report and a workload to advice: the order of the arms, what each must bring, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from arms.domain_adapted import SMALL_CORPUS_DOCUMENTS
from decide.domain_gap.advice import SCHEMA_VERSION, Action, Advice, Reason, Step
from decide.domain_gap.advice_cost import Costs, LanguageModel, costs_of, language_model
from decide.domain_gap.advice_evidence import confidence, resembling
from decide.domain_gap.advice_llm import language_model_steps
from decide.domain_gap.advice_rungs import UNLIKELY, adaptation_steps
from decide.domain_gap.published import Features, GainModel, evidence_model
from decide.domain_gap.published.gain import METHOD
from decide.domain_gap.report import GapReport
from decide.wording import points_are
from decide.workload import Assumption, Workload
from evalsets import DecideError

FEW_LABELS = 500
"""Labelled documents below which no published case of adaptation lies: evidence for encoders ends there."""
BUSY = 0.7
"""Share of the cores below which a timing says more of other programs than of the encoder."""
OURS = "assumption of this library"


@dataclass(frozen=True)
class Question:
    """Everything that the steps are decided on."""

    report: GapReport
    workload: Workload
    labels: int | None
    costs: Costs
    llm: LanguageModel
    model: GainModel
    usd_per_point: float | None

    @property
    def overlap(self) -> float | None:
        """Measured overlap in percent, where it can be compared with published figures."""
        measure = self.report.measure("vocabulary_overlap")
        if measure.value is None or measure.reference is None or self.report.severity.level is None:
            return None
        return measure.value.value

    def features(self, kind: float) -> Features:
        """What is known of this task for the predictor."""
        return Features(None if not self.labels else float(self.labels), self.overlap, kind)

    def must_bring(self, usd: float | None) -> float:
        """Points of score that a step of this price must bring: the margin, and its money where priced."""
        priced = usd / self.usd_per_point if self.usd_per_point and usd is not None else 0.0
        return 100 * self.workload.margin + priced


# Long for its documentation.
def advise(
    report: GapReport,
    workload: Workload | None = None,
    *,
    labeled_documents: int | None = None,
    llm: str | None = None,
    usd_per_point: float | None = None,
) -> Advice:
    """Which arms and rungs are worth running, in which order, at what cost and expected gain.

    A step of adaptation is worth running where its expected gain exceeds what it must bring:
    ``workload.margin``, plus its price where ``usd_per_point`` says what a point of score is worth.

    Args:
        report: A gap report with volumes.
        workload: What production needs; by default :class:`Workload` with its defaults.
        labeled_documents: Labelled training documents, where the gap was measured on a bare corpus.
        llm: A language model, by which the arms that use one are priced: a hosted one that genai-prices
            lists, or an open one whose name has its size.
        usd_per_point: What a point of score (0.01) over the horizon is worth, in US dollars.

    Raises:
        DecideError: If the report holds no volumes, or an option makes no sense.
    """
    if report.volume is None:
        raise DecideError(
            "The gap report holds no volumes; an older version wrote it. Measure the gap again."
        )
    if labeled_documents is not None and labeled_documents < 0:
        raise DecideError(f"labeled_documents={labeled_documents} must be 0 or more.")
    if usd_per_point is not None and not usd_per_point > 0:
        raise DecideError(f"usd_per_point={usd_per_point} must be more than 0.")
    workload = workload or Workload()
    labels = report.volume.train_documents if labeled_documents is None else labeled_documents
    question = Question(
        report,
        workload,
        labels,
        costs_of(report.volume, workload, labels),
        language_model(llm, workload),
        evidence_model(),
        usd_per_point,
    )
    adaptation = adaptation_steps(question)
    steps = _ordered(question, _baselines(question), adaptation, language_model_steps(question))
    level, statement = confidence(question)
    given = [
        ("least gain that matters", workload.margin, "score", "the workload given"),
        ("most documents of a small corpus", SMALL_CORPUS_DOCUMENTS, "documents", "default of DomainAdapted"),
        ("probability below which a step is skipped", UNLIKELY, "probability", OURS),
        ("labelled documents below which prompting comes early", FEW_LABELS, "documents", OURS),
    ]
    assumptions = [Assumption(name=n, value=v, unit=u, source=s) for n, v, u, s in given]
    assumptions += question.costs.assumptions()
    if usd_per_point is not None:
        assumptions.append(
            Assumption(name="worth of a point of score", value=usd_per_point, unit="US$", source="the user")
        )
    return Advice(
        schema_version=SCHEMA_VERSION,
        domain=report.domain.name,
        model=report.model,
        workload=workload,
        headline=_headline(question, steps),
        steps=steps,
        resembles=resembling(question),
        predictor=f"{question.model.name}: {question.model.describe()}",
        predictor_method=METHOD,
        assumptions=assumptions,
        notes=_notes(question),
        confidence=level,
        confidence_statement=statement,
    )


def _baselines(question: Question) -> list[Step]:
    """Majority, word counts, and the encoder that adaptation is compared with."""
    from decide.domain_gap.advice import StepCost

    none = question.labels == 0
    bare = Reason(text="There are no labelled documents to learn from.", source="the data given")
    floor = Reason(
        text="It shows what no learning at all scores, and costs nothing.", source="method of this library"
    )
    words = Reason(
        text="Word counts with a linear model are cheap; an encoder has to beat them to be worth its price.",
        source="method of this library",
    )
    anchor = Reason(
        text="Every gain below is against this arm, so without it no adaptation can be judged.",
        source="method of this library",
    )
    cheap = StepCost(
        seconds=None, basis="not estimated: seconds on one CPU core, nothing beside training an encoder"
    )
    action: Action = "skip" if none else "run"
    steps = []
    for arm, reason in (("Majority", floor), ("TfidfLogistic", words)):
        steps.append(
            Step(
                arm=arm,
                action=action,
                gain_basis="not estimated: no published case compares it with an encoder here",
                cost=cheap,
                reasons=[bare] if none else [reason],
            )
        )
    steps.append(
        Step(
            arm="FineTuned",
            action=action,
            gain_basis="the arm that the others are compared with",
            cost=question.costs.training(),
            reasons=[bare] if none else [anchor],
        )
    )
    return steps


def _ordered(question: Question, base: list[Step], rungs: list[Step], llms: list[Step]) -> list[Step]:
    """Cheap and informative first; language models early where labels are few; what to skip last."""
    few = question.labels is not None and question.labels < FEW_LABELS
    order = [*base[:2], *llms[:1], base[2], *rungs, *llms[1:]] if few else [*base, *rungs, *llms]
    return [s for s in order if s.action != "skip"] + [s for s in order if s.action == "skip"]


def _headline(question: Question, steps: list[Step]) -> str:
    run = [s for s in steps if s.action == "run"]
    adapted = next((s for s in run if s.arm == "DomainAdapted"), None)
    first = " and ".join(s.name for s in run if s.arm in ("TfidfLogistic", "FineTuned")) or "nothing trained"
    prompted = next((s for s in run if s.arm == "Prompted"), None)
    start = f"Run {first} first"
    if prompted is not None:
        start = f"Run {prompted.name} early, labels are few" + (f"; then {first}" if question.labels else "")
    if question.labels == 0:
        return "Run Prompted only, if any: without labelled documents nothing else can be trained or tested."
    if adapted is not None and adapted.gain is not None and adapted.must_bring is not None:
        rung = (adapted.rung or "").replace("_", " ").replace("+", " and ")
        return f"{start}; then adapt by {rung}: {gain_words(adapted)}."
    best = next((s for s in steps if s.arm == "DomainAdapted" and s.gain is not None), None)
    if best is None:
        return f"{start}. Adaptation has no basis to be judged on."
    if best.action == "skip":
        return f"{start}. Adapting is not worth it by published cases: {gain_words(best)}."
    return f"{start}. Adapt only if that does not suffice: {gain_words(best)}."


def gain_words(step: Step) -> str:
    """Expected gain, its interval and what it must bring, in points."""
    assert step.gain is not None
    assert step.must_bring is not None
    low, high = step.gain.low or 0.0, step.gain.high or 0.0
    must = f"{100 * step.must_bring:.1f}".removesuffix(".0")
    return (
        f"expected {100 * step.gain.value:+.1f} points (95% interval {100 * low:+.1f} to {100 * high:+.1f}) "
        f"where {points_are(must)} asked for"
    )


def _notes(question: Question) -> list[str]:
    found = []
    if question.labels is None:
        found.append(
            "The number of labelled documents is unknown, which widens the interval and leaves training "
            "unpriced: give labeled_documents=."
        )
    elif 0 < question.labels < FEW_LABELS:
        found.append(
            f"No published case has fewer than {FEW_LABELS} labelled documents; gains are stated for that "
            "many."
        )
    share = question.costs.volume.cpu_share
    if share is not None and share < BUSY:
        found.append(
            f"While the encoder was timed it had {share:.0%} of the cores: with the machine to itself, "
            "training and serving are faster and cheaper than stated."
        )
    if question.overlap is None:
        found.append("The gap is not graded, so which published domain it resembles is open.")
    return found


Side = Literal["near", "far", "open"]


def side_of(question: Question) -> Side:
    """Whether the domain is near general English, far from it, or could be either."""
    plausible = set(question.report.severity.plausible)
    if question.report.severity.level is None or not plausible:
        return "open"
    if plausible <= {"negligible", "mild"}:
        return "near"
    return "far" if plausible <= {"marked", "severe"} else "open"
