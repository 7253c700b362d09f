"""A language model in this process, by transformers: needs nothing installed or started."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from arms.base import ArmError, Location
from arms.llm import holding
from arms.llm.base import Answer, LLMClient, Method, Prompt, Server
from arms.llm.registry import register_server
from arms.memory import Room

if TYPE_CHECKING:
    from arms.llm.loading import Loaded
    from arms.llm.writing import Holder, Written

Told = Callable[[int, Answer], None]
"""Given the place of a prompt and its answer, as soon as its batch is done."""


@register_server
@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class InProcess(Server):
    """Run the model here with transformers.

    ``likelihood`` answers with the label whose whole text, end of turn included, is most probable after
    the prompt. Because the end counts, that is the probability of the label being the answer, and no
    correction for length is needed: "A" and "A, urgent" exclude each other. Probabilities are those
    values renormalised over the labels. ``constrained`` is greedy decoding held to the labels, or to a
    JSON Schema (by llguidance, an optional package); ``free`` is greedy decoding, parsed.

    Args:
        dtype: Number format of the weights; ``auto`` is bfloat16 where the hardware computes in it.
        device: A torch device; ``auto`` is the accelerator if there is one.
        max_batch_tokens: Most tokens of a batch after padding, the shared prefix left out.
    """

    kind: ClassVar[str] = "in_process"
    serves_adapters: ClassVar[bool] = True
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    device: Annotated[str, Field(pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")] = "auto"
    max_batch_tokens: Annotated[int, Field(ge=1)] = 4096

    def config(self) -> dict[str, Any]:
        """Settings as JSON-able data, secrets hidden."""
        return {
            "kind": self.kind,
            "dtype": self.dtype,
            "device": self.device,
            "max_batch_tokens": self.max_batch_tokens,
        }

    def destination(self) -> Location:
        """Where prompts would go."""
        return Location()

    def methods(self) -> tuple[Method, ...]:
        """Methods its clients can do, the preferred one first."""
        return InProcessClient.methods

    def structured_methods(self) -> tuple[Method, ...]:
        """Methods its clients can do where the answer is JSON, the preferred one first."""
        return ("constrained", "free") if holding.lack() is None else ("free",)

    def structured_lack(self) -> str | None:
        """Why its clients cannot hold a model to a JSON Schema, and the remedy; ``None`` if they can."""
        return holding.lack()

    def check(self) -> None:
        """Refuse what cannot work, before anything slow."""
        if self.device.startswith("cuda"):
            import torch

            if not torch.cuda.is_available():
                raise ArmError(f"No CUDA device for device={self.device!r}. Use device='auto'.")

    @contextmanager
    def connect(
        self,
        model: str,
        *,
        adapter: Path | None = None,
        chat_template_kwargs: dict[str, Any] | None = None,
        structured: bool = False,
    ) -> Iterator[LLMClient]:
        """Open a client; leaving the context frees what it took."""
        from arms.llm.loading import load
        from arms.memory import release

        loaded = load(model, adapter, self.dtype, self.device)
        client = InProcessClient(model, loaded, self.max_batch_tokens, chat_template_kwargs)
        del loaded
        try:
            yield client
        finally:
            client.close()
            release()


class InProcessClient(LLMClient):
    """Answers with a model held in memory. One call at a time; others wait."""

    methods: ClassVar[tuple[Method, ...]] = ("likelihood", "constrained", "free")

    def __init__(
        self,
        model: str,
        loaded: Loaded,
        max_batch_tokens: int,
        chat_template_kwargs: dict[str, Any] | None = None,
    ) -> None:
        from arms.llm.scorer import Scorer

        self.model, self.location = model, Location()
        self._loaded: Loaded | None = loaded
        self._template_kwargs = chat_template_kwargs
        self._max_batch_tokens = max_batch_tokens
        self._scorer: Scorer | None = Scorer(loaded.model, max_batch_tokens, loaded.window)
        self._room = Room("writing")
        self._lock = threading.Lock()
        self._holder: holding.SchemaHolder | None = None
        self._parameters = int(sum(p.numel() for p in loaded.model.parameters()))

    def choose(self, prompts: Sequence[Prompt], choices: Sequence[str], method: Method) -> list[Answer]:
        """Answer each prompt with one of ``choices``."""
        from arms.llm.templates import answer_ids, prompt_ids

        if method not in self.methods:
            raise ArmError(f"Method {method!r} is unknown; use {', '.join(self.methods)}.")
        loaded = self._open()
        with self._lock:
            rows = prompt_ids(loaded.tokenizer, prompts, self._template_kwargs)
            labels = [answer_ids(loaded.tokenizer, choice) for choice in choices]
            room = max(len(label) for label in labels)

            def do(some: list[list[int]], told: Told) -> None:
                if method == "free":
                    self._write(some, choices, room, told)
                else:
                    self._score(some, choices, labels, method, told)

            return self._where_it_fits(rows, room, do)

    def compose(
        self, prompts: Sequence[Prompt], schema: Mapping[str, Any], method: Method, most_tokens: int
    ) -> list[Answer]:
        """Answer each prompt with JSON, as text."""
        from arms.llm.templates import prompt_ids

        if method not in ("constrained", "free"):
            raise ArmError(f"Method {method!r} cannot give JSON; use constrained or free.")
        loaded = self._open()
        with self._lock:
            rows = prompt_ids(loaded.tokenizer, prompts, self._template_kwargs)
            holder = self._schema_holder() if method == "constrained" else None

            def do(some: list[list[int]], told: Told) -> None:
                held = None if holder is None else partial(holder.processor, schema)
                self._compose(some, most_tokens, held, told)

            return self._where_it_fits(rows, most_tokens, do)

    def _schema_holder(self) -> holding.SchemaHolder:
        if self._holder is None:
            from arms.llm.writing import ends_of

            loaded = self._open()
            vocabulary = int(loaded.model.get_output_embeddings().weight.shape[0])
            ends = ends_of(loaded.model, loaded.tokenizer)
            self._holder = holding.SchemaHolder(loaded.tokenizer, vocabulary, ends)
        return self._holder

    def _compose(self, rows: list[list[int]], room: int, holder: Holder | None, told: Told) -> None:
        def answer(place: int, one: Written) -> Answer:
            return Answer(
                one.text,
                None,
                input_tokens=len(rows[place]),
                output_tokens=one.tokens,
                error=one.error,
                cut="length" if one.cut else None,
                passing=one.error is not None,
            )

        self._written(rows, room, holder, lambda place, one: told(place, answer(place, one)))

    def _written(
        self, rows: list[list[int]], room: int, holder: Holder | None, after: Callable[[int, Written], None]
    ) -> None:
        """Have the model write after each prompt, and hand on what it wrote with its place."""
        from arms.llm.writing import write

        loaded = self._open()
        write(
            loaded.model,
            loaded.tokenizer,
            rows,
            room,
            self._max_batch_tokens,
            holder,
            room=self._room,
            before=self.watch.before,
            after=after,
        )

    def _where_it_fits(
        self, rows: list[list[int]], room: int, do: Callable[[list[list[int]], Told], None]
    ) -> list[Answer]:
        """What ``do`` tells of prompts that leave room for an answer, refusals of the others."""
        answers = [self._refusal(row, room) for row in rows]
        todo = [i for i, answer in enumerate(answers) if answer is None]

        def told(place: int, answer: Answer) -> None:
            answers[todo[place]] = answer
            self.watch.after(todo[place], answer)

        if todo:
            do([rows[i] for i in todo], told)
        return [answer for answer in answers if answer is not None]

    def _refusal(self, row: list[int], room: int) -> Answer | None:
        context = self._open().context
        if not row:
            return Answer(None, None, error="the prompt is empty")
        if context is not None and len(row) + room > context:
            return Answer(
                None,
                None,
                input_tokens=len(row),
                error=f"the prompt has {len(row)} tokens and the answer needs {room}, "
                f"more than the model's context of {context}",
                too_long=True,
            )
        return None

    def _score(
        self,
        rows: list[list[int]],
        choices: Sequence[str],
        labels: list[list[int]],
        method: Method,
        told: Told,
    ) -> None:
        from arms.llm.scorer import total, walk
        from arms.llm.scoring import Steps
        from arms.llm.trie import build

        assert self._scorer is not None
        trie = build(labels)

        def answer(place: int, steps: Steps | str, hit: int) -> Answer:
            length = len(rows[place])
            if isinstance(steps, str):
                return Answer(None, None, input_tokens=length, error=steps, passing=True)
            probabilities = None
            if method == "likelihood":
                probabilities = _softmax(total(steps, trie))
                best = max(range(len(choices)), key=probabilities.__getitem__)
            else:
                best = walk(steps, trie)
            written = trie.scored if method == "likelihood" else len(labels[best])
            return Answer(choices[best], best, probabilities, length, hit, written)

        def after(place: int, steps: Steps | str, hit: int) -> None:
            told(place, answer(place, steps, hit))

        self._scorer.score(rows, labels, before=self.watch.before, after=after)

    def _write(self, rows: list[list[int]], choices: Sequence[str], room: int, told: Told) -> None:
        from arms.llm.parsing import parse_choice

        def answer(place: int, one: Written) -> Answer:
            choice, error = (None, one.error) if one.error else parse_choice(one.text, choices)
            passing = one.error is not None
            return Answer(one.text, choice, None, len(rows[place]), 0, one.tokens, error, passing=passing)

        # Room for "Label: " or quotes around the longest label.
        self._written(rows, room + 8, None, lambda place, one: told(place, answer(place, one)))

    def model_bytes(self) -> int | None:
        """Size of the weights, where known."""
        return self._open().weights_bytes

    def parameters(self) -> int | None:
        """Number of weights, where known."""
        return self._parameters

    def facts(self) -> dict[str, Any]:
        """What determined the answers, besides the settings."""
        import torch
        import transformers

        model = self._open().model
        facts: dict[str, Any] = {
            "transformers": transformers.__version__,
            "torch": torch.__version__,
            "dtype": str(model.dtype).removeprefix("torch."),
            "device": str(model.device),
        }
        if self._scorer is not None and self._scorer.fast is not None:
            facts["shared_prefix_reused"] = self._scorer.fast
        divided = self._room.facts() | (self._scorer.room.facts() if self._scorer is not None else {})
        if divided:
            facts["batches_divided"] = divided
        if self._holder is not None:
            facts["held_to_schema_by"] = holding.version()
        return facts

    def close(self) -> None:
        """Free the model."""
        self._loaded = self._scorer = self._holder = None

    def _open(self) -> Loaded:
        if self._loaded is None:
            raise ArmError("This model has been closed. Predict within the with block that opened it.")
        return self._loaded


def _softmax(values: Sequence[float]) -> tuple[float, ...]:
    top = max(values)
    weights = [math.exp(value - top) for value in values]
    return tuple(weight / sum(weights) for weight in weights)
