"""The training loop of continued pretraining: any number of processes, resumed where it was stopped."""

from __future__ import annotations

import json
import logging
import math
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from arms import artifacts
from arms.base import ArmError
from arms.device import autocast, device
from arms.dropout import quick_dropout
from arms.encoder.masking import as_tensors, load_masked_lm, mask_tokens, masked_loss
from arms.encoder.optimizer import optimizer_for
from arms.encoder.packing import Blocks
from arms.memory import Room, ran_out
from arms.progress import say, track

WARM, TIMED = 1, 3
"""Steps run and thrown away to learn what a step takes, before the cost is stated."""
RATE_WARMUP = 0.06
TRAINED_FILE = "trained.json"


@dataclass(frozen=True)
class MaskedLM:
    """Settings of continued pretraining.

    Args:
        epochs: Passes over the packed text.
        max_steps: Most optimiser steps, or ``None``.
        learning_rate: Peak learning rate.
        block_size: Tokens of a packed block.
        batch_size: Blocks a step, over all processes together.
        mask_probability: Share of tokens predicted (Devlin et al. 2019 use 0.15).
        held_out: Share of documents kept out to measure the loss on.
        head_steps: Steps that train only a fresh head, where the checkpoint has none.
    """

    epochs: float
    max_steps: int | None
    learning_rate: float
    block_size: int
    batch_size: int
    mask_probability: float = 0.15
    held_out: float = 0.05
    head_steps: int = 100

    def steps(self, blocks: int) -> int:
        """Optimiser steps over ``blocks`` blocks."""
        an_epoch = math.ceil(blocks / self.batch_size)
        return max(1, min(round(self.epochs * an_epoch), self.max_steps or 1 << 62))


@dataclass(frozen=True)
class Job:
    """A training job, all of whose input lies in one folder, so that other processes can take part.

    Args:
        folder: Holds ``model`` (with tokenizer) and ``blocks.bin``; checkpoints and the trained model are
            put there.
        settings: Settings of continued pretraining.
        block: Tokens of a block as packed.
        seed: Seed of masking, order and dropout.
        description: For the progress bar.
        checkpoint_seconds: Time between checkpoints.
        max_hours: Longest estimated training that is begun, or ``None``.
        hour_usd: Price of an hour of this machine; 0 if unknown.
    """

    folder: Path
    settings: MaskedLM
    block: int
    seed: int
    description: str
    checkpoint_seconds: float = 120.0
    max_hours: float | None = None
    hour_usd: float = 0.0

    @property
    def trained(self) -> Path:
        """Where the trained model is, once it is whole."""
        return self.folder / "trained"


@dataclass(frozen=True)
class Trained:
    """What a training did.

    Args:
        steps: Optimiser steps.
        processes: Processes that took part.
        planned_seconds: What the whole training was estimated to take, from a few timed steps.
        seconds: What it took, the time before interruptions included up to the last checkpoint.
        resumed: Whether it went on from a checkpoint.
        divided: Blocks of a step and of its parts, where memory did not hold a step in one piece.
    """

    steps: int
    processes: int
    planned_seconds: float
    seconds: float
    resumed: bool
    divided: dict[str, list[int]] = field(default_factory=dict)


def train(job: Job, state: Callable[[str], None] = say) -> Trained:
    """Train the job's model, or go on from its last checkpoint; the result is in ``job.trained``.

    Every step draws its blocks, masks and dropout from the seed and its number alone, so an interrupted
    training ends in the same model as one that was not.

    Args:
        job: What to train.
        state: Told what the training will cost, after its first steps.

    Raises:
        ArmError: If it is estimated to take longer than the job allows.
    """
    from accelerate import Accelerator
    from transformers import AutoTokenizer

    accelerator = Accelerator(cpu=device().type == "cpu")
    tokenizer = AutoTokenizer.from_pretrained(job.folder / "model", trust_remote_code=False)
    blocks = Blocks(job.folder / "blocks.bin", tokenizer, job.block)
    steps = job.settings.steps(len(blocks))
    model, _ = load_masked_lm(job.folder / "model")
    optimizer, schedule = optimizer_for(model, job.settings.learning_rate, 0.01, steps, RATE_WARMUP)
    loss = masked_loss(model.to(accelerator.device), tokenizer)
    loss, optimizer = accelerator.prepare(loss, optimizer)
    loop = _Loop(job, accelerator, tokenizer, blocks, steps, loss, optimizer, schedule)
    done, before = loop.restore()

    def plan(a_step: float) -> None:
        if accelerator.is_main_process:
            state(_cost(job, len(blocks), steps - done, a_step, accelerator.num_processes))
        if job.max_hours is not None and a_step * (steps - done) > job.max_hours * 3600:
            raise ArmError(
                f"Adaptation would take about {_duration(a_step * (steps - done))} here, more than the "
                f"{job.max_hours:g} hours allowed by adaptation_max_hours. Set adaptation_steps, give less "
                "text, or use a faster machine."
            )

    a_step, seconds = loop.run(done, before, plan)
    divided = loop.room.facts()
    trained = Trained(steps, accelerator.num_processes, a_step * steps, before + seconds, done > 0, divided)
    if accelerator.is_main_process:
        with artifacts.making(job.trained) as partial:
            model.save_pretrained(partial)
            tokenizer.save_pretrained(partial)
            (partial / TRAINED_FILE).write_text(json.dumps(asdict(trained)))
    accelerator.wait_for_everyone()
    accelerator.end_training()
    return trained


def _cost(job: Job, blocks: int, steps: int, a_step: float, processes: int) -> str:
    """What the steps still to do will take."""
    where = "1 process" if processes == 1 else f"{processes} processes"
    usd = a_step * steps / 3600 * job.hour_usd
    price = f", US${usd:,.2f} at US${job.hour_usd:g} an hour" if job.hour_usd else ""
    return (
        f"{job.description}: adapting to {blocks * job.block:,} tokens takes {steps:,} steps of "
        f"{job.settings.batch_size} × {job.block} tokens in {where}; at {a_step:.2g} s a step "
        f"(just measured) about {_duration(a_step * steps)}{price}."
    )


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"


class _Loop:
    """The parts of a training and its checkpoints."""

    def __init__(
        self,
        job: Job,
        accelerator: Any,
        tokenizer: Any,
        blocks: Blocks,
        steps: int,
        loss: Any,
        optimizer: Any,
        schedule: Any,
    ) -> None:
        self.job, self.accelerator, self.tokenizer = job, accelerator, tokenizer
        self.blocks, self.steps = blocks, steps
        self.loss, self.optimizer, self.schedule = loss, optimizer, schedule
        self.room = Room("adaptation")
        self.rank, self.processes = accelerator.process_index, accelerator.num_processes

    def batches(self, begin: int) -> Iterator[tuple[int, np.ndarray]]:
        """Number of each step from ``begin`` on, and the blocks of all processes together."""
        n, size = len(self.blocks), self.job.settings.batch_size
        an_epoch = math.ceil(n / size)
        step = begin
        while step < self.steps:
            epoch = step // an_epoch
            order = np.random.default_rng([self.job.seed, epoch]).permutation(n)
            for start in range((step % an_epoch) * size, n, size):
                if step == self.steps:
                    return
                batch = order[start : start + size]
                # Every process needs a block, and the same number, for their gradients to weigh alike.
                short = -len(batch) % self.processes
                yield step, np.concatenate([batch, np.resize(order, short)])
                step += 1

    def backward(self, step: int, batch: np.ndarray) -> None:
        """Gradients of this process's share of a batch."""
        import torch

        seeds = np.random.SeedSequence([self.job.seed, step])
        masks, dropout = seeds.spawn(2)
        ids = self.blocks[np.sort(batch)]
        masked, places = mask_tokens(
            self.tokenizer, ids, self.job.settings.mask_probability, np.random.default_rng(masks)
        )
        predicted = max(1, int(places.sum()))
        mine = slice(self.rank, None, self.processes)
        ids, masked, places = ids[mine], masked[mine], places[mine]
        if not places.any():  # a share without a prediction has no gradient, and all would wait for it
            places[0, 1] = True
        drawn = int(dropout.generate_state(1)[0]) + self.rank

        def learn(part: np.ndarray) -> None:
            if not places[part].any():
                return
            inputs, where, targets = as_tensors(
                ids[part], masked[part], places[part], self.accelerator.device
            )
            with autocast(), quick_dropout():
                costs = self.loss(inputs, None, where, targets)
            # The mean over the predictions of all processes, whose gradients are averaged.
            self.accelerator.backward(costs.sum() * (self.processes / predicted))

        def undo() -> None:
            self.optimizer.zero_grad(set_to_none=True)
            torch.manual_seed(drawn)

        torch.manual_seed(drawn)
        everything = np.arange(len(ids))
        if self.processes == 1:
            self.room.put(everything, ids.shape[1], learn, undo)
        else:
            self.together(everything, learn)

    def together(self, rows: np.ndarray, learn: Callable[[np.ndarray], None]) -> None:
        """Learn from rows at the same time as the other processes, which all must do so in one piece.

        Raises:
            ArmError: If there is not enough memory.
        """
        try:
            learn(rows)
        except (RuntimeError, MemoryError) as error:
            if not ran_out(error):
                raise
            raise ArmError(
                f"There is not enough memory for {len(rows)} blocks at once in each of {self.processes} "
                "processes. Make adaptation_batch_size smaller, or set processes=1: one divides its batches."
            ) from error

    def step(self, number: int, batch: np.ndarray) -> None:
        """One step of the optimiser."""
        self.backward(number, batch)
        self.accelerator.clip_grad_norm_(self.loss.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)

    def run(self, done: int, before: float, plan: Callable[[float], None]) -> tuple[float, float]:
        """Take the steps from ``done`` on, with checkpoints.

        Args:
            done: Steps taken earlier.
            before: Seconds they took.
            plan: Told the seconds of a step when the first few were taken; it may refuse to go on.

        Returns:
            Seconds of a step, by the first few, and of all that were taken here.
        """
        began = time.perf_counter()
        self.loss.train()
        bar = self.batches(done)
        if self.accelerator.is_main_process:
            bar = track(bar, f"{self.job.description} · masked LM", self.steps - done)
        times: list[float] = []
        a_step, every = 0.0, self.steps
        for step, batch in bar:
            started = time.perf_counter()
            self.step(step, batch)
            self.schedule.step()
            times.append(time.perf_counter() - started)
            if len(times) == min(WARM + TIMED, self.steps - done):
                a_step = self.slowest(float(np.median(times[WARM:] or times)))
                plan(a_step)
                every = max(1, round(self.job.checkpoint_seconds / a_step))
            if (step + 1) % every == 0 and step + 1 < self.steps:
                self.checkpoint(step + 1, before + time.perf_counter() - began)
        return a_step, time.perf_counter() - began

    def slowest(self, seconds: float) -> float:
        """The most seconds that any process took."""
        import torch

        mine = torch.tensor([seconds], device=self.accelerator.device)
        return float(self.accelerator.gather(mine).max())

    def checkpoint(self, step: int, seconds: float) -> None:
        """Write the state after ``step`` steps, whole or not at all, and remove the one before.

        Raises:
            DecideError: If there is no room for it; what was left over is removed.
        """
        partial = self.job.folder / "checkpoint.partial"
        try:
            with artifacts.room_explained(self.job.folder):
                self._checkpoint(partial, step, seconds)
        finally:
            if self.accelerator.is_main_process:
                shutil.rmtree(partial, ignore_errors=True)

    def _checkpoint(self, partial: Path, step: int, seconds: float) -> None:
        if self.accelerator.is_main_process:
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
        self.accelerator.wait_for_everyone()
        # It warns of weights that are tied, at every checkpoint; they are tied again on loading.
        logging.getLogger("accelerate.utils.other").setLevel(logging.ERROR)
        self.accelerator.save_state(str(partial))
        self.accelerator.wait_for_everyone()
        if self.accelerator.is_main_process:
            (partial / "progress.json").write_text(json.dumps({"step": step, "seconds": seconds}))
            now = self.job.folder / f"checkpoint-{step:09d}"
            artifacts.publish(partial, now)
            # A damaged one may have stood at the same step; what stands there now is not older.
            for folder in set(self.job.folder.glob("checkpoint-*")) - {now}:
                shutil.rmtree(folder)
        self.accelerator.wait_for_everyone()

    def checkpoints(self) -> list[Path]:
        """Whole checkpoints, the latest last."""
        return sorted(f for f in self.job.folder.glob("checkpoint-*") if artifacts.whole(f))

    def restore(self) -> tuple[int, float]:
        """Load the last checkpoint; steps done and seconds spent, both 0 where there is none."""
        found = self.checkpoints()
        if not found:
            return 0, 0.0
        self.accelerator.load_state(str(found[-1]))
        progress = json.loads((found[-1] / "progress.json").read_text())
        step = int(progress["step"])
        # Not left to accelerate, which would unpickle it.
        rates = [group["lr"] for group in self.optimizer.param_groups]
        told = {"last_epoch": step, "_step_count": step + 1, "_last_lr": rates}
        self.schedule.load_state_dict({**self.schedule.state_dict(), **told})
        return step, float(progress["seconds"])
