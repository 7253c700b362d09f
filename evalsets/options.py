"""How an evaluation set is to be read: one object that is passed along instead of its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True)
class Options:
    """Everything about reading but the files; each field as in :meth:`EvalSet.from_files`.

    ``label`` and ``metric`` are ``None`` for what the task uses by default; ``settings`` are the
    keywords that only the task knows.
    """

    text: str = "text"
    label: str | None = None
    group: str | None = None
    hold_out: str | None = None
    task: str = "text_classification"
    metric: str | None = None
    label_descriptions: Mapping[str, str] = field(default_factory=dict)
    name: str | None = None
    allow: Sequence[str] = ()
    drop: Sequence[str] = ()
    dev_fraction: float = 0.1
    seed: int = 0
    encoding: str = "utf-8"
    synthetic: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("allow", "drop"):
            value = getattr(self, name)
            object.__setattr__(self, name, (value,) if isinstance(value, str) else tuple(value))
        object.__setattr__(
            self, "label_descriptions", {str(k): v for k, v in (self.label_descriptions or {}).items()}
        )
        object.__setattr__(self, "settings", dict(self.settings))

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Names of the options."""
        return tuple(f.name for f in fields(cls) if f.name != "settings")

    @classmethod
    def of(cls, keywords: Mapping[str, Any]) -> Options:
        """Options from keywords; the ones that are no option are settings of the task."""
        known = cls.names()
        settings = {name: value for name, value in keywords.items() if name not in known}
        return cls(**{k: v for k, v in keywords.items() if k in known}, settings=settings)
