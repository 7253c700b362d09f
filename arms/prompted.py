"""Approach 3a: prompt a language model, zero-shot or with examples."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from arms import models
from arms.base import Arm, ArmError, FitContext, FitRecord, FittedArm, Location, Predictions
from arms.llm import InProcess
from arms.llm.base import LLMClient, Method, Server
from arms.prompts import PromptTemplate
from arms.registry import register_arm
from evalsets import EvalSet, Split, TextClassification

Examples = tuple[tuple[str, str], ...]


class FittedPrompt(FittedArm):
    """A language model with a fixed prompt."""

    def __init__(
        self,
        client: LLMClient,
        template: PromptTemplate,
        examples: Examples,
        method: Method,
        record: FitRecord,
        resources: ExitStack,
    ) -> None:
        self.record, self.location = record, client.location
        self._client, self._template, self._examples = client, template, examples
        self._method, self._resources = method, resources

    def predict(self, texts: Sequence[str]) -> Predictions:
        labels = list(self._template.task.labels)
        prompts = [self._template.prompt(text, self._examples) for text in texts]
        answers = self._client.choose(prompts, labels, self._method)
        # A client learns about its server as it goes; the record is read after the last prediction.
        self.record.facts |= self._client.facts()
        probabilities = None
        if answers and any(a.probabilities is not None for a in answers):
            empty = (float("nan"),) * len(labels)
            probabilities = np.array([a.probabilities or empty for a in answers])
        return Predictions(
            values=[None if a.choice is None else labels[a.choice] for a in answers],
            probabilities=probabilities,
            errors=[a.error if a.choice is None else None for a in answers],
            input_tokens=sum(a.input_tokens for a in answers),
            cached_tokens=sum(a.cached_tokens for a in answers),
            output_tokens=sum(a.output_tokens for a in answers),
        )

    def close(self) -> None:
        self._resources.close()


@dataclass(frozen=True, config=ConfigDict(extra="forbid", arbitrary_types_allowed=True))
class LLMArm(Arm):
    """What every arm with a language model lets the user set.

    Args:
        model: Hub name, local folder, or the name the server knows it by.
        server: How it is reached: in this process, a vLLM server of ours, or any OpenAI-compatible one.
        template: Jinja text with blocks ``system`` and ``user`` in place of the shipped one.
        instructions: A sentence or two about the task for the system block.
        method: ``likelihood``, ``constrained`` or ``free``; by default what the server does best.
        chat_template_kwargs: Given to the model's chat template, such as ``{"enable_thinking": False}``.
        name: How the report calls the arm.
    """

    model: str
    server: Server = Field(default_factory=InProcess)
    template: str | None = None
    instructions: str = ""
    method: Method | None = None
    chat_template_kwargs: dict[str, Any] = Field(default_factory=dict)
    name: str | None = None

    def destinations(self) -> tuple[Location, ...]:
        return (self.server.destination(),)

    def fingerprint(self) -> dict[str, str]:
        if self.server.destination().remote:
            return {self.model: "served elsewhere; weights not visible"}
        # A server that is already running is named as the server names it, not by a folder.
        return {self.model: models.fingerprint(self.model)} if self.server.serves_adapters else {}

    def check(self, evalset: EvalSet) -> None:
        super().check(evalset)
        self.server.check()
        if self.server.serves_adapters:
            models.check_model(self.model)
        if self.method is not None and self.method not in self.server.methods():
            raise ArmError(
                f"{self.label}: server {self.server.kind} cannot answer by {self.method!r}; "
                f"it can by {', '.join(self.server.methods())}."
            )
        self.prompt_template(evalset).check()

    def prompt_template(self, evalset: EvalSet) -> PromptTemplate:
        """The template bound to the task of ``evalset``."""
        assert isinstance(evalset.task, TextClassification)
        return PromptTemplate(evalset.task, self.template, self.instructions)

    def answer_method(self) -> Method:
        """The method used."""
        return self.method or self.server.methods()[0]


@register_arm
@dataclass(frozen=True, config=ConfigDict(extra="forbid", arbitrary_types_allowed=True))
class Prompted(LLMArm):
    """Prompt a language model: nothing is trained.

    Args:
        shots: Worked examples of each label taken from train by seed; 0 for zero-shot. Several numbers
            let dev pick.
        dev_limit: Most dev texts used for that choice.
    """

    kind: ClassVar[str] = "prompted"
    shots: Annotated[int, Field(ge=0)] | tuple[Annotated[int, Field(ge=0)], ...] = 0
    dev_limit: Annotated[int, Field(ge=1)] = 100

    def _shots(self) -> tuple[int, ...]:
        return self.shots if isinstance(self.shots, tuple) else (self.shots,)

    def stochastic(self) -> bool:
        return any(self._shots())

    def labels_used(self, evalset: EvalSet) -> int:
        chosen = max(self._shots()) * len(set(evalset.train.labels))
        return chosen + (min(self.dev_limit, len(evalset.dev)) if len(self._shots()) > 1 else 0)

    def default_name(self) -> str:
        shots = "/".join(str(s) for s in self._shots())
        return f"Prompted {models.short_name(self.model)} ({'zero' if shots == '0' else shots}-shot)"

    def summary(self) -> str:
        shots = self._shots()
        what = "no examples" if shots == (0,) else f"{' or '.join(map(str, shots))} examples a label"
        return f"{models.short_name(self.model)} prompted with label descriptions and {what}."

    def fit(self, evalset: EvalSet, seed: int, context: FitContext) -> FittedArm:
        template, method = self.prompt_template(evalset), self.answer_method()
        context.on_phase("server start")
        started = time.perf_counter()
        with ExitStack() as stack:
            client = stack.enter_context(
                self.server.connect(self.model, chat_template_kwargs=self.chat_template_kwargs or None)
            )
            record = FitRecord(
                seconds={"server start": time.perf_counter() - started},
                facts={"method": method, **client.facts()},
                parameters=client.parameters(),
                model_bytes=client.model_bytes(),
            )
            examples = self._choose_examples(evalset, seed, client, template, method, record, context)
            record.facts["prompt"] = template.outline(examples)
            return FittedPrompt(client, template, examples, method, record, stack.pop_all())

    def _choose_examples(
        self,
        evalset: EvalSet,
        seed: int,
        client: LLMClient,
        template: PromptTemplate,
        method: Method,
        record: FitRecord,
        context: FitContext,
    ) -> Examples:
        candidates = {shots: pick_examples(evalset.train, shots, seed) for shots in self._shots()}
        if len(candidates) == 1:
            return next(iter(candidates.values()))
        context.on_phase("choosing shots")
        started = time.perf_counter()
        rng = np.random.default_rng(seed)
        dev = evalset.dev.take(sorted(rng.permutation(len(evalset.dev))[: self.dev_limit].tolist()))
        scores: dict[int, float] = {}
        for shots, examples in candidates.items():
            with ExitStack() as nothing:
                trial = FittedPrompt(client, template, examples, method, FitRecord(), nothing)
                scores[shots] = evalset.task.score(dev.labels, trial.predict(dev.texts).values)
        best = max(scores, key=lambda shots: (scores[shots], -shots))
        record.seconds["choosing shots"] = time.perf_counter() - started
        record.facts |= {"shots": best, "dev_score_by_shots": {str(k): v for k, v in scores.items()}}
        return candidates[best]


def pick_examples(train: Split, shots: int, seed: int) -> Examples:
    """``shots`` examples of each label (fewer where train has fewer), interleaved, chosen by ``seed``."""
    rng = np.random.default_rng(seed)
    by_label: dict[str, list[int]] = defaultdict(list)
    for i in rng.permutation(len(train)):
        if len(by_label[train.labels[i]]) < shots:
            by_label[train.labels[i]].append(int(i))
    rounds = [
        by_label[label][turn]
        for turn in range(shots)
        for label in sorted(by_label)
        if turn < len(by_label[label])
    ]
    return tuple((train.texts[i], train.labels[i]) for i in rounds)
