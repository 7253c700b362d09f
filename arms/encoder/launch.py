"""Training in several processes, started by ``accelerate launch``; a process runs ``python -m`` this file."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path

from arms import artifacts
from arms.base import ArmError
from arms.device import accelerators, cores
from arms.encoder.pretraining import TRAINED_FILE, Job, MaskedLM, Trained, train
from arms.process import Process, free_port, search_path
from arms.progress import say
from evalsets import DecideError
from evalsets.files import write_atomically

STATED, REFUSED = "stated.txt", "refused.txt"
EVERY_S = 0.2


def default_processes() -> int:
    """One process for each accelerator of this machine; one where there is none."""
    return max(1, accelerators())


def train_in(processes: int, job: Job) -> Trained:
    """Run a training job in this process, or in several of their own; what is trained already is taken.

    Raises:
        ArmError: If training fails, with what the processes said last.
    """
    if artifacts.ready(job.trained):
        return Trained(**json.loads((job.trained / TRAINED_FILE).read_text()))
    if processes == 1:
        return train(job)
    for name in (STATED, REFUSED):
        (job.folder / name).unlink(missing_ok=True)
    order = job.folder / "job.json"
    order.write_text(json.dumps({**asdict(job), "folder": str(job.folder)}))
    command = [sys.executable, "-P", "-m", "accelerate.commands.launch", "--multi_gpu", "--num_machines", "1"]
    command += ["--num_processes", str(processes), "--main_process_port", str(free_port())]
    command += ["--mixed_precision", "no", "--dynamo_backend", "no"]
    command += ["--module", "arms.encoder.launch", str(order)]
    threads = str(max(1, cores() // processes))
    # Without accelerators every process has its share of the cores; torchrun would give each a single one.
    environment = dict(os.environ, PYTHONPATH=search_path(), PYTHONSAFEPATH="1", OMP_NUM_THREADS=threads)
    started = Process(command, environment)
    try:
        stated = False
        while started.running():
            time.sleep(EVERY_S)
            if not stated and (job.folder / STATED).is_file():
                say((job.folder / STATED).read_text())
                stated = True
        said = started.log_tail()
    finally:
        started.stop()
    if (job.folder / REFUSED).is_file():
        raise ArmError((job.folder / REFUSED).read_text())
    if not (job.trained / TRAINED_FILE).is_file():
        raise ArmError(f"Adaptation in {processes} processes failed. They said last: {said}")
    return Trained(**json.loads((job.trained / TRAINED_FILE).read_text()))


def main(order: Path) -> int:
    """Take part in the job described in a file."""
    told = json.loads(order.read_text())
    job = Job(**{**told, "folder": Path(told["folder"]), "settings": MaskedLM(**told["settings"])})

    def state(text: str) -> None:
        write_atomically(job.folder / STATED, text)

    try:
        train(job, state)
    except DecideError as error:
        write_atomically(job.folder / REFUSED, str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
