"""Adapting an encoder to a domain: vocabulary, continued pretraining, and what both did, measured."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from arms import artifacts
from arms.encoder.launch import train_in
from arms.encoder.masking import load_masked_lm
from arms.encoder.packing import Texts
from arms.encoder.preparation import Held, Plan, Prepared, block_of, change_of, per_word, prepare
from arms.encoder.pretraining import Job, MaskedLM
from arms.locks import alone
from arms.models import quiet, read_json
from evalsets import Corpus
from evalsets.files import write_atomically

RECORD = "adaptation.json"


@dataclass(frozen=True)
class AdaptationRecord:
    """What an adaptation did. Losses are nats a word on text that was not trained on, so that
    tokenizers compare; a change is ``(value, low, high)`` with its 95% interval.

    ``None`` stands for what was not measured: losses without a trained head and without continued
    pretraining, general losses without a reference text.
    """

    rung: str
    documents: int
    held_out_documents: int
    new_tokens: int
    fertility_before: float
    fertility_after: float
    fresh_head: bool
    domain_loss_before: float | None
    domain_loss_after: float | None
    domain_change: tuple[float, float, float] | None
    general_loss_before: float | None
    general_loss_after: float | None
    general_change: tuple[float, float, float] | None
    tokens: int
    steps: int
    processes: int
    planned_seconds: float
    seconds_actual: float
    resumed: bool
    seconds: float
    divided: dict[str, list[int]] = field(default_factory=dict)

    def facts(self) -> dict[str, Any]:
        """The record as facts of a run."""
        known = {k: v for k, v in asdict(self).items() if k != "seconds" and v not in (None, {})}
        return {f"adaptation_{k}": v for k, v in known.items()}


def adapt(
    folder: Path,
    texts: Texts,
    general: Corpus | None,
    plan: Plan,
    out: Path,
    description: str,
    since: float = 0.0,
) -> AdaptationRecord:
    """Adapt the encoder in ``folder`` and leave it with its record in ``out``.

    By one process at a time; another one waits and takes what that one made.

    Work in progress lies beside ``out``; called again after an interruption it goes on from there. ``out``
    is there whole or not at all.

    Args:
        folder: The encoder.
        texts: Gives the domain text, the same at every call.
        general: General text to watch forgetting on.
        plan: What to do.
        out: Where the adapted encoder goes.
        description: For the progress bars.
        since: Seconds since the epoch; what was done earlier is not used, and done again.

    Raises:
        ArmError: If there is too little text, or training would take longer than allowed.
        DecideError: If there is no room on the disk.
    """
    with alone(artifacts.lock_of(out), f"{description} · adaptation"), artifacts.room_explained(out):
        if artifacts.ready(out, since):
            return AdaptationRecord(**read_json(out / RECORD))
        return _adapt(folder, texts, general, plan, out, description, since)


def _adapt(
    folder: Path,
    texts: Texts,
    general: Corpus | None,
    plan: Plan,
    out: Path,
    description: str,
    since: float,
) -> AdaptationRecord:
    began = time.perf_counter()
    work = out.with_name(out.name + ".work")
    done = work / "prepared.json"
    earlier = 0.0
    if artifacts.whole(work, since):
        prepared = Prepared(**read_json(done))
        earlier = prepared.seconds
    else:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        prepared = prepare(folder, texts, general, plan, work, description)
        write_atomically(done, json.dumps(asdict(prepared)))
        artifacts.seal(work)
    record = _unchanged(plan, prepared, Held.read(work))
    if plan.settings is not None:
        record = _continue(plan.settings, plan, record, work, description)
    final = work / "encoder"
    shutil.rmtree(final, ignore_errors=True)
    _save_encoder(work / ("model" if plan.settings is None else "trained"), folder, final, plan.seed)
    # Training before an interruption is in the record; the rest of that time is not known.
    lost = record.seconds_actual if record.resumed else 0.0
    record = replace(record, seconds=earlier + lost + time.perf_counter() - began)
    write_atomically(final / RECORD, json.dumps(asdict(record)))
    artifacts.publish(final, out)
    shutil.rmtree(work)
    return record


def _unchanged(plan: Plan, prepared: Prepared, held: Held) -> AdaptationRecord:
    """The record of a plan without continued pretraining."""
    return AdaptationRecord(
        rung=plan.rung,
        documents=prepared.documents,
        held_out_documents=len(held.domain),
        new_tokens=prepared.new_tokens,
        fertility_before=prepared.fertility_before,
        fertility_after=prepared.fertility_after,
        fresh_head=prepared.fresh_head,
        domain_loss_before=per_word(held.domain_before),
        domain_loss_after=per_word(held.domain_extended),
        domain_change=change_of(held.domain_before, held.domain_extended),
        general_loss_before=per_word(held.general_before),
        general_loss_after=per_word(held.general_extended),
        general_change=change_of(held.general_before, held.general_extended),
        tokens=prepared.tokens,
        steps=0,
        processes=1,
        planned_seconds=0.0,
        seconds_actual=0.0,
        resumed=False,
        seconds=0.0,
        divided=prepared.divided,
    )


def _continue(
    settings: MaskedLM, plan: Plan, record: AdaptationRecord, work: Path, description: str
) -> AdaptationRecord:
    """Continued pretraining of the prepared model, and its losses afterwards."""
    block = block_of(work / "model", settings)
    job = Job(
        work,
        settings,
        block,
        plan.seed,
        description,
        plan.checkpoint_seconds,
        plan.max_hours,
        plan.hour_usd,
    )
    trained = train_in(plan.processes, job)
    held = Held.read(work)
    domain, general = held.losses(job.trained, plan.seed, f"{description} · after")
    return replace(
        record,
        domain_loss_after=per_word(domain),
        domain_change=change_of(held.domain_before, domain),
        general_loss_after=per_word(general),
        general_change=change_of(held.general_before, general),
        steps=trained.steps,
        processes=trained.processes,
        planned_seconds=trained.planned_seconds,
        seconds_actual=trained.seconds,
        resumed=trained.resumed,
        divided=record.divided | trained.divided,
    )


def _save_encoder(adapted: Path, original: Path, out: Path, seed: int) -> None:
    """Save the adapted encoder with every other part as ``original`` has it.

    A masked-LM model carries no pooler; saving it as it is would make fine-tuning start from a random
    one, while fine-tuning the original starts from a trained one, and the comparison would be unfair.
    What the original lacks is drawn by the seed, so that an adaptation made again is the same.
    """
    import torch
    from transformers import AutoModel, AutoTokenizer

    model, _ = load_masked_lm(adapted)
    torch.manual_seed(seed)
    with quiet():
        whole = AutoModel.from_pretrained(
            original, use_safetensors=True, trust_remote_code=False, dtype=model.dtype
        )
    whole.resize_token_embeddings(model.get_input_embeddings().num_embeddings, mean_resizing=False)
    whole.load_state_dict(model.base_model.state_dict(), strict=False)
    whole.save_pretrained(out)
    AutoTokenizer.from_pretrained(adapted, trust_remote_code=False).save_pretrained(out)
