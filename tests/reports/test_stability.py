"""The section on stability, and what the report says of how to reproduce it."""

from __future__ import annotations

from decide.source import Source
from tests.reports import make
from tests.reports.fixture_stability import PROMPTED, TUNED, stability
from tests.reports.partial import page_of


def test_flip_rates_and_unstable_models_are_shown() -> None:
    page = page_of("stability", stability=stability())
    for text in (
        "6.4%",
        "4.9% to 7.9%",
        "5.4% to 7.4% over 3 pairs",
        "differ: 0.832, 0.829",
        "equal, 0.741; probabilities differ by up to 0.0310",
        "chance has no part in it",
        "the repetition failed: the server has gone",
        "unstable model",
        "Unstable: the name 'fixture-mini <latest>' holds no date.",
        "System fingerprint: fp_1, fp_2.",
    ):
        assert text in page.text, text
    assert "was not measured: each run was made once" not in page.text


def test_what_was_not_measured_is_said() -> None:
    page = page_of("stability", stability=stability(repeats=1))
    assert "was not measured: each run was made once" in page.text
    assert "Same seed, run" not in page.text
    assert TUNED in page.text


def test_a_comparison_without_the_record_has_no_section() -> None:
    page = page_of("summary", "stability", stability=None)
    assert "How stable are the answers?" not in page.text


def test_the_source_is_named_without_a_path_and_what_determines_a_run_is_shown() -> None:
    arms = [
        a.model_copy(
            update={
                "seed_facts": [{"examples_chosen": "items 1, 2", "prompt": "long"}, {"examples_chosen": "x"}],
                "conditions": {"torch_threads": 2, "number_format": "float32"},
            }
        )
        if a.name == PROMPTED
        else a
        for a in make.arms()
    ]
    source = Source(kind="engagement", file="engagement.yaml", levels_up=1)
    page = page_of("reproduce", results=arms, source=source)
    for text in (
        "Made from",
        "engagement.yaml",
        "decide reproduce comparison.json",
        "Worked examples in the prompt: items 1, 2",
        "torch_threads: 2",
    ):
        assert text in page.text, text
