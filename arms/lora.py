"""Approach 3b: tune a language model with LoRA, then serve it like any other."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from arms import artifacts, models
from arms.base import ArmError, FitContext, FittedArm
from arms.device import device, has_fast_bfloat16
from arms.dropout import quick_dropout
from arms.encoder.batching import training_order
from arms.encoder.optimizer import optimizer_for
from arms.llm.templates import answer_ids, prompt_ids
from arms.locks import alone
from arms.memory import Room, random_state, release, told
from arms.progress import track
from arms.prompted import FittedPrompt, LLMArm
from arms.registry import register_arm
from evalsets import EvalSet, Split

Row = tuple[list[int], list[int]]
"""Token ids of a prompt and of its answer."""
MICRO_TOKENS = 1024
_SERVING = ("server", "method", "max_answer_tokens")
"""Settings that do not change the adapter."""


@dataclasses.dataclass(frozen=True)
class AdapterTraining:
    """What training an adapter did; kept beside it as ``training.json``.

    Args:
        seconds: Wall time.
        training_texts: Texts trained on.
        training_tokens: Tokens read, over all epochs.
        dev_loss_by_epoch: Loss on dev after each epoch, in nats a token of the answer.
        best_epoch: The epoch whose adapter is kept, from 1.
        notes: Sentences for the report.
        training_batches_divided: Batches that memory was too small for, as :meth:`Room.facts` gives them.
    """

    seconds: float
    training_texts: int
    training_tokens: int
    dev_loss_by_epoch: list[float]
    best_epoch: int
    notes: list[str]
    training_batches_divided: dict[str, list[int]] = dataclasses.field(default_factory=dict)

    def facts(self) -> dict[str, Any]:
        """The measurements as facts of a run."""
        apart = (
            "seconds",
            "notes",
            *(() if self.training_batches_divided else ("training_batches_divided",)),
        )
        return {k: v for k, v in dataclasses.asdict(self).items() if k not in apart}


@register_arm
@dataclass(frozen=True, config=ConfigDict(extra="forbid", arbitrary_types_allowed=True))
class LoRA(LLMArm):
    """Train low-rank adapters (Hu et al. 2022, "LoRA") on prompt and answer, with peft.

    The prompt is the zero-shot prompt of :class:`~arms.prompted.Prompted`; the loss counts the tokens of
    the answer alone. Dev picks the epoch.

    Args:
        rank: Rank of the adapters.
        alpha: Scale of the adapters; the update is multiplied by ``alpha / rank``.
        dropout: Dropout on the adapters' input.
        epochs: Most passes over train.
        learning_rate: Peak learning rate.
        batch_size: Texts a step.
        max_train: Most training texts, taken by seed; ``None`` for all.
        max_length: Longest prompt with answer in tokens; longer training texts are left out and counted.
    """

    kind: ClassVar[str] = "lora"
    memorises: ClassVar[bool] = True
    keeps: ClassVar[str] = (
        "The adapter's weights are trained on the training texts. No text is stored as such, but a language "
        "model can be made to write what it was trained on."
    )
    rank: Annotated[int, Field(ge=1)] = 8
    alpha: Annotated[float, Field(gt=0)] = 16.0
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    epochs: Annotated[int, Field(ge=1)] = 2
    learning_rate: Annotated[float, Field(gt=0)] = 2e-4
    batch_size: Annotated[int, Field(ge=1)] = 16
    max_train: Annotated[int, Field(ge=1)] | None = None
    max_length: Annotated[int, Field(ge=16)] = 2048

    def default_name(self) -> str:
        return f"LoRA {models.short_name(self.model)}"

    def summary(self) -> str:
        return f"{models.short_name(self.model)} tuned with LoRA (rank {self.rank}) on the training texts."

    def check(self, evalset: EvalSet) -> None:
        super().check(evalset)
        if not self.server.serves_adapters:
            raise ArmError(
                f"{self.label}: a server of kind {self.server.kind} cannot load the adapter we train. "
                "Use server=InProcess() or server=VLLMServer()."
            )

    def fit(self, evalset: EvalSet, seed: int, context: FitContext) -> FittedArm:
        adapter, trained = self._adapter(evalset, seed, context)
        template, form = self.prompt_template(evalset), self.answer_format(evalset)
        method = self.answer_method(form)
        context.on_phase("server start")
        started = time.perf_counter()
        with ExitStack() as stack:
            client = self.connected(stack, form, context, adapter)
            adapter_bytes = models.weights_bytes(adapter)
            record = self.start_record(form, method, client, started)
            record.seconds["training"] = trained.seconds
            record.facts |= trained.facts()
            record.facts |= {"adapter_bytes": adapter_bytes, "prompt": template.outline()}
            record.notes += trained.notes
            record.model_bytes = (record.model_bytes or 0) + adapter_bytes
            return FittedPrompt(client, template, form, (), method, record, stack.pop_all(), self.redacted)

    def _adapter(self, evalset: EvalSet, seed: int, context: FitContext) -> tuple[Path, AdapterTraining]:
        """The trained adapter, kept under what determines it (not how it is served)."""
        config = {k: v for k, v in self.config().items() if k not in _SERVING}
        key = hashlib.sha256(
            json.dumps([config, seed, self.fingerprint(), evalset.content_hash], sort_keys=True).encode()
        ).hexdigest()
        folder = context.artifacts / f"lora-{key[:32]}"
        record = folder / "training.json"
        with alone(artifacts.lock_of(folder), f"{self.label} · seed {seed} · training"):
            if not artifacts.ready(folder, context.since):
                context.on_phase("training")
                with artifacts.making(folder) as partial:
                    trained = self._train(evalset, seed, partial)
                    (partial / record.name).write_text(json.dumps(dataclasses.asdict(trained)))
            return folder, AdapterTraining(**models.read_json(record))

    def _untrained(self, folder: Path) -> Any:
        """The model with fresh adapters; their values are drawn from torch's generator."""
        import torch
        from peft import LoraConfig, get_peft_model
        from transformers import AutoModelForCausalLM

        dtype = torch.bfloat16 if has_fast_bfloat16() else torch.float32
        with models.quiet():
            base = AutoModelForCausalLM.from_pretrained(
                folder, use_safetensors=True, trust_remote_code=False, dtype=dtype
            ).to(device())
        settings = LoraConfig(
            r=self.rank,
            lora_alpha=self.alpha,
            lora_dropout=self.dropout,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        )
        return get_peft_model(base, settings, autocast_adapter_dtype=True)

    def _train(self, evalset: EvalSet, seed: int, out: Path) -> AdapterTraining:
        import torch
        from transformers import AutoTokenizer

        started = time.perf_counter()
        torch.manual_seed(seed)
        rng = np.random.default_rng(seed)
        folder = models.local_folder(self.model)
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        model = self._untrained(folder)
        train = evalset.train
        if self.max_train is not None and self.max_train < len(train):
            train = train.take(sorted(rng.permutation(len(train))[: self.max_train].tolist()))
        rows, dropped = self._rows(tokenizer, train, evalset)
        dev, _ = self._rows(tokenizer, evalset.dev, evalset)
        lengths = np.array([len(prompt) + len(answer) for prompt, answer in rows])
        steps = self.epochs * math.ceil(len(rows) / self.batch_size)
        optimizer, schedule = optimizer_for(model, self.learning_rate, 0.0, steps, 0.06)
        room = Room("training", MICRO_TOKENS)
        losses: list[float] = []
        tokens = 0
        for epoch in range(1, self.epochs + 1):
            model.train()
            batches = training_order(lengths, self.batch_size, rng)
            for batch in track(batches, f"{self.label} · seed {seed} · epoch {epoch}/{self.epochs}"):
                part = [rows[i] for i in batch]
                gradients(model, part, tokenizer, room)
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                schedule.step()
                optimizer.zero_grad(set_to_none=True)
                tokens += int(lengths[batch].sum())
            losses.append(dev_loss(model, dev, tokenizer, room))
            if losses[-1] == min(losses):
                model.save_pretrained(out)
        return AdapterTraining(
            seconds=time.perf_counter() - started,
            training_texts=len(rows),
            training_tokens=tokens,
            dev_loss_by_epoch=losses,
            best_epoch=1 + losses.index(min(losses)),
            notes=[*self._left_out(dropped, len(rows), len(evalset.train)), *told(room.facts())],
            training_batches_divided=room.facts(),
        )

    def _left_out(self, too_long: int, used: int, there: int) -> list[str]:
        """Sentences for the report on training texts that were not trained on."""
        notes = []
        if too_long:
            notes.append(f"{too_long} training texts exceed {self.max_length} tokens and were left out.")
        if used < there:
            notes.append(f"Trained on {used:,} of {there:,} training texts.")
        return notes

    def _rows(self, tokenizer: Any, split: Split, evalset: EvalSet) -> tuple[list[Row], int]:
        """Token ids of prompt and answer of each text that fits, and how many do not."""
        template, form = self.prompt_template(evalset), self.answer_format(evalset)
        shown = [template.prompt(self.redacted(text)) for text in split.texts]
        prompts = prompt_ids(tokenizer, shown, self.chat_template_kwargs or None)
        targets = [form.target(text, gold) for text, gold in zip(split.texts, split.labels, strict=True)]
        answers = {one: answer_ids(tokenizer, one, spaced=form.spaced) for one in set(targets)}
        whole = [(prompt, answers[one]) for prompt, one in zip(prompts, targets, strict=True)]
        rows = [(prompt, answer) for prompt, answer in whole if len(prompt) + len(answer) <= self.max_length]
        if not rows:
            raise ArmError(f"{self.label}: no text fits into {self.max_length} tokens. Raise max_length.")
        return rows, len(whole) - len(rows)


def gradients(model: Any, rows: Sequence[Row], tokenizer: Any, room: Room) -> None:
    """Add up the gradients of the mean loss over all answers' tokens of a step, a part at a time."""
    answers = sum(len(answer) for _, answer in rows)
    again = random_state()

    def learn(some: Sequence[Row]) -> None:
        with quick_dropout():
            loss, count = answer_loss(model, some, tokenizer)
        (loss * (count / answers)).backward()

    def undo() -> None:
        model.zero_grad(set_to_none=True)
        again()

    _for_each(rows, room, learn, undo)


def dev_loss(model: Any, rows: Sequence[Row], tokenizer: Any, room: Room) -> float:
    """Mean loss a token of the answers of dev."""
    import torch

    model.eval()
    sums: list[tuple[float, int]] = []

    def add(some: Sequence[Row]) -> None:
        loss, count = answer_loss(model, some, tokenizer)
        sums.append((float(loss) * count, count))

    with torch.inference_mode():
        _for_each(rows, room, add, sums.clear)
    return sum(loss for loss, _ in sums) / max(sum(count for _, count in sums), 1)


def _for_each(
    rows: Sequence[Row], room: Room, do: Callable[[Sequence[Row]], None], undo: Callable[[], None]
) -> None:
    """Call ``do`` with all rows in parts; when memory runs out, from the start with smaller ones.

    Raises:
        ArmError: If there is no memory for a single row.
    """
    most = room.tokens or MICRO_TOKENS
    while True:
        largest = 0
        some: list[Row] = []
        try:
            for some in micro_batches(rows, room.tokens or MICRO_TOKENS):
                do(some)
                largest = max(largest, len(some))
        except (RuntimeError, MemoryError) as error:
            room.shrink(error, len(some), max(len(p) + len(a) for p, a in some))
        else:
            if (room.tokens or MICRO_TOKENS) < most:
                room.divided(len(rows), largest)
            return
        undo()
        release()


def micro_batches(rows: Sequence[Row], most: int = MICRO_TOKENS) -> Iterator[list[Row]]:
    """A batch in parts of at most ``most`` tokens after padding, so that memory stays bounded."""
    part: list[Row] = []
    longest = 0
    for row in rows:
        length = len(row[0]) + len(row[1])
        if part and max(longest, length) * (len(part) + 1) > most:
            yield part
            part, longest = [], 0
        part.append(row)
        longest = max(longest, length)
    if part:
        yield part


def answer_loss(model: Any, rows: Sequence[Row], tokenizer: Any) -> tuple[Any, int]:
    """Mean loss a token of the answers, and how many tokens those are.

    Padded on the left, so that all answers stand at the end and only the last places are projected to
    the vocabulary.
    """
    import torch

    longest = max(len(p) + len(a) for p, a in rows)
    keep = max(len(a) for _, a in rows)
    pad_id = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    ids = torch.full((len(rows), longest), pad_id, dtype=torch.long)
    mask = torch.zeros((len(rows), longest), dtype=torch.long)
    labels = torch.full((len(rows), keep), -100, dtype=torch.long)
    for i, (prompt, answer) in enumerate(rows):
        row = [*prompt, *answer]
        ids[i, longest - len(row) :] = torch.tensor(row)
        mask[i, longest - len(row) :] = 1
        labels[i, keep - len(answer) :] = torch.tensor(answer)
    where = model.device
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    logits = model(
        input_ids=ids.to(where),
        attention_mask=mask.to(where),
        position_ids=positions.to(where),
        logits_to_keep=keep + 1,
        use_cache=False,
    ).logits[:, :-1]
    loss = torch.nn.functional.cross_entropy(
        logits.float().reshape(-1, logits.shape[-1]), labels.to(where).reshape(-1), ignore_index=-100
    )
    return loss, int((labels != -100).sum())
