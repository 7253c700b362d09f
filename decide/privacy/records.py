"""What is saved about privacy: where texts go, what they hold, what models keep. Never a text or a value."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from decide.records import Estimate, Record


class NetworkGuard(Record):
    """What kept an arm from reaching other machines than it declared while it ran.

    ``namespace``: a network namespace of the kernel and checks on Python's sockets. ``process``: those checks
    alone, for the life of the arm's process. ``scoped``: the same in a shared process, while the arm ran.
    """

    layer: Literal["namespace", "process", "scoped"]
    hosts: list[str] = Field(default=[], description="other machines that could be reached")
    why_no_namespace: str = ""
    refused: dict[str, int] = Field(default={}, description="attempts that were stopped, by host")


class Provider(Record):
    """Who receives texts, as the user states it (see :class:`arms.llm.ProviderProfile`)."""

    name: str | None = None
    region: str | None = None
    retention: str | None = None
    trains_on_data: bool | None = None
    subprocessors: list[str] | None = None
    source: str | None = None


class TextFlow(Record):
    """Texts that an arm read where it answers: ``documents`` counts distinct ones in a run.

    ``examples`` are training texts that every prompt quotes, in production too.
    """

    texts: Literal["examples", "examples_tried", "train", "dev", "test", "perturbed", "hostile"]
    documents: int
    form: Literal["full text", "redacted"] = "full text"
    purpose: str


class RedactionRecord(Record):
    """What an arm replaced in texts before they were sent, and whether names were among it."""

    types: list[str]
    names: bool
    settings: dict[str, Any]
    versions: dict[str, str]


class PiiCount(Record):
    """Documents that have a type of personal data, and its findings in all of them."""

    type: str
    documents: int
    findings: int
    share: Estimate


class PiiSplit(Record):
    """Personal data in one set of documents; ``looked_at`` of ``total`` were drawn by seed."""

    split: str
    total: int
    looked_at: int
    characters: int = Field(description="of the documents looked at")
    any: PiiCount
    types: list[PiiCount]


class PiiReport(Record):
    """Personal data found in texts: counts alone."""

    splits: list[PiiSplit]
    looked_for: list[str]
    names: bool = Field(description="whether names of people were looked for")
    settings: dict[str, Any]
    seed: int
    versions: dict[str, str]

    def split(self, name: str) -> PiiSplit | None:
        """The counts of one set of documents."""
        return next((s for s in self.splits if s.split == name), None)


class LeavingType(Record):
    """Documents a month that would carry a type of personal data to another machine."""

    type: str
    documents: Estimate


class Leaving(Record):
    """What an arm would send to other machines in a month of the stated volume."""

    arm: str
    hosts: list[str]
    provider: Provider | None = None
    allowed: bool = Field(description="whether the workload allows text to leave")
    documents: float
    share_of_documents: float = Field(default=1.0, description="of all documents; less for a cascade")
    characters: float = Field(description="of the documents alone, without the prompt around them")
    tokens: float | None = Field(default=None, description="sent, prompts included; None if not measured")
    examples: int = Field(default=0, description="training texts quoted in every prompt")
    redacted: list[str] = Field(default=[], description="types replaced before sending")
    any: Estimate | None = Field(default=None, description="documents with personal data of any such type")
    types: list[LeavingType] = Field(default=[])


class TrainedSample(Record):
    """What a trained model answers on texts it was trained on, for :class:`Memorisation`."""

    items: list[int]
    values: list[Any]
    probabilities: list[list[float | None]] | None


class Memorisation(Record):
    """How well a trained model's confidence tells the texts it was trained on from others.

    ``auc`` is the probability that it is more confident on a training text than on another one; 0.5 means
    that it is not.
    """

    arm: str
    signal: Literal["probability of the right label", "score of the answer"]
    auc: Estimate
    trained: int
    others: int
    other_texts: str
    seeds: int


class Kept(Record):
    """What of the training texts is in what an arm ships."""

    arm: str
    statement: str
    verbatim: bool
    missing: str = Field(default="", description="why memorisation was not measured, where it could be")


class Licence(Record):
    """The licence of a model and where that is stated."""

    model: str
    arms: list[str]
    licence: str | None
    source: str


class RedactionEffect(Record):
    """Score of an arm that redacts minus that of the same arm without, on the same items."""

    arm: str
    base: str
    difference: Estimate
    p_adjusted: float | None
    statement: str


class Privacy(Record):
    """Everything the report says on privacy beyond where texts went."""

    pii: PiiReport | None = None
    pii_missing: str = ""
    leaving: list[Leaving] = Field(default=[])
    kept: list[Kept] = Field(default=[])
    memorisation: list[Memorisation] = Field(default=[])
    licences: list[Licence] = Field(default=[])
    redaction: list[RedactionEffect] = Field(default=[])
    cluster: list[str] = Field(
        default=[], description="other machines that made runs of this comparison, and so had its texts"
    )
