"""What the user states of whoever runs a server: shown as stated, never checked."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class ProviderProfile(BaseModel):
    """Who receives the texts and what they do with them, by the user's own word.

    What is left out is shown as "not stated".

    Args:
        name: The company or department that runs the server.
        region: Where it processes the texts, such as ``EU (Frankfurt)``.
        retention: How long it keeps them, such as ``30 days`` or ``none``.
        trains_on_data: Whether it trains models on them.
        subprocessors: Whom it passes them on to; empty for none.
        source: Where all this is written, such as a contract with its date.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str | None = Field(default=None, min_length=1)
    region: str | None = Field(default=None, min_length=1)
    retention: str | None = Field(default=None, min_length=1)
    trains_on_data: bool | None = None
    subprocessors: tuple[str, ...] | None = None
    source: str | None = Field(default=None, min_length=1)
