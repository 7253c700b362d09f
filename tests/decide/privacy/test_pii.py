"""Personal data is counted by type; no value comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import decide
from arms import pii as arms_pii
from arms.pii import Recognition, redaction_from
from decide.perturbations import perturbations_from
from decide.privacy.pii import NO_NEED, OFF, PiiSearch, proportion
from evalsets import DecideError, EvalSet

pytest.importorskip("presidio_analyzer")

VALUES = {
    "EMAIL_ADDRESS": "jane.roe@example.com",
    "PHONE_NUMBER": "(212) 555-0143",
    "CREDIT_CARD": "4111 1111 1111 1111",
    "US_SSN": "219-09-9999",
    "IP_ADDRESS": "10.1.2.3",
    "IBAN_CODE": "GB82 WEST 1234 5698 7654 32",
    "DATE_TIME": "04/05/1961",
    "URL": "https://clinic.example.org/x",
}
SENTENCES = {
    "EMAIL_ADDRESS": "mail {} please",
    "PHONE_NUMBER": "the phone is {} now",
    "CREDIT_CARD": "paid by card {} again",
    "US_SSN": "her ssn is {} he said",
    "IP_ADDRESS": "the router at {} dropped",
    "IBAN_CODE": "refund to IBAN {} please",
    "DATE_TIME": "born {} in town",
    "URL": "see {} for more",
}


def with_pii(data: EvalSet, every: int = 2) -> EvalSet:
    """The test texts with made-up personal data in every other one."""
    kinds = sorted(VALUES)
    texts = tuple(
        f"{t} {SENTENCES[kinds[i % 8]].format(VALUES[kinds[i % 8]])}" if i % every == 0 else t
        for i, t in enumerate(data.test.texts)
    )
    return replace(data, test=replace(data.test, texts=texts))


@pytest.mark.parametrize("kind", sorted(VALUES))
def test_each_form_is_found_and_its_value_never_told(kind: str) -> None:
    texts = [SENTENCES[kind].format(VALUES[kind]), "nothing of the kind here"]
    report = decide.find_pii(texts)
    found = report.splits[0]
    assert [(t.type, t.documents, t.findings) for t in found.types] == [(kind, 1, 1)]
    assert (found.any.documents, found.looked_at, found.total) == (1, 2, 2)
    assert found.any.share.low is not None
    assert found.any.share.low < 0.5 < (found.any.share.high or 0)
    assert VALUES[kind] not in report.model_dump_json()
    assert kind in report.looked_for


def test_names_are_not_looked_for_without_a_model_and_that_is_said() -> None:
    report = decide.find_pii(["Jane Roe of Springfield"])
    assert not report.names
    assert report.splits[0].types == []


def test_an_installed_model_finds_names(tmp_path: Path) -> None:
    import spacy

    pipeline = spacy.blank("en")
    ruler: Any = pipeline.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "PERSON", "pattern": "Jane Roe"}])
    pipeline.to_disk(tmp_path / "model")
    report = decide.find_pii(["Jane Roe called 212-555-0143"], spacy_model=str(tmp_path / "model"))
    assert report.names
    assert [t.type for t in report.splits[0].types] == ["PERSON", "PHONE_NUMBER"]
    assert "spacy_model" in report.versions


def test_large_sets_are_sampled_by_seed() -> None:
    texts = [f"mail a{i}@example.com" if i % 2 else f"nothing {i}" for i in range(90)]
    one, again, other = (decide.find_pii(texts, documents=30, seed=s) for s in (0, 0, 1))
    assert one == again
    assert one != other
    assert (one.splits[0].looked_at, one.splits[0].total) == (30, 90)


def test_long_documents_end_the_sample_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("decide.privacy.pii.CHARACTERS", 100)
    found = decide.find_pii([f"word {i} " * 6 for i in range(20)]).splits[0]
    assert found.looked_at < 5
    assert found.characters >= 100


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"entities": ("SHOE_SIZE",)}, "no recogniser for SHOE_SIZE"),
        ({"entities": ("PERSON",)}, "need spacy_model="),
        ({"spacy_model": "en_core_web_none"}, "none is downloaded"),
        ({"language": "zz"}, "zz"),
    ],
)
def test_what_cannot_be_looked_for_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(decide.ArmError, match=message):
        decide.find_pii(["text"], **settings)


def test_types_that_presidio_leaves_off_can_be_named() -> None:
    assert decide.find_pii(["text"], entities=["DE_TAX_ID"]).looked_for == ["DE_TAX_ID"]


def test_no_texts_is_an_error() -> None:
    with pytest.raises(DecideError, match="no text"):
        decide.find_pii([])
    with pytest.raises(DecideError, match="Put it into a list"):
        decide.find_pii("one text")


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    arms_pii._detector.cache_clear()
    find: Callable[[str], Any] = lambda name: None  # noqa: E731
    monkeypatch.setattr(arms_pii.importlib.util, "find_spec", find)
    with pytest.raises(decide.ArmError, match=r"decide-nlp\[privacy\]"):
        decide.find_pii(["text"])


def test_nothing_is_fetched_while_searching() -> None:
    from decide.privacy import network

    arms_pii._detector.cache_clear()
    with network.scoped(network.NOWHERE):
        decide.find_pii(["mail jane@clinic.example.co.uk"])
        found = network.record()
    assert found is not None
    assert found.refused == {}


def test_redaction_puts_types_in_place_of_values() -> None:
    text = " ".join(SENTENCES[k].format(v) for k, v in VALUES.items())
    said = Recognition().detector().redact(text)
    assert not [value for value in VALUES.values() if value in said]
    assert said.startswith("mail <EMAIL_ADDRESS> please the phone is <PHONE_NUMBER> now")
    assert Recognition().detector().redact(said) == said


def test_redaction_settings() -> None:
    assert redaction_from(False) is None
    assert redaction_from(True).entities is None
    assert redaction_from(["URL"]).entities == ("URL",)


def test_wilson_interval() -> None:
    none = proportion(0, 300)
    assert none.value == none.low == 0
    assert none.high == pytest.approx(0.01264, abs=1e-4)  # 3.8416 / (300 + 3.8416)


def test_comparison_counts_by_split_and_shows_no_value(toy: EvalSet, tmp_path: Path) -> None:
    result = decide.compare(with_pii(toy), [decide.Majority()], pii=True, seeds=1, isolate=False)
    assert result.privacy is not None
    found = result.privacy.pii
    assert found is not None
    test = found.split("test")
    assert test is not None
    assert test.any.documents == 20
    train = found.split("train")
    assert train is not None
    assert train.any.documents == 0
    # Error examples show texts by design; everything about privacy shows none.
    quiet = result.model_copy(update={"arms": [a.model_copy(update={"examples": []}) for a in result.arms]})
    html = quiet.to_html(tmp_path / "r.html").read_text()
    for value in VALUES.values():
        assert value not in quiet.model_dump_json()
        assert value not in html


def test_personal_data_is_counted_by_default_only_where_texts_would_leave(toy: EvalSet) -> None:
    local = decide.compare(toy, [decide.Majority()], seeds=1, isolate=False).privacy
    assert local is not None
    assert (local.pii, local.pii_missing) == (None, NO_NEED)
    off = decide.compare(toy, [decide.Majority()], seeds=1, isolate=False, pii=False).privacy
    assert off is not None
    assert off.pii_missing == OFF


def test_a_search_that_cannot_be_had_stops_before_any_run(toy: EvalSet) -> None:
    with pytest.raises(decide.ArmError, match="SHOE_SIZE"):
        decide.compare(toy, [decide.Majority()], pii=PiiSearch(entities=("SHOE_SIZE",)))


def test_redaction_as_damage_is_asked_for_by_name(toy: EvalSet) -> None:
    assert "redaction" not in [p.name for p in perturbations_from("all")]
    data = with_pii(toy)
    result = decide.compare(
        data, [decide.TfidfLogistic()], perturbations=("redaction",), seeds=1, isolate=False
    )
    assert result.robustness is not None
    summary = result.robustness.perturbations[0]
    assert (summary.name, summary.changed) == ("redaction", 20)
    assert "names of people are not looked for" in summary.description
