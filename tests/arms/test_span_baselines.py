from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest

from arms import CRF, Arm, ArmError, FitContext, Gazetteer, Majority, arm_from_config
from arms.baselines.crf_features import TOKENS, best_way, features, offsets_of, shape, short_shape
from evalsets import EvalSet, Span, Split, TextClassification, TokenClassification

CITIES, PEOPLE = "Lund Graz Jena Bern Metz Pisa".split(), "Ada Bo Cy Di Ed Flo".split()


def sentences(n: int, seed: int) -> Split:
    """``Ada flew from Lund to Graz``: names by what stands before them."""
    rng = random.Random(seed)
    texts, golds = [], []
    for i in range(n):
        parts = [(rng.choice(PEOPLE), "person"), ("flew from", ""), (rng.choice(CITIES), "city")]
        parts += [("to", ""), (rng.choice(CITIES), "city"), (f"in row {i} .", "")]
        text, spans = "", []
        for words, label in parts:
            start = len(text)
            text += words + " "
            if label:
                spans.append(Span(start, start + len(words), label))
        texts.append(text.strip())
        golds.append(tuple(spans))
    return Split(tuple(texts), tuple(golds))


@pytest.fixture(scope="module")
def journeys() -> EvalSet:
    return EvalSet(
        "journeys",
        TokenClassification(("city", "person")),
        sentences(40, 1),
        sentences(15, 2),
        sentences(20, 3),
    )


def made(texts: list[str], golds: list[tuple[Span, ...]]) -> EvalSet:
    """Train and dev of the same texts."""
    split = Split(tuple(texts), tuple(golds))
    labels = tuple(sorted({s.label for gold in golds for s in gold}))
    return EvalSet("made", TokenClassification(labels), split, split, split)


@pytest.mark.parametrize("arm", [Gazetteer(), CRF()])
def test_names_of_train_are_found(arm: Arm, journeys: EvalSet, tmp_path: Path) -> None:
    fitted = arm.fit(journeys, 0, FitContext(tmp_path))
    predictions = fitted.predict(journeys.test.texts)
    assert journeys.task.score(journeys.test.labels, predictions.values) > 0.95
    assert fitted.record.facts["dev_score"] > 0.95
    assert fitted.record.model_bytes
    assert not arm.stochastic()


@pytest.mark.parametrize("arm", [Gazetteer(), CRF(), Majority()])
def test_texts_without_words_have_no_entities(arm: Arm, journeys: EvalSet, tmp_path: Path) -> None:
    fitted = arm.fit(journeys, 0, FitContext(tmp_path))
    assert fitted.predict(["", " \n "]).values == [(), ()]
    assert fitted.predict([]).values == []


def test_a_crf_finds_names_it_never_saw_by_their_context(journeys: EvalSet, tmp_path: Path) -> None:
    text = "Gus flew from Oslo to Kiel in row 7 ."
    wanted = (Span(0, 3, "person"), Span(14, 18, "city"), Span(22, 26, "city"))
    assert CRF().fit(journeys, 0, FitContext(tmp_path)).predict([text]).values == [wanted]
    assert Gazetteer().fit(journeys, 0, FitContext(tmp_path)).predict([text]).values == [()]


def test_fitting_twice_gives_the_same_model(journeys: EvalSet, tmp_path: Path) -> None:
    first, second = (CRF().fit(journeys, seed, FitContext(tmp_path)) for seed in (0, 1))
    assert first.record.facts == second.record.facts
    assert first.predict(journeys.test.texts).values == second.predict(journeys.test.texts).values


def test_the_longest_mention_wins_and_words_are_whole(tmp_path: Path) -> None:
    data = made(
        ["breast cancer and cancer", "a cancer"],
        [(Span(0, 13, "x"), Span(18, 24, "x")), (Span(2, 8, "x"),)],
    )
    found = Gazetteer().fit(data, 0, FitContext(tmp_path)).predict(["breast cancer, precancerous cancer."])
    assert found.values == [(Span(0, 13, "x"), Span(28, 34, "x"))]


def test_a_mention_broken_over_lines_is_found(tmp_path: Path) -> None:
    data = made(["breast cancer"], [(Span(0, 13, "x"),)])
    assert Gazetteer().fit(data, 0, FitContext(tmp_path)).predict(["breast\ncancer"]).values == [
        (Span(0, 13, "x"),)
    ]


def test_words_may_be_cut_where_there_are_no_spaces(tmp_path: Path) -> None:
    data = made(["患者有糖尿病史"], [(Span(3, 6, "x"),)])
    assert Gazetteer().fit(data, 0, FitContext(tmp_path)).predict(["糖尿病史"]).values == [()]
    loose = Gazetteer(whole_words=False).fit(data, 0, FitContext(tmp_path))
    assert loose.predict(["糖尿病史"]).values == [(Span(0, 3, "x"),)]


def test_dev_drops_mentions_that_are_mostly_something_else(tmp_path: Path) -> None:
    texts = ["was seen as was AS", "was fine", "was ill"]
    golds: list[tuple[Span, ...]] = [(Span(0, 3, "x"), Span(16, 18, "x")), (), ()]
    fitted = Gazetteer().fit(made(texts, golds), 0, FitContext(tmp_path))
    assert fitted.record.facts["min_precision"] > 0.25
    assert fitted.record.facts["entries"] == 1
    assert fitted.predict(["was as AS"]).values == [(Span(7, 9, "x"),)]


def test_dev_chooses_whether_case_matters(tmp_path: Path) -> None:
    train = Split(("Gout there", "none"), ((Span(0, 4, "x"),), ()))
    dev = Split(("GOUT", "İ gout"), ((Span(0, 4, "x"),), (Span(2, 6, "x"),)))
    data = EvalSet("case", TokenClassification(("x",)), train, dev, dev)
    fitted = Gazetteer().fit(data, 0, FitContext(tmp_path))
    assert fitted.record.facts["ignore_case"] is True
    assert fitted.predict(dev.texts).values == list(dev.labels)
    strict = Gazetteer(ignore_case=False).fit(data, 0, FitContext(tmp_path))
    assert strict.record.facts["dev_score"] == 0


def test_a_mention_that_never_stands_alone_is_dropped(tmp_path: Path) -> None:
    data = made(["precancerous"], [(Span(3, 9, "x"),)])
    fitted = Gazetteer(min_precision=(0.5,)).fit(data, 0, FitContext(tmp_path))
    assert fitted.record.facts["entries"] == 0
    assert fitted.predict(["cancer"]).values == [()]


def test_a_label_is_the_most_frequent_one(tmp_path: Path) -> None:
    data = made(["Bath"] * 3, [(Span(0, 4, "town"),), (Span(0, 4, "tub"),), (Span(0, 4, "tub"),)])
    assert Gazetteer().fit(data, 0, FitContext(tmp_path)).predict(["Bath"]).values == [(Span(0, 4, "tub"),)]


def test_tokens_are_cut_as_the_spans_of_train_are() -> None:
    assert [("40mg x_1"[a:b]) for a, b in offsets_of("40mg x_1", "words")] == ["40mg", "x_1"]
    assert [("40mg x_1"[a:b]) for a, b in offsets_of("40mg x_1", "fine")] == ["40", "mg", "x", "_", "1"]
    assert best_way(["take 40mg"], [[Span(5, 9, "dose")]]) == ("words", 1.0)
    assert best_way(["take 40mg"], [[Span(5, 7, "number")]]) == ("fine", 1.0)
    assert best_way(["take 40mg"], [[Span(6, 9, "odd")]])[1] == 0


@pytest.mark.parametrize("way", TOKENS)
def test_no_character_is_lost_between_tokens(way: str) -> None:
    text = "Größe: 3,5 cm (≈1½″)\n\tnaïve e\u0301 x_y"
    assert "".join(text[a:b] for a, b in offsets_of(text, way)) == "".join(text.split())


def test_features_tell_lines_and_shapes() -> None:
    text = "Dose:\nBRCA12"
    rows = features(text, offsets_of(text, "words"))
    assert len(rows) == 3
    assert "begins line" in rows[0]
    assert "no space before" in rows[1]
    assert {"begins line", "w-2=dose", "w1=</s>", "e3=a12", "short=A0"} <= set(rows[2])
    assert (shape("Xa-07"), short_shape("BRCA12")) == ("Aa-00", "A0")


def test_spans_that_cut_tokens_are_said(tmp_path: Path) -> None:
    data = made(["cancerous growth"], [(Span(0, 6, "x"), Span(10, 16, "x"))])
    record = CRF(c1=(0.1,), c2=(0.1,)).fit(data, 0, FitContext(tmp_path)).record
    assert record.facts["aligned"] == 0.5
    assert "50.0% of the spans of train begin or end within a token" in record.notes[0]


def test_they_refuse_other_tasks(toy: EvalSet) -> None:
    assert isinstance(toy.task, TextClassification)
    for arm in (CRF(), Gazetteer()):
        with pytest.raises(ArmError, match="cannot do text_classification"):
            arm.check(toy)


def test_they_are_made_from_plain_settings() -> None:
    assert arm_from_config({"kind": "crf", "c1": [0.1]}) == CRF(c1=(0.1,))
    assert arm_from_config({"kind": "gazetteer", "ignore_case": True}) == Gazetteer(ignore_case=True)
    for wrong in (
        {"kind": "crf", "c2": []},
        {"kind": "crf", "c2": [-1]},
        {"kind": "gazetteer", "min_precision": [2]},
    ):
        with pytest.raises(ArmError, match="Settings of arm"):
            arm_from_config(wrong)


def test_disease_mentions_are_found_again(shared_data: Path, tmp_path: Path) -> None:
    files = {part: shared_data / "ncbi_disease" / f"{part}.conll" for part in ("train", "dev", "test")}
    allow = ("leakage", "duplicates", "conflicting_labels")
    data = EvalSet.from_files(**files, task="token_classification", allow=allow)  # type: ignore[arg-type]
    fitted = Gazetteer().fit(data, 0, FitContext(tmp_path))
    found = fitted.predict(data.test.texts).values
    assert 0.6 < data.task.score(data.test.labels, found) < 0.8
    for text, spans in zip(data.test.texts, found, strict=True):
        assert all(0 <= s.start < s.end <= len(text) for s in spans)
        assert all(a.end <= b.start for a, b in itertools.pairwise(spans))
    few = EvalSet("few", data.task, data.train.take(range(600)), data.dev.take(range(200)), data.test)
    tagger = CRF(c1=(0.1,), c2=(0.1,), iterations=40).fit(few, 0, FitContext(tmp_path))
    assert data.task.score(data.test.labels, tagger.predict(data.test.texts).values) > 0.5
