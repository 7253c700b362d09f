import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

import decide
from arms import FitContext, FittedArm, Predictions
from arms.base import FitRecord
from decide.perturbations import (
    PERTURBATIONS,
    Abbreviations,
    DateFormats,
    Edit,
    Lowercase,
    OCRNoise,
    Perturbation,
    Titlecase,
    Typos,
    Uppercase,
    Whitespace,
    perturb_split,
    perturbations_from,
)
from evalsets import EvalSet, Split
from evalsets.spans import Span
from tests.decide.test_compare import Fixed

TEXT = "Pt seen on 03/04/2024 at 10:15 for SOB. Hx of hypertension, without fever. Follow-up by Dr Miller."


def applied(perturbation: Perturbation, text: str = TEXT, seed: int = 0) -> str:
    return perturbation.apply(text, random.Random(seed))[0]


class Given(Perturbation):
    name = "given"

    def __init__(self, *edits: Edit) -> None:
        self.given = list(edits)

    def edits(self, text: str, rng: random.Random) -> list[Edit]:
        return self.given

    def describe(self) -> str:
        return "as given"


def test_spans_move_with_the_edits_before_and_within_them() -> None:
    text = "Mrs Ann Lee in Rome"
    spans = (Span(4, 11, "PER"), Span(15, 19, "LOC"))
    new, moved = Given(Edit(0, 3, "Mistress"), Edit(7, 8, "   "), Edit(11, 15, " at ")).apply(
        text, random.Random(0), spans
    )
    assert new == "Mistress Ann   Lee at Rome"
    assert [new[s.start : s.end] for s in moved] == ["Ann   Lee", "Rome"]


def test_an_edit_across_the_edge_of_a_span_is_left_out() -> None:
    new, moved = Given(Edit(2, 6, "x"), Edit(8, 9, "y")).apply(
        "abcdefghij", random.Random(0), (Span(4, 8, "X"),)
    )
    assert new == "abcdefghyj"
    assert moved == (Span(4, 8, "X"),)


@pytest.mark.parametrize("name", sorted(PERTURBATIONS))
def test_edits_are_ordered_within_the_text_and_keep_spans_whole(name: str) -> None:
    perturbation = PERTURBATIONS[name]()
    for seed in range(30):
        edits = perturbation.edits(TEXT, random.Random(seed))
        ends = [0, *(place for e in edits for place in (e.start, e.end)), len(TEXT)]
        assert ends == sorted(ends)
        assert all(TEXT[e.start : e.end] != e.text for e in edits)
        start = TEXT.index("Dr Miller")
        span = Span(start, start + len("Dr Miller"), "PER")
        new, (moved,) = perturbation.apply(TEXT, random.Random(seed), (span,))
        inner = [e for e in edits if span.start <= e.start and e.end <= span.end]
        if not inner:
            assert new[moved.start : moved.end] == "Dr Miller"
        else:
            part, _ = Given(*(Edit(e.start - start, e.end - start, e.text) for e in inner)).apply(
                "Dr Miller", random.Random(0)
            )
            assert new[moved.start : moved.end] == part
    assert perturbation.describe()


def test_case() -> None:
    assert applied(Lowercase()) == TEXT.lower()
    assert applied(Uppercase()) == TEXT.upper()
    assert applied(Titlecase(), "the MRI of mcDonald") == "The Mri Of Mcdonald"


def test_dates_stay_the_same_day_in_another_format() -> None:
    seen = {applied(DateFormats(), "on 03/04/2024.", seed) for seed in range(40)}
    assert seen == {
        "on 2024-03-04.", "on 04.03.2024.", "on 4 March 2024.", "on March 4, 2024.", "on 4 Mar 2024.",
    }  # fmt: skip
    assert "April" in {applied(DateFormats(order="day"), "03/04/2024", s) for s in range(40)}.__str__()
    for wrong in ("31/31/2024", "12.13.2024", "10:15", "1234/03/04", "version 2024"):
        assert applied(DateFormats(), wrong) == wrong


def test_abbreviations_go_both_ways_as_whole_words() -> None:
    found = applied(Abbreviations(), "Pt with SOB, hx of hypertension. Optics, sob. Patient ok")
    assert found == "Patient with shortness of breath, history of HTN. Optics, sob. Pt ok"
    assert applied(Abbreviations(pairs={"st": "street"}), "High street, SOB") == "High st, SOB"


def test_noise_is_as_frequent_as_stated() -> None:
    long = "the quick brown mill could be closed 1058 times " * 200
    whole = len(OCRNoise(rate=1.0).edits(long, random.Random(0)))
    assert len(OCRNoise(rate=0.1).edits(long, random.Random(0))) == pytest.approx(whole * 0.1, rel=0.15)
    words = len(Typos(rate=1.0).edits(long, random.Random(0)))
    assert words == 200 * 6
    assert len(Typos(rate=0.2).edits(long, random.Random(0))) == pytest.approx(words * 0.2, rel=0.15)
    spaced = applied(Whitespace(rate=1.0))
    assert spaced.split() == TEXT.split()
    assert spaced != TEXT


def test_damage_depends_on_the_text_alone(toy: EvalSet) -> None:
    whole = perturb_split(toy.test, Typos(), "text_classification")
    part = perturb_split(toy.test.take([5, 3]), Typos(), "text_classification")
    assert part.split.texts == (whole.split.texts[5], whole.split.texts[3])
    assert 0 < whole.changed <= len(toy.test)
    assert perturb_split(toy.test, Typos(), "text_classification", seed=1).split.texts != whole.split.texts


def test_gold_spans_of_a_split_move_along() -> None:
    split = Split(("SOB, says Dr Miller.",), ((Span(10, 19, "PER"),),), tokens=(((0, 3),),))
    new = perturb_split(split, Abbreviations(), "token_classification").split
    (span,) = new.labels[0]
    assert new.texts[0][span.start : span.end] == "Dr Miller"
    assert new.texts[0].startswith("shortness of breath")
    assert new.tokens is None


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (("smudge",), "Unknown perturbation 'smudge'. Known are: abbreviations, case, dates"),
        ("ocr", r"Give 'all' or names, such as \('ocr',\)"),
        (("ocr", OCRNoise(rate=0.5)), "given twice"),
        (({"name": "ocr", "rate": 3},), "Settings of perturbation ocr are wrong: rate"),
        ((), "is empty"),
    ],
)
def test_wrong_perturbations_are_refused(toy: EvalSet, wanted: object, message: str) -> None:
    with pytest.raises(decide.DecideError, match=message):
        decide.compare(toy, [decide.Majority()], perturbations=wanted, isolate=False)  # type: ignore[arg-type]


def test_names_groups_and_settings_give_perturbations() -> None:
    found = perturbations_from(("case", {"name": "ocr", "rate": 0.5}))
    assert [p.name for p in found] == ["lowercase", "uppercase", "titlecase", "ocr"]
    assert found[-1] == OCRNoise(rate=0.5)
    assert {p.name for p in perturbations_from("all")} == set(PERTURBATIONS)
    assert perturbations_from(None) == ()


class SeesLowercase(FittedArm):
    def __init__(self, gold: dict[str, str]) -> None:
        self.record, self.gold = FitRecord(), gold

    def predict(self, texts: Sequence[str]) -> Predictions:
        return Predictions(values=[self.gold.get(t, "billing") for t in texts])


class Brittle(Fixed):
    """Right on the test texts exactly as they are."""

    def fit(self, evalset: EvalSet, seed: int, context: FitContext) -> FittedArm:
        return SeesLowercase(dict(zip(evalset.test.texts, evalset.test.labels, strict=True)))


def test_the_drop_of_each_arm_under_each_perturbation(toy: EvalSet, tmp_path: Path) -> None:
    arms = [Brittle(name="brittle"), decide.TfidfLogistic(name="linear")]
    wanted = ("uppercase", "dates")
    result = decide.compare(toy, arms, perturbations=wanted, seeds=2, run_dir=tmp_path, isolate=False)
    found = result.robustness
    assert found is not None
    assert [(p.name, p.changed) for p in found.perturbations] == [("uppercase", 40), ("dates", 0)]
    brittle, linear = found.arms
    upper, dates = brittle.drops
    assert upper.drop.value > 0.5
    assert upper.drop.low is not None
    assert 0.5 < upper.drop.low <= upper.drop.value <= (upper.drop.high or 0)
    assert upper.score.value + upper.drop.value == pytest.approx(1.0)
    assert upper.changed_answers == sum(label != "billing" for label in toy.test.labels) / 40
    assert (dates.drop.value, dates.changed_answers) == (0, 0)
    assert brittle.mean_drop == upper.drop  # dates changed no text
    assert (brittle.worst, linear.drops[0].drop.value) == ("uppercase", 0)
    assert "most under uppercase" in brittle.statement
    assert linear.statement == "linear loses nothing under any of the perturbations."
    assert decide.load(result.to_json(tmp_path / "c.json")) == result
    assert "On damaged texts" in result.to_html(tmp_path / "c.html").read_text()


def test_perturbations_can_stand_in_an_engagement_file(tmp_path: Path) -> None:
    from decide.engagement import read_engagement

    file = tmp_path / "e.yaml"
    settings: dict[str, object] = {"data": {"train": "a", "test": "b"}, "arms": [{"kind": "majority"}]}
    file.write_text(json.dumps({**settings, "perturbations": ["case", {"name": "ocr", "rate": 0.1}]}))
    assert read_engagement(file).perturbations == ["case", {"name": "ocr", "rate": 0.1}]
    file.write_text(json.dumps({**settings, "perturbations": ["smudge"]}))
    with pytest.raises(decide.DecideError, match="Unknown perturbation 'smudge'"):
        read_engagement(file)
