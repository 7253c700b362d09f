"""Finding personal data in texts with presidio, without any download; an optional extra.

By default presidio's pattern recognisers run on a blank spaCy pipeline: numbers with check digits, addresses
of mail, web and network, dates, identity numbers. Names of people and places need a trained model, which the
user installs and names; nothing is ever fetched.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass as plain_dataclass
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from arms.base import ArmError

LIBRARY = "presidio-analyzer"
MODEL_TYPES = ("PERSON", "LOCATION", "NRP")
"""What only a trained model finds: people, places, and nationality, religion or politics."""


def lack() -> str | None:
    """Why personal data cannot be looked for here, and the remedy; ``None`` if it can."""
    if importlib.util.find_spec("presidio_analyzer") is not None:
        return None
    return f"{LIBRARY} is not installed. Install it with: pip install 'decide-nlp[privacy]'"


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Recognition:
    """What is taken for personal data.

    Args:
        entities: Types to look for, as presidio names them, such as ``("EMAIL_ADDRESS", "US_SSN")``; types of
            any country that presidio has a recogniser for may be named. By default those it switches on for
            the language, and people and places with a model.
        language: Language of the texts, such as ``en``.
        spacy_model: An installed spaCy model, by package name or folder, that knows names and places.
        min_score: Least certainty of a finding by presidio's own rating, in [0, 1].
    """

    entities: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    language: str = "en"
    spacy_model: str | None = None
    min_score: Annotated[float, Field(ge=0, le=1)] = 0.4

    def config(self) -> dict[str, Any]:
        """Settings as JSON-able data."""
        return {
            "entities": None if self.entities is None else list(self.entities),
            "language": self.language,
            "spacy_model": self.spacy_model,
            "min_score": self.min_score,
        }

    def detector(self) -> Detector:
        """What finds it; made once a process.

        Raises:
            ArmError: If presidio or the spaCy model is missing, or a type or the language is unknown.
        """
        return _detector(self.entities, self.language, self.spacy_model, self.min_score)


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Redaction(Recognition):
    """Replacement of personal data by its type before a model sees a text."""


def redaction_from(value: Any) -> Any:
    """``True`` and lists of types as a :class:`Redaction`; anything else as it is."""
    if isinstance(value, bool):
        return Redaction() if value else None
    return Redaction(entities=tuple(value)) if isinstance(value, list | tuple) else value


def refuse_redaction(label: str, kind: str) -> None:
    """Refuse redaction where answers are places or quotes of a text, which it would move or hide.

    Raises:
        ArmError: Naming the arm and the remedy.
    """
    if kind not in ("text_classification", "multi_label"):
        raise ArmError(
            f"{label}: redaction is for labels of whole texts; answers to {kind} are places in the text, "
            "which redaction moves, or the very values it hides. Leave redact out, or use a local model."
        )


class Found(NamedTuple):
    """Characters ``start`` to ``end`` (half-open) of a text are of a type of personal data."""

    start: int
    end: int
    type: str


@plain_dataclass(frozen=True)
class Detector:
    """Finds personal data.

    Args:
        types: What is looked for.
        versions: Library and model that look.
        min_score: Least certainty of a finding.
        language: Language of the texts.
        analyzer: A ``presidio_analyzer.AnalyzerEngine``.
    """

    types: tuple[str, ...]
    versions: dict[str, str]
    min_score: float
    language: str
    analyzer: Any

    @property
    def names(self) -> bool:
        """Whether names of people are looked for."""
        return "PERSON" in self.types

    def find(self, text: str) -> list[Found]:
        """Findings in order; where several overlap, the surest type takes all they cover."""
        raw = self.analyzer.analyze(
            text, self.language, entities=list(self.types), score_threshold=self.min_score
        )
        return list(_merged((r.start, r.end, r.score, r.entity_type) for r in raw))

    def redact(self, text: str) -> str:
        """The text with every finding replaced by its type, such as ``<EMAIL_ADDRESS>``."""
        parts, at = [], 0
        for found in self.find(text):
            parts += [text[at : found.start], f"<{found.type}>"]
            at = found.end
        return "".join(parts) + text[at:]


def _merged(spans: Any) -> Iterator[Found]:
    group: list[tuple[int, int, float, str]] = []
    for span in sorted(spans):
        if group and span[0] >= max(s[1] for s in group):
            yield _one(group)
            group = []
        group.append(span)
    if group:
        yield _one(group)


def _one(group: list[tuple[int, int, float, str]]) -> Found:
    best = max(group, key=lambda s: (s[2], s[1] - s[0], s[3]))
    return Found(min(s[0] for s in group), max(s[1] for s in group), best[3])


@functools.lru_cache(maxsize=8)
def _detector(
    entities: tuple[str, ...] | None, language: str, spacy_model: str | None, min_score: float
) -> Detector:
    missing = lack()
    if missing:
        raise ArmError(f"Personal data cannot be looked for: {missing}.")
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry

    _bundled_suffixes()
    engine = _engine(language, spacy_model)
    try:
        registry = RecognizerRegistry(supported_languages=[language])
        registry.load_predefined_recognizers(languages=[language], nlp_engine=engine)
    except ValueError as error:
        raise ArmError(f"presidio has no recognisers for language {language!r} ({error}).") from error
    by_model = [r for r in registry.recognizers if r.name == "SpacyRecognizer"]
    registry.recognizers = [r for r in registry.recognizers if r not in by_model]
    known = {e for r in registry.recognizers for e in r.supported_entities}
    if spacy_model is not None:
        labels = _labels(engine, language)
        registry.recognizers += by_model
        known |= labels
    if entities is None:
        types = sorted(known)
    else:
        _add_named(registry, set(entities) - known, language, spacy_model)
        types = sorted(set(entities))
    versions = {LIBRARY: metadata.version(LIBRARY)}
    if spacy_model is not None:
        meta = engine.get_nlp(language).meta
        versions["spacy_model"] = f"{meta.get('name')} {meta.get('version')}"
    analyzer = AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=[language])
    return Detector(tuple(types), versions, min_score, language, analyzer)


def _engine(language: str, spacy_model: str | None) -> Any:
    """A spaCy engine of presidio that neither downloads nor needs a trained pipeline."""
    import spacy
    from presidio_analyzer.nlp_engine import NlpArtifacts, SpacyNlpEngine

    try:
        if spacy_model is None:
            pipeline = spacy.blank(language)
        elif spacy.util.is_package(spacy_model) or Path(spacy_model).is_dir():
            pipeline = spacy.load(spacy_model)
        else:
            raise ArmError(
                f"No spaCy model {spacy_model!r} is installed here, and none is downloaded. Install it, give "
                "the folder of one, or leave spacy_model out: names and places are then not looked for."
            )
    except (ImportError, OSError, ValueError) as error:
        raise ArmError(f"spaCy cannot load {spacy_model or language!r}: {str(error)[:200]}") from error

    class Engine(SpacyNlpEngine):  # type: ignore[misc]
        def _doc_to_nlp_artifact(self, doc: Any, language: str) -> Any:
            # A blank pipeline has no lemmas, by which presidio finds the words that make a number telling.
            entities, scores = self._get_updated_entities(
                list(doc.ents), [self.ner_model_configuration.default_score] * len(doc.ents)
            )
            tokens = list(doc)
            return NlpArtifacts(
                entities=entities,
                tokens=doc,
                tokens_indices=[token.idx for token in tokens],
                lemmas=[token.lemma_ or token.lower_ for token in tokens],
                nlp_engine=self,
                language=language,
                scores=scores,
            )

    engine = Engine(models=[{"lang_code": language, "model_name": spacy_model or "blank"}])
    engine.nlp = {language: pipeline}
    return engine


def _labels(engine: Any, language: str) -> set[str]:
    """Which of :data:`MODEL_TYPES` the pipeline can find."""
    mapping = engine.ner_model_configuration.model_to_presidio_entity_mapping
    pipeline = engine.get_nlp(language)
    labels = {label for names in pipeline.pipe_labels.values() for label in names}
    found = {mapping.get(label, label) for label in labels} & set(MODEL_TYPES)
    if not found:
        raise ArmError(
            f"The spaCy model {pipeline.meta.get('name')!r} marks neither people nor places. "
            "Give one with named-entity recognition, or leave spacy_model out."
        )
    return found


def _add_named(registry: Any, wanted: set[str], language: str, spacy_model: str | None) -> None:
    """Switch on recognisers that presidio leaves off, by the types they find."""
    from presidio_analyzer import PatternRecognizer, predefined_recognizers

    left = set(wanted)
    classes = [c for c in vars(predefined_recognizers).values() if isinstance(c, type)]
    for one in sorted((c for c in classes if issubclass(c, PatternRecognizer)), key=lambda c: c.__name__):
        if not left:
            return
        try:
            recogniser = one(supported_language=language)
        except (TypeError, ValueError):
            continue
        if left & set(recogniser.supported_entities):
            registry.add_recognizer(recogniser)
            left -= set(recogniser.supported_entities)
    if left:
        names = ", ".join(sorted(left))
        hint = " Names and places need spacy_model=." if not spacy_model and left & set(MODEL_TYPES) else ""
        raise ArmError(f"presidio has no recogniser for {names}.{hint} Check the names of the types.")


def _bundled_suffixes() -> None:
    """Have tldextract, which presidio checks mail addresses with, use the list it comes with.

    By itself it would fetch a newer one from the network on first use.
    """
    import tldextract

    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
