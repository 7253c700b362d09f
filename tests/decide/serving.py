"""An arm that starts a server with a child of its own, for the processes of ``test_interrupted.py``."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any, ClassVar

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from arms import Arm, FitContext, FittedArm, Predictions, register_arm
from arms.base import FitRecord
from arms.process import Process
from evalsets import EvalSet

SERVER = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with open(sys.argv[1] + ".new", "w") as stream:
    stream.write(f"{os.getpid()} {child.pid}")
os.rename(sys.argv[1] + ".new", sys.argv[1])
time.sleep(600)
"""


class Served(FittedArm):
    def __init__(self, server: Process, label: str) -> None:
        self.record, self.server, self.label = FitRecord(), server, label

    def predict(self, texts: Any) -> Predictions:
        return Predictions(values=[self.label] * len(texts))

    def close(self) -> None:
        self.server.stop()


@register_arm
@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Serving(Arm):
    """Starts a server and goes on when the file ``go`` is in the folder."""

    kind: ClassVar[str] = "test_serving"
    folder: str = ""
    name: str | None = None

    def default_name(self) -> str:
        return "Serving"

    def summary(self) -> str:
        return "Has a server."

    def fit(self, evalset: EvalSet, seed: int, context: FitContext) -> FittedArm:
        server = Process(
            [sys.executable, "-c", SERVER, str(Path(self.folder) / "server.pid")], dict(os.environ)
        )
        try:
            while not (Path(self.folder) / "go").exists():
                time.sleep(0.05)
        except BaseException:
            server.stop()
            raise
        return Served(server, evalset.task.labels[0])


if __name__ == "__main__":
    from decide import cli
    from tests.decide import serving

    assert serving.Serving is not None  # registered under its real name, so that workers find it
    cli.main()
