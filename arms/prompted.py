"""Approach 3a: prompt a language model, zero-shot or with examples."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import ConfigDict, Field, field_validator
from pydantic.dataclasses import dataclass

from arms import models
from arms.base import Arm, ArmError, FitContext, FitRecord, FittedArm, Location, Predictions
from arms.llm import InProcess
from arms.llm.base import Answer, LLMClient, Method, Server
from arms.llm.formats import FORMATS, AnswerFormat, Example, Reading, format_of
from arms.llm.provider import ProviderProfile
from arms.memory import told
from arms.pii import Redaction, redaction_from, refuse_redaction
from arms.prompts import PromptTemplate
from arms.registry import register_arm
from evalsets import EvalSet

Examples = tuple[Example, ...]


class FittedPrompt(FittedArm):
    """A language model with a fixed prompt.

    After each call of :meth:`predict` the record says what was found wrong or mended in its answers.
    """

    def __init__(
        self,
        client: LLMClient,
        template: PromptTemplate,
        form: AnswerFormat,
        examples: Examples,
        method: Method,
        record: FitRecord,
        resources: ExitStack,
        redacted: Callable[[str], str] = lambda text: text,
    ) -> None:
        self.record, self.location = record, client.location
        self._client, self._template, self._form, self._examples = client, template, form, examples
        self._method, self._resources, self._redacted = method, resources, redacted
        self._counted: set[str] = set()
        self._notes = list(record.notes)

    def predict(self, texts: Sequence[str]) -> Predictions:
        texts = [self._redacted(text) for text in texts]
        prompts = [self._template.prompt(text, self._examples) for text in texts]
        answers = self._form.ask(self._client, prompts, self._method)
        readings = [self._form.read(answer, text) for answer, text in zip(answers, texts, strict=True)]
        self._note(answers, readings)
        probabilities = None
        if answers and any(a.probabilities is not None for a in answers):
            empty = (float("nan"),) * len(self._form.task.labels)
            probabilities = np.array([a.probabilities or empty for a in answers])
        return Predictions(
            values=[reading.value for reading in readings],
            probabilities=probabilities,
            errors=[reading.error if reading.value is None else None for reading in readings],
            input_tokens=sum(a.input_tokens for a in answers),
            cached_tokens=sum(a.cached_tokens for a in answers),
            output_tokens=sum(a.output_tokens for a in answers),
        )

    def _note(self, answers: Sequence[Answer], readings: Sequence[Reading]) -> None:
        """Say in the record what these answers were like; the record is read after the last prediction."""
        counts: Counter[str] = Counter(too_long_texts=sum(answer.too_long for answer in answers))
        for reading in readings:
            counts.update(reading.counts)
        for name in self._counted:
            self.record.facts.pop(name, None)
        shown = {name: count for name, count in counts.items() if count or name in self._form.counted}
        self._counted = set(shown)
        # A client learns about its server as it goes.
        self.record.facts |= self._client.facts() | shown
        notes = self._form.notes(counts)
        if counts["too_long_texts"]:
            notes.append(
                "Texts too long for the model's context, left without an answer rather than cut: "
                f"{counts['too_long_texts']:,}."
            )
        notes += told(self.record.facts.get("batches_divided", {}))
        self.record.notes[:] = [*self._notes, *notes]

    def close(self) -> None:
        self._resources.close()


@dataclass(frozen=True, config=ConfigDict(extra="forbid", arbitrary_types_allowed=True))
class LLMArm(Arm):
    """What every arm with a language model lets the user set.

    Single labels are answered by name; lists of labels, entities and records as JSON, to whose schema the
    model is held where its server can (see :mod:`arms.llm.formats`).

    Args:
        model: Hub name, local folder, or the name the server knows it by.
        server: How it is reached: in this process, a vLLM server of ours, or any OpenAI-compatible one.
        template: Jinja text with blocks ``system`` and ``user`` in place of the shipped one.
        instructions: A sentence or two about the task for the system block.
        method: ``likelihood``, ``constrained`` or ``free``; by default what the server does best.
            Only single labels can be chosen by likelihood.
        max_answer_tokens: Most tokens of a JSON answer; by default over twice what train's longest needs.
        chat_template_kwargs: Given to the model's chat template, such as ``{"enable_thinking": False}``.
        redact: What personal data is replaced by its type, such as ``<EMAIL_ADDRESS>``, before the model sees
            a text, in training and examples too: ``True``, types as presidio names them, or a
            :class:`~arms.pii.Redaction`. For labels of whole texts only. Needs the extra ``privacy``.
        name: How the report calls the arm.
    """

    tasks: ClassVar[tuple[str, ...]] = tuple(FORMATS)
    reads_instructions: ClassVar[bool] = True
    model: str
    server: Server = Field(default_factory=InProcess)
    template: str | None = None
    instructions: str = ""
    method: Method | None = None
    max_answer_tokens: Annotated[int, Field(ge=1)] | None = None
    chat_template_kwargs: dict[str, Any] = Field(default_factory=dict)
    redact: Redaction | None = None
    name: str | None = None

    @field_validator("redact", mode="before", json_schema_input_type=bool | list[str] | Redaction | None)
    @classmethod
    def _redaction(cls, value: Any) -> Any:
        return redaction_from(value)

    def config(self) -> dict[str, Any]:
        settings = super().config()
        # Without redaction the settings are what they were before there was any.
        return settings if self.redact is not None else {k: v for k, v in settings.items() if k != "redact"}

    def redaction(self) -> Redaction | None:
        return self.redact

    def redacted(self, text: str) -> str:
        """A text as the model may see it."""
        return text if self.redact is None else self.redact.detector().redact(text)

    def provider(self) -> ProviderProfile | None:
        return self.server.provider()

    def destinations(self) -> tuple[Location, ...]:
        return (self.server.destination(),)

    def fingerprint(self) -> dict[str, str]:
        found = {} if self.redact is None else dict(self.redact.detector().versions)
        if self.server.destination().remote:
            return {self.model: "served elsewhere; weights not visible", **found}
        # A server that is already running is named as the server names it, not by a folder.
        return {self.model: models.fingerprint(self.model), **found} if self.server.serves_adapters else found

    def wants_gpu(self) -> bool:
        # A server of ours or a model in this process; one that is already there has its own.
        return self.server.serves_adapters

    def unpinned(self) -> str | None:
        return self.server.unpinned(self.model)

    def check(self, evalset: EvalSet) -> None:
        super().check(evalset)
        self.server.check()
        if self.server.serves_adapters:
            models.check_model(self.model)
        methods = self.answer_format(evalset).methods(self.server)
        if self.method is not None and self.method not in methods:
            lack = self.server.structured_lack() if self.method in self.server.methods() else None
            raise ArmError(
                f"{self.label}: server {self.server.kind} cannot answer {evalset.task.kind} by "
                f"{self.method!r}; it can by {', '.join(methods)}.{f' {lack}.' if lack else ''}"
            )
        self.prompt_template(evalset).check()
        if self.redact is not None:
            refuse_redaction(self.label, evalset.task.kind)
            self.redact.detector()

    def prompt_template(self, evalset: EvalSet) -> PromptTemplate:
        """The template bound to the task of ``evalset``."""
        return PromptTemplate(evalset.task, self.template, self.instructions)

    def answer_format(self, evalset: EvalSet) -> AnswerFormat:
        """How answers to the task of ``evalset`` are asked for and read."""
        return format_of(evalset.task, evalset.train, self.max_answer_tokens)

    def answer_method(self, form: AnswerFormat) -> Method:
        """The method used."""
        return self.method or form.methods(self.server)[0]

    def connected(
        self, stack: ExitStack, form: AnswerFormat, context: FitContext, adapter: Path | None = None
    ) -> LLMClient:
        """A client, open until the stack is left; its answers are kept and counted where that is wanted.

        Raises:
            ArmError: If nothing may be asked any more.
        """
        if context.asking is not None:
            context.asking.check()
        connection = self.server.connect(
            self.model,
            adapter=adapter,
            chat_template_kwargs=self.chat_template_kwargs or None,
            structured=form.structured,
        )
        client = stack.enter_context(connection)
        return client if context.asking is None else context.asking.client(client)

    def start_record(
        self, form: AnswerFormat, method: Method, client: LLMClient, started: float
    ) -> FitRecord:
        """What is known once a client is connected.

        Args:
            form: The format of answers.
            method: How they are got.
            client: The client.
            started: The clock before it was connected.
        """
        lack = form.lack(self.server, method)
        return FitRecord(
            seconds={"server start": time.perf_counter() - started},
            facts={"method": method, **form.facts(), **client.facts()},
            notes=[f"{lack}."] if lack else [],
            parameters=client.parameters(),
            model_bytes=client.model_bytes(),
        )


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
    keeps: ClassVar[str] = "No weight is changed."
    shots: Annotated[int, Field(ge=0)] | tuple[Annotated[int, Field(ge=0)], ...] = 0
    dev_limit: Annotated[int, Field(ge=1)] = 100

    def _shots(self) -> tuple[int, ...]:
        return self.shots if isinstance(self.shots, tuple) else (self.shots,)

    def stochastic(self) -> bool:
        return any(self._shots())

    def what_is_kept(self) -> tuple[str, bool]:
        if not any(self._shots()):
            return "No weight is changed and no training text is in the prompt.", False
        redacted = ", redacted" if self.redact is not None else ""
        return f"No weight is changed; the prompt quotes training texts whole{redacted}.", True

    def labels_used(self, evalset: EvalSet) -> int:
        shots = max(self._shots())
        chosen = len(format_of(evalset.task).pick(evalset.train, shots, seed=0))
        return chosen + (min(self.dev_limit, len(evalset.dev)) if len(self._shots()) > 1 else 0)

    def default_name(self) -> str:
        shots = "/".join(str(s) for s in self._shots())
        return f"Prompted {models.short_name(self.model)} ({'zero' if shots == '0' else shots}-shot)"

    def summary(self) -> str:
        shots = self._shots()
        what = "no examples" if shots == (0,) else f"{' or '.join(map(str, shots))} examples a label"
        return f"{models.short_name(self.model)} prompted with label descriptions and {what}."

    def fit(self, evalset: EvalSet, seed: int, context: FitContext) -> FittedArm:
        template, form = self.prompt_template(evalset), self.answer_format(evalset)
        method = self.answer_method(form)
        context.on_phase("server start")
        started = time.perf_counter()
        with ExitStack() as stack:
            client = self.connected(stack, form, context)
            record = self.start_record(form, method, client, started)
            examples = self._choose_examples(evalset, seed, client, template, form, record, context)
            record.facts["prompt"] = template.outline(examples)
            record.examples = len(examples)
            return FittedPrompt(
                client, template, form, examples, method, record, stack.pop_all(), self.redacted
            )

    def _choose_examples(
        self,
        evalset: EvalSet,
        seed: int,
        client: LLMClient,
        template: PromptTemplate,
        form: AnswerFormat,
        record: FitRecord,
        context: FitContext,
    ) -> Examples:
        candidates = {
            shots: tuple((self.redacted(t), a) for t, a in form.pick(evalset.train, shots, seed))
            for shots in self._shots()
        }
        record.tried_examples = len({text for shown in candidates.values() for text, _ in shown})
        if len(candidates) == 1:
            shots = self._shots()[0]
            record.facts["examples_chosen"] = form.how_picked(evalset.train, shots, seed)
            return candidates[shots]
        context.on_phase("choosing shots")
        started = time.perf_counter()
        rng = np.random.default_rng(seed)
        dev = evalset.dev.take(sorted(rng.permutation(len(evalset.dev))[: self.dev_limit].tolist()))
        scores: dict[int, float] = {}
        for shots, examples in candidates.items():
            with ExitStack() as nothing:
                method = self.answer_method(form)
                trial = FittedPrompt(
                    client, template, form, examples, method, FitRecord(), nothing, self.redacted
                )
                scores[shots] = evalset.task.score(dev.labels, trial.predict(dev.texts).values)
        best = max(scores, key=lambda shots: (scores[shots], -shots))
        record.seconds["choosing shots"] = time.perf_counter() - started
        record.facts |= {"shots": best, "dev_score_by_shots": {str(k): v for k, v in scores.items()}}
        record.facts["examples_chosen"] = form.how_picked(evalset.train, best, seed)
        return candidates[best]
