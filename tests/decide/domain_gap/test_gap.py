"""What a gap report says, end to end, with a tiny model."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

import decide
from decide.domain_gap import GapReport
from decide.records import Estimate
from evalsets import Corpus, DecideError, EvalSet, Split
from tests.decide.domain_gap.conftest import english


def value(report: GapReport, id: str) -> float:
    estimate = report.measure(id).value
    assert estimate is not None, report.measure(id).missing
    return estimate.value


def test_name_is_the_function() -> None:
    import decide.domain_gap

    assert callable(decide.gap)
    assert decide.gap is decide.domain_gap.gap


def test_every_measure_is_there_with_interval_and_reference(report: GapReport) -> None:
    assert [m.id for m in report.measures] == [
        "fertility",
        "split_words",
        "unknown_words",
        "vocabulary_overlap",
        "vocabulary_jaccard",
        "masked_lm_loss",
        "pseudo_perplexity",
        "a_distance",
        "a_distance_words",
        "shifted_words",
        "probe_score",
        "group_drop",
    ]
    for measure in report.measures:
        assert measure.value is not None, measure
        assert measure.value.low is not None
        assert measure.value.high is not None
        assert measure.value.low - 1e-9 <= measure.value.value <= measure.value.high + 1e-9, measure
        assert measure.method
        assert measure.source
        if measure.id != "vocabulary_overlap":
            assert measure.reference is not None, measure


def test_different_corpora_are_told_apart_and_like_ones_are_not(tiny_encoder: Path) -> None:
    words = "invoice refund charge router signal login house"
    same = decide.gap(english(100, 1, words), tiny_encoder, english(100, 2, words))
    apart = decide.gap(
        english(100, 1, words), tiny_encoder, english(100, 2, "cable wifi modem outage username email")
    )
    assert value(apart, "a_distance_words") > 1.5 > value(same, "a_distance_words")
    assert value(same, "vocabulary_jaccard") > value(apart, "vocabulary_jaccard")
    assert value(same, "shifted_words") < 0.5


def test_without_reference_running_text_measures_say_so(tiny_encoder: Path) -> None:
    report = decide.gap(english(40, 1), tiny_encoder)
    for id in ("a_distance", "a_distance_words", "shifted_words"):
        measure = report.measure(id)
        assert measure.value is None
        assert "reference=" in measure.missing
    loss = report.measure("masked_lm_loss")
    assert loss.value is not None
    assert loss.reference is None
    assert "reference=" in loss.reference_missing
    notes = report.table().set_index("measure")["note"]
    assert notes[report.measure("shifted_words").name].startswith("not measured")
    assert notes[loss.name].startswith("reference not measured")  # the domain was
    fertility = report.measure("fertility")
    assert fertility.reference is not None
    assert "wordfreq" in fertility.reference_name
    assert report.severity.level is None
    assert "fewer than 10,000" in report.severity.headline


def test_loss_of_an_untrained_model_is_that_of_guessing(report: GapReport, tiny_encoder: Path) -> None:
    vocabulary = json.loads((tiny_encoder / "config.json").read_text())["vocab_size"]
    assert value(report, "masked_lm_loss") == pytest.approx(math.log(vocabulary), abs=1.5)
    assert value(report, "pseudo_perplexity") > 1


def test_headless_checkpoint_is_said_plainly(tiny_encoder: Path, tmp_path: Path) -> None:
    from transformers import AutoModel, AutoTokenizer

    AutoModel.from_pretrained(tiny_encoder).save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(tiny_encoder).save_pretrained(tmp_path)
    measure = decide.gap(english(40, 1), tmp_path).measure("masked_lm_loss")
    assert measure.value is None
    assert "no trained masked-LM head" in measure.missing


def test_test_texts_are_only_for_the_probe(toy: EvalSet, tiny_encoder: Path) -> None:
    test = Split(tuple(f"zyzzyva {t}" for t in toy.test.texts), toy.test.labels, toy.test.groups)
    changed = decide.gap(replace(toy, test=test), tiny_encoder)
    plain = decide.gap(toy, tiny_encoder)
    skip = ("probe_score",)
    assert [m for m in changed.measures if m.id not in skip] == [
        m for m in plain.measures if m.id not in skip
    ]
    assert all("zyzzyva" not in w.word for w in changed.fragmented)


def test_same_seed_same_report(tiny_encoder: Path) -> None:
    first, second = (decide.gap(english(60, 1), tiny_encoder, sample=30) for _ in range(2))
    assert first.measures == second.measures
    assert first.domain.sampled == 30
    assert first.domain.documents == 60
    assert any("drawn at random" in n for n in first.notes)


def test_exact_counts_agree_with_a_sample_of_everything(tiny_encoder: Path) -> None:
    texts = english(60, 1)
    exact, sampled = (decide.gap(texts, tiny_encoder, exact=e) for e in (True, False))
    for id in ("fertility", "split_words", "unknown_words", "vocabulary_overlap", "vocabulary_jaccard"):
        assert value(exact, id) == pytest.approx(value(sampled, id)), id
        estimate = exact.measure(id).value
        assert estimate == Estimate(value=value(exact, id))


def test_exact_covers_documents_outside_the_sample(tiny_encoder: Path) -> None:
    texts = english(60, 1)
    whole = decide.gap(texts, tiny_encoder, exact=True)
    small = decide.gap(texts, tiny_encoder, exact=True, sample=20)
    assert value(whole, "fertility") == value(small, "fertility")


def test_json_round_trip_and_table(report: GapReport, tmp_path: Path) -> None:
    file = report.to_json(tmp_path / "gap.json")
    assert GapReport.load(file) == report
    assert len(report.table()) == len(report.measures)
    assert "<table" in report._repr_html_()
    with pytest.raises(KeyError, match="measures are fertility"):
        report.measure("none")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "is not JSON"),
        ("[]", "no schema_version"),
        ('{"schema_version": 99}', "Upgrade decide"),
        ('{"schema_version": 1}', "not a valid gap report"),
    ],
)
def test_loading_what_is_no_report(content: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text(content)
    with pytest.raises(DecideError, match=words):
        GapReport.load(file)
    with pytest.raises(DecideError, match="cannot be read"):
        GapReport.load(tmp_path / "none.json")


def test_inputs_are_interchangeable(tiny_encoder: Path, tmp_path: Path) -> None:
    texts = english(40, 1)
    plain, table = tmp_path / "a.txt", tmp_path / "a.jsonl"
    plain.write_text("\n".join(texts))
    table.write_text("\n".join(json.dumps({"note": t}) for t in texts))
    reports = [
        decide.gap(texts, tiny_encoder),
        decide.gap(Corpus(documents=tuple(texts)), tiny_encoder),
        decide.gap(plain, tiny_encoder),
        decide.gap([str(plain)], tiny_encoder),
        decide.gap(table, tiny_encoder, text="note"),
    ]
    assert len({value(r, "fertility") for r in reports}) == 1
