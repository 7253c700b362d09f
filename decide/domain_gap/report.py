"""The result of a gap assessment: plain data, saved as JSON with a schema version."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from decide.records import Environment, Estimate, Record

if TYPE_CHECKING:
    import pandas as pd

    from decide.domain_gap.advice import Advice
    from decide.theme import Theme
    from decide.workload import Workload

SCHEMA_VERSION = 1

Level = Literal["negligible", "mild", "marked", "severe"]
Family = Literal["tokenizer", "vocabulary", "language model", "distance", "task"]


class Measure(Record):
    """One measure of the gap.

    ``value`` or ``reference`` is ``None`` where it was not measured; ``missing`` and
    ``reference_missing`` then say why.
    """

    id: str
    family: Family
    name: str
    unit: str
    value: Estimate | None = None
    missing: str = ""
    reference: Estimate | None = None
    reference_name: str = ""
    reference_missing: str = ""
    larger_is: Literal["wider", "narrower", "neither"] = Field(
        default="wider", description="whether a larger value means a wider gap"
    )
    compared: int = Field(default=0, description="words compared, for vocabulary overlap")
    method: str
    source: str


def _of_reference(measure: Measure) -> str:
    """Why there is no reference; the domain itself was measured."""
    why = measure.reference_missing
    return f"reference {why}" if why.startswith("not measured") else why


class FragmentedWord(Record):
    """A frequent word that the tokenizer cuts up; ``count`` is its occurrences in the text counted."""

    word: str
    count: int
    pieces: list[str]


class ShiftedWord(Record):
    """A word of both corpora and how far apart its mean contextual embeddings are.

    ``distance`` and ``within`` are cosine distances: between the corpora, and between random halves of
    one corpus (the larger of the two corpora's means), which is what chance alone gives.
    """

    word: str
    distance: float
    within: float
    shifted: bool
    domain_count: int
    reference_count: int
    domain_contexts: list[str] = Field(default=[])
    reference_contexts: list[str] = Field(default=[])


class Text(Record):
    """The text that was read. ``cut`` counts documents of which only the start was kept."""

    name: str
    documents: int
    sampled: int
    words: int = Field(description="words in the sampled documents")
    duplicates: int = Field(default=0, description="exact duplicates taken out of the sample")
    cut: int = 0


class Volume(Record):
    """How much there is to train on and how fast this machine reads it, from which costs follow.

    Counts of labels are ``None`` where a bare corpus was measured. Tokens are those of the encoder's
    tokenizer; ``read`` ones are what is left when documents are cut at ``max_length``.
    """

    task: str | None = None
    labels: int | None = Field(default=None, description="distinct labels")
    train_documents: int | None = None
    dev_documents: int | None = None
    test_documents: int | None = None
    train_tokens_read: float | None = Field(default=None, description="tokens read a training document")
    domain_documents: int = Field(description="documents of the domain, training texts included")
    tokens_per_document: float = Field(description="whole documents, without cutting")
    tokens_read_per_document: float
    max_length: int
    tokens_per_second: float = Field(description="of the encoder without training, in full batches")
    timed_tokens: int
    cpu_share: float | None = Field(
        default=None, description="share of the cores that reading had while it was timed, on a CPU"
    )
    parameters: int
    embedding_parameters: int


class Anchor(Record):
    """A published domain on the scale of the calibrated measure."""

    domain: str
    value: float
    level: Level
    finding: str
    source: str


class Severity(Record):
    """How wide the gap is, on what evidence, and how sure that is.

    ``level`` is ``None`` where the calibrated measure could not be computed.
    """

    level: Level | None
    plausible: list[Level] = Field(description="levels that the evidence allows, the mildest first")
    headline: str
    evidence: list[str]
    confidence: Literal["low", "moderate"]
    confidence_statement: str
    anchors: list[Anchor]


class GapReport(Record):
    """How far a domain is from general English as one encoder sees it."""

    schema_version: int = SCHEMA_VERSION
    title: str
    created: str
    model: str
    model_fingerprint: str
    domain: Text
    reference: Text | None = Field(description="the reference corpus, where one was given")
    exact: bool = Field(description="whether counts are over all documents instead of the sample")
    seed: int
    synthetic: bool = False
    measures: list[Measure]
    severity: Severity
    volume: Volume | None = None
    fragmented: list[FragmentedWord] = Field(default=[])
    shifted: list[ShiftedWord] = Field(default=[])
    notes: list[str] = Field(default=[])
    environment: Environment
    wall_seconds: float = 0.0

    def measure(self, id: str) -> Measure:
        """The measure called ``id``.

        Raises:
            KeyError: If there is none.
        """
        for measure in self.measures:
            if measure.id == id:
                return measure
        raise KeyError(f"No measure {id!r}; measures are {', '.join(m.id for m in self.measures)}")

    def table(self) -> pd.DataFrame:
        """One row a measure: value, interval, reference and unit; missing numbers are NaN."""
        import pandas as pd

        def part(estimate: Estimate | None, name: str) -> float | None:
            return None if estimate is None else getattr(estimate, name)

        return pd.DataFrame(
            [
                {
                    "measure": m.name,
                    "value": part(m.value, "value"),
                    "low": part(m.value, "low"),
                    "high": part(m.value, "high"),
                    "reference": part(m.reference, "value"),
                    "unit": m.unit,
                    "note": m.missing or _of_reference(m),
                }
                for m in self.measures
            ]
        )

    def to_json(self, path: str | Path) -> Path:
        """Write the report to ``path``, whole or not at all, and return the path."""
        from decide.files import write_atomically

        return write_atomically(Path(path), self.model_dump_json(indent=1))

    def advice(self, workload: Workload | None = None, **options: Any) -> Advice:
        """Which arms and rungs are worth running, in which order, at what cost and expected gain.

        Nothing is trained or read again. See :func:`decide.domain_gap.advice_steps.advise` for the
        options ``labeled_documents``, ``llm`` and ``usd_per_point``.

        Raises:
            DecideError: If the report holds no volumes, or an option makes no sense.
        """
        from decide.domain_gap.advice_steps import advise

        return advise(self, workload, **options)

    def to_html(self, path: str | Path, advice: Advice | None = None, *, theme: Theme | None = None) -> Path:
        """Render the report, one file without external requests, and return its path.

        Args:
            path: Where it goes.
            advice: Advice that :meth:`advice` gave, shown in a section of its own.
            theme: The look, and whom the report is by and for.
        """
        from decide.files import write_atomically
        from decide.presentation import renderers

        return write_atomically(Path(path), renderers().gap_html(self, advice, theme))

    @classmethod
    def load(cls, path: str | Path) -> GapReport:
        """Read a report that :meth:`to_json` wrote.

        Raises:
            DecideError: If the file is missing, is no gap report, or was written by a newer version.
        """
        from decide.files import read_saved

        return read_saved(path, cls, SCHEMA_VERSION, what="gap report", writer="GapReport.to_json")

    def __repr__(self) -> str:
        return f"GapReport({self.title!r}, model={self.model!r}; {self.severity.headline})"

    __str__ = __repr__

    def _repr_html_(self) -> str:
        """Rich display in notebooks: the headline and the table."""
        from html import escape

        return f"<p><strong>{escape(self.severity.headline)}</strong></p>" + self.table().to_html(
            index=False, escape=True
        )
