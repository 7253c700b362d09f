"""What every saved result is made of."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """Base of everything that is saved: immutable, no unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="null")


class Estimate(Record):
    """A value with its interval; ``low`` and ``high`` are ``None`` where none could be computed."""

    value: float
    low: float | None = None
    high: float | None = None
    level: float = 0.95

    def turned(self) -> Estimate:
        """The same difference the other way round."""
        low, high = (None if end is None else -end for end in (self.high, self.low))
        return self.model_copy(update={"value": -self.value, "low": low, "high": high})


class Environment(Record):
    """What ran the comparison."""

    python: str
    platform: str
    hardware: str
    cores: int
    memory_gb: float
    accelerators: list[str]
    versions: dict[str, str]
