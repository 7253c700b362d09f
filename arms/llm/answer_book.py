"""The answers of one run that is not finished, kept so that they need not be asked for again."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from arms.llm.base import Answer, Prompt
from arms.llm.checked_lines import CheckedLines

SEEN = ("model_reported", "system_fingerprint", "adapted_to_server")
"""Facts of a client that answers of earlier attempts must add to."""


class AnswerBook:
    """Answers on disk under a hash of everything that determines them; no prompt and no text is written.

    Args:
        path: The file, one for each run. What determines the whole run (arm, models, server, data, seed,
            versions) is left to its name.
    """

    def __init__(self, path: Path) -> None:
        self._lines = CheckedLines(path, sync=True)
        self._answers: dict[str, Answer] = {}
        self._seconds: dict[tuple[str, str], float] = {}
        self._facts: dict[str, list[Any]] = {}
        self._written: dict[str, Any] = {}
        self._attempt = secrets.token_hex(4)
        for record in self._lines.read():
            self._take(record)

    def _take(self, record: dict[str, Any]) -> None:
        try:
            answer = dict(record["answer"])
            if answer.get("probabilities") is not None:
                answer["probabilities"] = tuple(answer["probabilities"])
            self._answers[record["key"]] = Answer(**answer)
            place = (record["phase"], record["attempt"])
            self._seconds[place] = max(self._seconds.get(place, 0.0), float(record["seconds"]))
            facts = record.get("facts", {}).items()
        except (KeyError, TypeError, ValueError, AttributeError):
            self._lines.damaged += 1
            return
        for name, value in facts:
            known = self._facts.setdefault(name, [])
            known += [one for one in _listed(value) if one not in known]

    def __len__(self) -> int:
        return len(self._answers)

    @property
    def damaged(self) -> int:
        """Records that were dropped because they were not as they had been written."""
        return self._lines.damaged

    def get(self, key: str) -> Answer | None:
        """An answer of an earlier attempt, or ``None``."""
        return self._answers.get(key)

    def put(self, phase: str, key: str, answer: Answer, seconds: float, facts: dict[str, Any]) -> None:
        """Keep an answer; it is in the file when this returns.

        Args:
            phase: What it was asked for.
            key: What determines it.
            answer: The answer.
            seconds: How long the phase had taken by then, in this attempt.
            facts: What the client knows of its server.
        """
        record = {"key": key, "phase": phase, "attempt": self._attempt, "seconds": seconds}
        known = {name: facts[name] for name in SEEN if name in facts}
        if known != self._written:
            record["facts"], self._written = known, known
        self._lines.append({**record, "answer": asdict(answer)})
        self._answers[key] = answer

    def seconds(self, phase: str) -> float:
        """How long earlier attempts took for the answers of a phase that are kept."""
        return sum(seconds for (name, _), seconds in self._seconds.items() if name == phase)

    def facts(self, now: dict[str, Any]) -> dict[str, Any]:
        """What a client knows of its server, with what it knew in earlier attempts."""
        found = dict(now)
        for name, values in self._facts.items():
            both = [*values, *(one for one in _listed(now.get(name)) if one not in values)]
            found[name] = both[0] if len(both) == 1 and name != "adapted_to_server" else both
        return found

    def remove(self) -> None:
        """Remove the file: the run is finished and holds what is needed."""
        self._lines.remove()

    def close(self) -> None:
        """Close the file."""
        self._lines.close()


class Keys:
    """Keys of the answers of one phase. The same prompt asked twice is two answers."""

    def __init__(self) -> None:
        self._asked: Counter[str] = Counter()

    def of(self, about: Sequence[Any], prompts: Sequence[Prompt]) -> list[str]:
        """A key for each prompt.

        Args:
            about: What beside the prompt determines an answer, as JSON-able data.
            prompts: The prompts.
        """
        shared = hashlib.sha256(json.dumps(list(about), sort_keys=True, default=str).encode())
        keys = []
        for prompt in prompts:
            one = shared.copy()
            one.update(json.dumps([[m.role, m.content] for m in prompt]).encode())
            key = one.hexdigest()
            self._asked[key] += 1
            keys.append(f"{key}:{self._asked[key]}")
        return keys


def _listed(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list | tuple) else [value]
