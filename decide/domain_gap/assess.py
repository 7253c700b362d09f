"""The assessment: read the text once, take every measure, judge."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import Any

from arms.base import ArmError
from arms.models import fingerprint, local_folder, quiet, short_name
from decide.domain_gap.distance import NO_REFERENCE, distance_measures
from decide.domain_gap.encoder import Encoder, Occurrences, Vectors, load_encoder, read
from decide.domain_gap.language import check_english
from decide.domain_gap.language_model import language_model_measures
from decide.domain_gap.overlap import overlap_measures
from decide.domain_gap.probe import probe_measures
from decide.domain_gap.report import GapReport, Measure, ShiftedWord
from decide.domain_gap.senses import candidates, sense_measure
from decide.domain_gap.severity import judge
from decide.domain_gap.sources import Sample, Source, corpus_of, draw
from decide.domain_gap.tokens import tokenizer_measures
from decide.domain_gap.volume import measure_volume
from decide.domain_gap.words import Counted, count
from decide.environment import environment
from evalsets import DecideError, EvalSet

SAMPLE = 5000
ENCODED = 800
GENERAL = "general English (wordfreq)"


# Long for its documentation and the fields of the record, one a line.
def gap(
    data_or_corpus: Source,
    model: str | PathLike[str],
    reference: Source | None = None,
    *,
    text: str = "text",
    encoding: str = "utf-8",
    sample: int = SAMPLE,
    encoded: int = ENCODED,
    exact: bool = False,
    seed: int = 0,
    title: str | None = None,
) -> GapReport:
    """How far a domain is from general English as an encoder sees it. Nothing is trained but linear probes.

    Text is read once as a stream, in memory bounded by ``sample`` and in time linear in its size.

    Args:
        data_or_corpus: An :class:`EvalSet` (its unlabelled and training texts; its test texts are only
            scored by the probe), a :class:`Corpus`, a path or list of paths (``.txt`` one document a
            line, ``.jsonl``, ``.csv``, ``.tsv``, ``.parquet``), or a list of texts.
        model: Hub name or folder of the encoder.
        reference: General text to compare with, in the same forms; by default that of the evaluation
            set, where it has one. Without it word-level measures use the word frequencies of general
            English from package wordfreq, and measures that need running text are reported as not
            measured.
        text: Name of the text column in table files.
        encoding: Encoding of text files.
        sample: Documents drawn at random from each corpus for counting.
        encoded: Documents of the sample that the encoder reads.
        exact: Count the words of all documents for the tokenizer and vocabulary measures; slower, without
            sampling error.
        seed: Seed of every random draw.
        title: Heading of the report.

    Raises:
        DataError: If a file cannot be read.
        DecideError: If there is too little text, or it is not English and there is no reference.
        ArmError: If the model cannot be loaded.
    """
    started = time.perf_counter()
    if sample < 10 or encoded < 10:
        raise DecideError(f"sample={sample} and encoded={encoded} must be at least 10.")
    name = str(model)
    folder = local_folder(name)
    tokenizer = _tokenizer(folder, name)
    corpus, domain_name = corpus_of(data_or_corpus, text=text, encoding=encoding)
    domain = draw(corpus, domain_name, sample, seed, exact=exact)
    data = data_or_corpus if isinstance(data_or_corpus, EvalSet) else None
    if reference is None and data is not None:
        reference = data.reference
    other = None
    if reference is not None:
        other_corpus, other_name = corpus_of(reference, text=text, encoding=encoding)
        other = draw(other_corpus, f"{other_name} (reference)", sample, seed + 1, exact=False)
    english, foreign = check_english(domain.documents, domain.name, has_reference=other is not None)
    notes = [*foreign, *domain.notes(sample), *(other.notes(sample) if other else [])]
    counted = count(domain.documents, f"{domain.name} · words")
    known = count(other.documents, f"{other.name} · words") if other else None
    against = other.name if other else GENERAL
    measures, fragmented = tokenizer_measures(tokenizer, domain, counted, known, against, seed)
    measures += overlap_measures(domain, counted, known, against, seed)
    measures += language_model_measures(
        folder, tokenizer, domain.documents, other.documents if other else None, against, seed
    )
    encoder = load_encoder(folder, tokenizer)
    more, shifted = _distances(encoder, domain, other, counted, known, encoded, seed)
    measures += more
    measures += probe_measures(encoder, data, seed)
    if not tokenizer.is_fast:
        notes.append(
            f"{short_name(name)} has no fast tokenizer: reading is slower, and shifted words are not "
            f"measured."
        )
    words = int(counted.lengths().sum())
    return GapReport(
        title=title or f"Domain gap of {domain.name}",
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        model=short_name(name),
        model_fingerprint=fingerprint(name),
        domain=domain.summary(words),
        reference=other.summary(int(known.lengths().sum())) if other and known else None,
        exact=exact,
        seed=seed,
        synthetic=data is not None and data.synthetic,
        measures=measures,
        severity=judge(measures, own_reference=other is not None, english=english),
        volume=measure_volume(encoder, domain, data),
        fragmented=fragmented,
        shifted=shifted,
        notes=notes,
        environment=environment(),
        wall_seconds=time.perf_counter() - started,
    )


def _tokenizer(folder: Path, name: str) -> Any:
    from transformers import AutoTokenizer

    remedy = "Save it beside the model with save_pretrained, or name another model."
    try:
        with quiet():
            tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    except Exception as error:  # the library raises anything from KeyError to its own, with long texts
        first = str(error).strip().splitlines()[:1] or [type(error).__name__]
        raise ArmError(f"The tokenizer of {name!r} cannot be loaded ({first[0][:200]}). {remedy}") from error
    # Without its files the library makes a tokenizer of special tokens only.
    if len(tokenizer) <= len(tokenizer.all_special_tokens) + 1:
        raise ArmError(f"The tokenizer of {name!r} has no words in it; its files are missing. {remedy}")
    return tokenizer


def _distances(
    encoder: Encoder,
    domain: Sample,
    other: Sample | None,
    counted: Counted,
    known: Counted | None,
    encoded: int,
    seed: int,
) -> tuple[list[Measure], list[ShiftedWord]]:
    """Measures that need the running text of both corpora, from one pass of the encoder over each."""
    if other is None or known is None:
        measure, _ = sense_measure(None, None, NO_REFERENCE, seed)
        return [*distance_measures(None, None, GENERAL, seed), measure], []
    words = candidates(counted, known) if encoder.tokenizer.is_fast else frozenset[str]()
    sides: list[tuple[Vectors, dict[str, Occurrences]]] = [
        read(encoder, s.documents[:encoded], f"{s.name} · encoding", words) for s in (domain, other)
    ]
    measures = distance_measures(
        (sides[0][0], sides[1][0]), (domain.documents, other.documents), other.name, seed
    )
    if encoder.tokenizer.is_fast:
        measure, shifted = sense_measure(sides[0][1], sides[1][1], "", seed)
    else:
        measure, shifted = sense_measure(None, None, "not measured: the model has no fast tokenizer", seed)
    return [*measures, measure], shifted
