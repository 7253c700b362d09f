"""Runs of a prompted arm that a test can kill, in processes forked from one that has everything imported."""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from typing import Any

from arms.prompted import Prompted
from decide.budget import Budget
from decide.run import Measure, Run, run_key
from decide.store import RunStore
from decide.terms import Terms
from decide.units import Part, Unit
from decide.worker import Job
from evalsets import EvalSet

MEASURE = Measure(calls=2, seconds=0, trained=0)

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__, "openai", "psutil", "genai_prices"])


def prompted(base_url: str, **settings: Any) -> Prompted:
    from arms.llm import OpenAIServer

    own = {k: settings.pop(k) for k in ("shots", "model", "name") if k in settings}
    server = OpenAIServer(base_url, **{"api_key_env": None, "concurrency": 3, **settings})
    return Prompted(**{"model": "fake", "server": server, **own})


def work(arm: Prompted, data: EvalSet, run_dir: Path, budget: Budget | None = None) -> Run:
    """The run of an arm, made or gone on with here."""
    key = run_key(arm, data, 0, MEASURE)
    Job(arm, (Unit(Part(data, 0), key),), run_dir, MEASURE, terms=Terms(budget)).work()
    run = RunStore(run_dir).get(key)
    assert run is not None
    return run


def start(arm: Prompted, data: EvalSet, run_dir: Path) -> Any:
    """The same in another process, which may be killed."""
    process = _context.Process(target=work, args=(arm, data, run_dir), daemon=True)
    process.start()
    return process
