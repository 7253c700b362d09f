"""With texts left out, nothing of them remains, wherever they stood."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from decide.comparison import Comparison, ErrorExample
from reports import render_html
from tests.reports import make
from tests.reports.fixture_arms import arm

SECRET = "Patient Marigold Quenby of 12 Larkspur Lane reports zolpidem withdrawal since Tuesday evening"
SHOT = "Kestrel Abernathy wanted her biopsy result by telephone"
EXPORTS = ("html", "md", "csv", "docx", "pptx")


def leaky(kind: str = "text_classification") -> Comparison:
    """A comparison that has texts in every place that could hold one."""
    example = ErrorExample(
        item=3, text=SECRET, gold="claim", predicted="other", group="north office", reason=f"said {SECRET}"
    )
    results = [
        arm(
            "A",
            examples=[example],
            facts={"prompt": f"[user]\n{SHOT}", "first": [SECRET[:60]], "dev_score": 0.5},
            seed_facts=[{"prompt": f"[user]\n{SHOT}", "best_epoch": n} for n in (1, 2)],
            notes=[f"Cut at 512 tokens: {SECRET}"],
            unanswered_reasons={SECRET: 2},
        ),
        arm("B", score=0.7, examples=[]),
    ]
    found = make.comparison(results)
    assert found.gap is not None
    words = [w.model_copy(update={"domain_contexts": [SHOT]}) for w in found.gap.shifted]
    task = {**found.data.task, "kind": kind}
    return found.model_copy(
        update={
            "gap": found.gap.model_copy(update={"shifted": words}),
            "data": found.data.model_copy(update={"task": task}),
        }
    )


def remains(text: str) -> list[str]:
    """Names and pairs of words of the texts that are in ``text``."""
    parts = []
    for words in (SECRET.split(), SHOT.split()):
        parts += [" ".join(pair) for pair in itertools.pairwise(words)]
    names = ("Marigold", "Quenby", "Larkspur", "zolpidem", "Kestrel", "Abernathy", "biopsy")
    return [part for part in (*parts, *names) if re.search(rf"\b{re.escape(part)}\b", text)]


def test_the_fixture_leaks_without_redaction() -> None:
    html = render_html(leaky())
    assert {"Marigold", "Kestrel"} <= set(remains(html))


def test_nothing_of_the_texts_is_in_the_report() -> None:
    html = render_html(leaky(), redact_examples=True)
    assert remains(html) == []
    assert f"(text withheld, {len(SECRET)} characters)" in html
    for kept in ("north office", ">claim<", ">other<"):
        assert kept in html


@pytest.mark.parametrize("format", EXPORTS)
def test_nothing_of_the_texts_is_in_an_export(format: str, tmp_path: Path) -> None:
    if format in ("docx", "pptx"):
        pytest.importorskip(format)
    file = leaky().export(tmp_path / f"c.{format}", redact_examples=True)
    data = file.read_bytes()
    if format in ("docx", "pptx"):
        import io
        import zipfile

        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            data = b"\n".join(parts.read(name) for name in parts.namelist())
    assert remains(data.decode(errors="replace")) == []


def test_nothing_of_the_texts_is_in_the_saved_copy(tmp_path: Path) -> None:
    saved = leaky().without_texts().to_json(tmp_path / "c.json").read_text()
    assert remains(saved) == []
    assert Comparison.model_validate_json(saved).arm("A").score == leaky().arm("A").score


def test_answers_that_quote_are_withheld_too() -> None:
    example = leaky("token_classification").without_texts().arm("A").examples[0]
    assert example.gold == "(withheld, 5 characters)"
    assert example.predicted == "(withheld, 5 characters)"


def test_names_of_labels_stay_even_if_a_text_is_the_same() -> None:
    example = ErrorExample(item=0, text="billing question", gold="billing question", predicted="claim")
    clean = make.comparison([arm("A", examples=[example])]).without_texts()
    assert "billing question" in clean.data.labels
    assert clean.arm("A").examples[0].gold == "billing question"
