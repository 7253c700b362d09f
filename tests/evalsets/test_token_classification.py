from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Sequence, Value
from hypothesis import given
from hypothesis import strategies as st

from evalsets import DataError, EvalSet, Span, TokenClassification, check_files, task_from_json
from evalsets.loaders import read_split
from evalsets.tasks.token_classification import matched

from .conftest import Writer, reader

CONLL = """-DOCSTART- -X- O O

# hospital = north
Aspirin NN B-drug
helps VB O
. . O

# hospital = south
Breast NN B-disease
cancer NN I-disease
"""
TEXT = "Aspirin for breast cancer"
GOOD = {"text": TEXT, "spans": [{"start": 0, "end": 7, "label": "drug"}]}
TASK = TokenClassification(("disease", "drug"))


def conll(tmp_path: Path, content: str, name: str = "x.conll", **options: Any) -> Any:
    file = tmp_path / name
    file.write_text(content)
    return read_split(file, reader(task="token_classification", **options))


def test_column_files(tmp_path: Path) -> None:
    split = conll(tmp_path, CONLL, group="hospital")
    assert split.texts == ("Aspirin helps .", "Breast cancer")
    assert split.labels == ((Span(0, 7, "drug"),), (Span(0, 13, "disease"),))
    assert split.tokens == (((0, 7), (8, 13), (14, 15)), ((0, 6), (7, 13)))
    assert split.groups == ("north", "south")
    assert split.rows == (4, 9)
    assert split.take([1]).tokens == (split.tokens[1],)


@pytest.mark.parametrize("name", ["x.conll", "x.iob", "x.bio", "x.iob2", "x.tsv", "x.txt"])
@pytest.mark.parametrize(
    "tags", ["B-x I-x O B-x", "I-x I-x O I-x", "B-x E-x O S-x", "B-x L-x O U-x", "B I O B"]
)
def test_schemes_and_suffixes(tmp_path: Path, name: str, tags: str) -> None:
    rows = zip("a bb c d".split(), tags.split(), strict=True)
    label = "x" if "-" in tags else "entity"
    split = conll(tmp_path, "".join(f"{token}\t{tag}\r\n" for token, tag in rows), name)
    assert split.labels == ((Span(0, 4, label), Span(7, 8, label)),)


def test_tag_column_and_forced_scheme(tmp_path: Path) -> None:
    content = "a I-x NN\nb I-x NN\n"
    assert conll(tmp_path, content, tag_column=1).labels == ((Span(0, 3, "x"),),)
    with pytest.raises(DataError, match=r"row 1, field 'tag': 'I-x' after the start continues no entity"):
        conll(tmp_path, content, tag_column=1, scheme="IOB2")
    assert conll(tmp_path, content, tag_column=1, scheme="IOB2", repair_tags=True).labels[0] == (
        Span(0, 3, "x"),
    )


def test_messages_of_column_files(tmp_path: Path) -> None:
    file = tmp_path / "x.conll"
    with pytest.raises(DataError) as caught:
        conll(tmp_path, "a\tB-x\nb\tO\n\nc\tO\nd\tI-x\n")
    assert str(caught.value) == (
        f"{file}, row 5, field 'tag': 'I-x' after 'O' continues no entity. Mend the tag, which is read as "
        "IOB2; name another scheme with scheme=, or pass repair_tags=True to let such a tag begin an entity."
    )
    with pytest.raises(DataError) as caught:
        conll(tmp_path, "a\tB-x\nb\n")
    assert str(caught.value) == (
        f"{file}, row 2, field 'tag': the line has 1 column, no tag in column -1. Write the token, a tab "
        "and its tag, or name the tag's column with tag_column=."
    )
    with pytest.raises(DataError, match="row 1, field 'token': the token is empty"):
        conll(tmp_path, "\tB-x\n")
    with pytest.raises(DataError, match="row 1, field 'hospital': the sentence has no group"):
        conll(tmp_path, "a\tO\n", group="hospital")
    with pytest.raises(DataError, match="there are no rows"):
        conll(tmp_path, "-DOCSTART- O\n\n")
    file.write_bytes(b"a\tO\n\xff\tO\n")
    with pytest.raises(DataError, match="byte 0xff"):
        read_split(file, reader(task="token_classification"))
    with pytest.raises(DataError, match=r"scheme is 'IOB3'\. Use one of 'IOB1', 'IOB2'"):
        conll(tmp_path, "a\tO\n", scheme="IOB3")
    with pytest.raises(DataError, match=r"'shceme' is no option .*Did you mean 'scheme'\?"):
        conll(tmp_path, "a\tO\n", shceme="IOB1")
    with pytest.raises(DataError, match=r"tokens and tags.*task='token_classification'"):
        read_split(file)


def test_check_lists_every_broken_sentence(tmp_path: Path) -> None:
    train, test = tmp_path / "train.conll", tmp_path / "test.conll"
    train.write_text("a\tB-x\n\nb\tO\nc\tI-x\n\nd\n\ne\tI-x\n\nf\tB-x\n")
    test.write_text("g\tB-x\n\nh\tB-y\n")
    findings = check_files(train=train, test=test, task="token_classification")
    assert [(f.code, f.split, f.row) for f in findings if f.level == "error"][:3] == [
        ("bad_row", "train", 6),
        ("bad_row", "train", 4),
        ("bad_row", "train", 8),
    ]
    unseen = next(f for f in findings if f.code == "unseen_labels")
    assert unseen.problem == "1 of 2 rows has an entity type never seen in train: 'y'"


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "tsv", "parquet"])
def test_spans_in_every_table_format(write: Writer, suffix: str) -> None:
    spans: Any = [{"start": 12, "end": 26, "label": "disease"}, {"start": 0, "end": 7, "label": "drug"}]
    text = "Aspirin for  breast cancer"
    cell = spans if suffix in ("jsonl", "parquet") else json.dumps(spans)
    file = write(f"x.{suffix}", [{"text": text, "spans": cell}])
    split = read_split(file, reader(task="token_classification"))
    assert split.labels == ((Span(0, 7, "drug"), Span(13, 26, "disease")),), "edges of white space are cut"
    assert split.tokens is None


def test_triples_other_names_and_the_longest_of_overlapping(write: Writer) -> None:
    spans = [[12, 25, "disease"], [19, 25, "organ"], [0, 7, "drug"], [0, 7, "drug"]]
    file = write("x.jsonl", [{"text": TEXT, "entities": spans}])
    split = read_split(file, reader(task="token_classification", overlapping="longest"))
    assert split.labels == ((Span(0, 7, "drug"), Span(12, 25, "disease")),)


@pytest.mark.parametrize(
    ("spans", "field", "problem"),
    [
        ([[12, 26, "x"]], "spans.0", "the span 12–26 lies outside the text, which has 25"),
        ([[0, 7, "x"], [3, 3, "x"]], "spans.1", "the span 3–3 is empty"),
        ([[-1, 3, "x"]], "spans.0", "lies outside"),
        ([{"start": 0, "end": 7}], "spans.0", "a span has no label"),
        ([{"start": 0, "label": "x"}], "spans.0", "a span has no end"),
        ([{"start": "0", "end": 7, "label": "x"}], "spans.0", "the start of a span is '0'"),
        ([[7, 8, "x"]], "spans.0", "holds only white space"),
        (["drug"], "spans.0", "a span is 'drug'"),
        ("drug", "spans", "not JSON"),
        ({"a": 1}, "spans", "a dict, not a list"),
        (None, "spans", "missing"),
        (
            [{"start": 1, "end": 8, "label": "x", "text": "Aspirin"}],
            "spans.0",
            "the span 1–8 is said to be 'Aspirin', but the text there is 'spirin '",
        ),
        (
            [[12, 25, "x"], [19, 25, "y"]],
            "spans",
            "two spans overlap: 12–25 'x' ('breast cancer') and 19–25 'y' ('cancer')",
        ),
    ],
)  # fmt: skip
def test_messages_of_spans(write: Writer, spans: Any, field: str, problem: str) -> None:
    file = write("x.jsonl", [GOOD, {"text": TEXT, "spans": spans}])
    with pytest.raises(DataError) as caught:
        read_split(file, reader(task="token_classification"))
    assert (caught.value.file, caught.value.row, caught.value.field) == (str(file), 2, field)
    assert problem in caught.value.problem
    assert caught.value.remedy


def test_datasets_with_tokens_and_class_names() -> None:
    features = Features(
        {
            "tokens": Sequence(Value("string")),
            "ner_tags": Sequence(ClassLabel(names=["O", "B-drug", "I-drug"])),
        }
    )

    def table(start: int) -> Dataset:
        return Dataset.from_dict(
            {
                "tokens": [["take", f"aspirin{i}", "forte"] for i in range(start, start + 12)],
                "ner_tags": [[0, 1, 2]] * 12,
            },
            features=features,
        )

    data = EvalSet.from_datasets(DatasetDict(train=table(0), test=table(50)), task="token_classification")
    assert data.task == TokenClassification(("drug",))
    assert data.train.tokens is not None
    assert {data.test.texts[i][s.start : s.end] for i, g in enumerate(data.test.labels) for s in g} == {
        f"aspirin{i} forte" for i in range(50, 62)
    }
    bad = Dataset.from_dict({"tokens": [["a", "b"]], "ner_tags": [[0]]}, features=features)
    with pytest.raises(DataError, match="test, row 1, field 'ner_tags': there are 1 tags for 2 tokens"):
        EvalSet.from_datasets(DatasetDict(train=table(0), test=bad), task="token_classification")


def test_rows_of_tokens(write: Writer) -> None:
    file = write(
        "x.jsonl", [{"tokens": ["a", "b"], "tags": ["O", "B-x"]}, {"tokens": ["c"], "tags": ["I-x"]}]
    )
    with pytest.raises(DataError, match=r"row 2, field 'tags': 'I-x' after the start .*\(tag 1 of 1\)"):
        read_split(file, reader(task="token_classification"))
    numbers = write("y.jsonl", [{"tokens": ["a", "b"], "ner_tags": [0, 1]}])
    with pytest.raises(DataError, match=r"a tag is 0.*datasets feature"):
        read_split(numbers, reader(task="token_classification"))


def test_scores_by_hand() -> None:
    gold = [(Span(0, 7, "drug"), Span(12, 25, "disease")), (), (Span(0, 3, "drug"),)]
    predicted: list[Any] = [(Span(0, 7, "drug"), Span(19, 25, "disease")), (Span(1, 2, "organ"),), None]
    scores = TASK.scores(gold, predicted)
    assert scores["entity_f1"] == pytest.approx(2 * 1 / (3 + 3))
    assert scores["partial_f1"] == pytest.approx(2 * 1.5 / (3 + 3))
    assert scores["entity_macro_f1"] == pytest.approx((2 / 3 + 0) / 2)
    assert TASK.item_scores(gold, predicted).tolist() == [0.5, 0, 0]
    assert TASK.item_scores([(), ()], [(), None]).tolist() == [1, 0]
    drug = next(s for s in TASK.per_label(gold, predicted) if s.label == "drug")
    assert (drug.precision, drug.recall, drug.support) == (1.0, 0.5, 2)


def test_predictions_survive_json_and_are_shown() -> None:
    value = (Span(12, 25, "disease"), Span(0, 7, "drug"))
    plain = json.loads(json.dumps(TASK.to_plain(value)))
    assert TASK.from_plain(plain) == (Span(0, 7, "drug"), Span(12, 25, "disease"))
    assert TASK.to_plain(None) is TASK.from_plain(None) is None
    assert TASK.show(value, TEXT) == "breast cancer (disease), Aspirin (drug)"
    assert TASK.show(()) == "none"
    assert TASK.score([value], [plain]) == 1
    described = TokenClassification(("a",), {"a": "what"}, "partial_f1")
    assert task_from_json(json.loads(json.dumps(described.to_json()))) == described


flat = st.lists(st.integers(0, 30), max_size=12, unique=True).map(
    lambda cuts: [Span(a, b, "x") for a, b in zip(sorted(cuts)[::2], sorted(cuts)[1::2], strict=False)]
)
free = st.lists(
    st.builds(lambda a, n: Span(a, a + n, "x"), st.integers(0, 28), st.integers(1, 9)),
    max_size=7,
    unique=True,
)


@given(flat, free)
def test_partial_matches_are_as_many_as_there_can_be(gold: list[Span], predicted: list[Span]) -> None:
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    meets = np.array([[g.start < p.end and p.start < g.end for p in predicted] for g in gold])
    best = 0 if not meets.size else int(meets[linear_sum_assignment(meets, maximize=True)].sum())
    assert matched(gold, predicted) == best


@given(flat, free)
def test_partial_is_between_exact_and_one(gold: list[Span], predicted: list[Span]) -> None:
    scores = TokenClassification(("x",)).scores([gold], [predicted])
    assert scores["entity_f1"] <= scores["partial_f1"] + 1e-12 <= 1 + 1e-12
