"""For whom a comparison is made and what they asked, kept with the result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import Field, model_validator

from decide.records import Record

if TYPE_CHECKING:
    from decide.theme import Theme

Topic = Literal[
    "choice",
    "certainty",
    "adaptation",
    "llm",
    "privacy",
    "cost",
    "latency",
    "labels",
    "gap",
    "calibration",
    "generalisation",
    "robustness",
    "stability",
]
"""What a question is about; each has a section of the report, and a sentence where it was measured."""
TOPICS: tuple[Topic, ...] = get_args(Topic)
Line = Annotated[str, Field(min_length=1, max_length=200)]


class Client(Record):
    """Whom the comparison is for; a bare string is the ``name``.

    Args:
        name: The client.
        contact: A person or department there.
        reference: Number or name of the engagement, shown above the title.
    """

    name: Line
    contact: Line | None = None
    reference: Line | None = None

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @property
    def shown(self) -> str:
        """Name and contact on one line."""
        return f"{self.name}, {self.contact}" if self.contact else self.name


class Question(Record):
    """A question of the client; a bare string is the ``question``.

    Args:
        question: In the client's words.
        topic: What it is about, which links it to the section of the report that answers it. Without one it
            is listed with a link to the answer in full.
    """

    question: Annotated[str, Field(min_length=1, max_length=300)]
    topic: Topic | None = None

    @model_validator(mode="before")
    @classmethod
    def _asked(cls, value: Any) -> Any:
        return {"question": value} if isinstance(value, str) else value


class Brief(Record):
    """Client and questions of a comparison."""

    client: Client | None = None
    questions: list[Question] = Field(default=[])


def look_for(theme: Theme, brief: Brief | None) -> Theme:
    """The theme, with the client of the brief where the theme names none."""
    client = brief.client if brief is not None else None
    if client is None:
        return theme
    return theme.model_copy(
        update={
            "client": theme.client or client.shown,
            "engagement": " · ".join(part for part in (theme.engagement, client.reference) if part),
        }
    )
