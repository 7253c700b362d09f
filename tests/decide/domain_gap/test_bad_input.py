"""Input that cannot be assessed ends in one clear message."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import decide
from decide import cli
from evalsets import DecideError
from tests.decide.domain_gap.conftest import english

FRENCH = [
    f"le patient est dans la salle et il ne veut pas de la soupe que les autres ont pour le soir {i}"
    for i in range(30)
]
RUSSIAN = [f"пациент находится в палате и не хочет супа {i}" for i in range(30)]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (FRENCH, "reads as French"),
        (RUSSIAN, "not of the Latin alphabet"),
        (["one text only"], "one document"),
        (["the same text"] * 50, "only 1 distinct documents among 50"),
        (["a few", "texts", "only"], "only 3 documents"),
        (["  "] * 20, "no text in it"),
        ([f"{i} {i}" for i in range(30)], "no words in it"),
        (42, "Cannot read text from int"),
        ([1, 2], "Cannot read text from list"),
        ([], "Cannot read text from list"),
        ("nowhere.txt", "does not exist"),
    ],
)
def test_bad_corpus(source: object, words: str, tiny_encoder: Path) -> None:
    with pytest.raises(DecideError, match=words):
        decide.gap(source, tiny_encoder)  # type: ignore[arg-type]


def test_bad_files(tiny_encoder: Path, tmp_path: Path) -> None:
    binary, empty, line = tmp_path / "b.txt", tmp_path / "e.txt", tmp_path / "l.txt"
    binary.write_bytes(b"\0\1\2" * 100)
    empty.write_bytes(b"")
    line.write_text("all of the text on one line " * 100)
    for file, words in ((binary, "binary"), (empty, "empty"), (line, "one document of")):
        with pytest.raises(DecideError, match=words):
            decide.gap(file, tiny_encoder)


def test_another_language_with_a_reference_in_it(tiny_encoder: Path) -> None:
    other = [f"la maison est sur la rue et les gens ne sont pas dans le jardin {i}" for i in range(30)]
    report = decide.gap(FRENCH, tiny_encoder, other)
    assert any("reads as French" in n for n in report.notes)
    assert report.severity.level is None
    assert "not English" in report.severity.headline


def test_duplicates_are_left_out_with_a_note(tiny_encoder: Path) -> None:
    report = decide.gap(english(20, 1) * 3, tiny_encoder)
    assert report.domain.duplicates == 40
    assert any("exact duplicates" in n for n in report.notes)
    assert any("only 20 documents" in n for n in report.notes)


def test_text_that_is_hardly_language(tiny_encoder: Path) -> None:
    report = decide.gap([f"xqz{i} kwv{i} bbn{i} ttr{i}" for i in range(40)], tiny_encoder)
    assert any("list, code or another language" in n for n in report.notes)


@pytest.mark.parametrize("sizes", [{"sample": 3}, {"encoded": 0}])
def test_sizes_are_checked(sizes: dict[str, int], tiny_encoder: Path) -> None:
    with pytest.raises(DecideError, match="at least 10"):
        decide.gap(english(20, 1), tiny_encoder, **sizes)  # type: ignore[arg-type]


def test_model_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(DecideError, match=r"config\.json"):
        decide.gap(english(20, 1), tmp_path)


def test_model_without_tokenizer(tiny_encoder: Path, tmp_path: Path) -> None:
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).write_bytes((tiny_encoder / name).read_bytes())
    with pytest.raises(DecideError, match="tokenizer"):
        decide.gap(english(20, 1), tmp_path)


def test_model_without_a_fast_tokenizer(tiny_encoder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers import PreTrainedTokenizerFast

    monkeypatch.setattr(PreTrainedTokenizerFast, "is_fast", False)
    report = decide.gap(english(40, 1), tiny_encoder, english(40, 2))
    assert any("no fast tokenizer" in n for n in report.notes)
    assert "fast tokenizer" in report.measure("shifted_words").missing
    assert report.measure("a_distance").value is not None


def test_command_line(tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    corpus = tmp_path / "notes.txt"
    corpus.write_text("\n".join(english(40, 1)))
    arguments = ["gap", str(corpus), "--model", str(tiny_encoder)]
    done = CliRunner().invoke(cli.app, [*arguments, "--output", str(tmp_path / "gap.html")])
    assert done.exit_code == 0, done.output
    assert "Tokens per word" in done.output
    assert (tmp_path / "gap.html").is_file()
    as_json = CliRunner().invoke(cli.app, [*arguments, "--json"])
    assert json.loads(as_json.stdout)["domain"]["name"] == "notes.txt"

    monkeypatch.setattr(
        "sys.argv", ["decide", "gap", str(tmp_path / "none.txt"), "--model", str(tiny_encoder)]
    )
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 1
