import pytest

from arms.encoder.fields import FieldPlan, plan_fields
from evalsets import Extraction, Span, Split
from evalsets.schema import FieldSpec

SCHEMA = {
    "type": "object",
    "properties": {
        "age": {"type": "integer"},
        "sex": {"type": "string", "enum": ["female", "male"]},
        "drug": {"type": "string"},
        "seen": {"type": "string", "format": "date"},
        "advice": {"type": "string"},
        "ward": {"type": "string"},
    },
}


def planned() -> dict[str, FieldPlan]:
    task = Extraction(SCHEMA)
    texts, labels, evidence = [], [], []
    for i in range(20):
        sex, word = ("female", "woman") if i % 2 else ("male", "man")
        text = f"{30 + i}-year-old {word} on atorva."
        texts.append(text)
        labels.append(
            {"age": 30 + i, "sex": sex, "drug": "atorvastatin", "advice": f"rest {i} d", "ward": f"W{i % 2}"}
        )
        drug = text.index("atorva")
        evidence.append((Span(12, 12 + len(word), "sex"), Span(drug, drug + 6, "drug")))
    split = Split(tuple(texts), tuple(labels), evidence=tuple(evidence))
    spans = [task.spans_of(r, t, e) for r, t, e in zip(labels, texts, evidence, strict=True)]
    return {plan.path: plan for plan in plan_fields(task, split, spans)}


def test_how_a_field_is_learned_follows_from_where_its_values_are() -> None:
    plans = planned()
    assert (plans["age"].found, plans["age"].stated, plans["age"].values) == (20, 20, ())
    assert plans["sex"].tagged
    assert plans["sex"].values == ("female", "male")
    assert plans["ward"].values == ("W0", "W1")
    assert not plans["ward"].tagged
    assert not plans["advice"].tagged
    assert not plans["advice"].values
    assert plans["seen"].stated == 0


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [
        ("sex", "woman", "female"),
        ("sex", "Woman", "female"),
        ("sex", "wooman", "female"),
        ("sex", "Female", "female"),
        ("sex", "nurse", None),
        ("drug", "atorva", "atorvastatin"),
        ("drug", "aspirin", "aspirin"),
        ("age", "81", 81),
        ("age", "81 years", 81),
        ("age", "81 or 82", None),
    ],
)
def test_spans_are_read_as_train_wrote_them_or_by_type(path: str, text: str, value: object) -> None:
    assert planned()[path].read(text, day_first=False) == value


def test_dates_become_iso() -> None:
    plan = FieldPlan(FieldSpec("seen", "date"), 1, 1, {}, ())
    assert plan.read("March 5, 2024", day_first=False) == "2024-03-05"
    assert plan.read("05/03/2024", day_first=True) == "2024-03-05"
