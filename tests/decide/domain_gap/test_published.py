"""The published tables, the predictor fitted on them, and the regret of following it."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from decide.domain_gap.published import (
    Case,
    Features,
    cases,
    domains,
    evidence_model,
    language_model_cases,
    mean_regret,
    regret_markdown,
    regret_table,
    variants_markdown,
)
from decide.domain_gap.published import gain as predictor
from decide.domain_gap.published.regret import COSTS, coverage

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs" / "domain-gap.md"


@pytest.fixture(scope="module")
def published() -> Path:
    """Folder of the tables as they were published to us, beside the repository."""
    import os

    data = Path(os.environ.get("DECIDE_DATA", ROOT.parent / "shared" / "data"))
    folder = data.parent / "published"
    if not folder.is_dir():
        pytest.skip(f"the published tables are not here: no folder {folder} (set DECIDE_DATA)")
    return folder


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_judged_rows_are_those_of_the_given_table(published: Path) -> None:
    given = rows_of(published / "adaptation_gains.csv")
    judged = [c for c in cases() if c.judged]
    assert len(judged) == len(given)
    for row, case in zip(given, judged, strict=True):
        for name in ("dataset", "domain", "task", "metric", "base_model", "source"):
            assert getattr(case, name) == row[name]
        for name in ("base", "base_sd", "adapted", "adapted_sd", "runs"):
            assert getattr(case, name) == float(row[name])
        assert (case.kind == "task_text") == row["adaptation"].startswith("tapt")


def test_domains_and_language_models_are_those_given(published: Path) -> None:
    for row, domain in zip(rows_of(published / "domain_overlap.csv"), domains(), strict=True):
        assert domain.domain == row["domain"]
        assert domain.overlap_percent == float(row["overlap_percent_with_roberta_pretraining"])
        assert (domain.loss_before, domain.loss_after) == (
            float(row["mlm_loss_before"]),
            float(row["mlm_loss_after_dapt"]),
        )
    given = rows_of(published / "llm_versus_fine_tuned.csv")
    for row, case in zip(given, language_model_cases(), strict=True):
        assert case.model_dump(mode="json") == {
            k: float(v) if k.startswith(("gpt4", "fine_tuned")) else v for k, v in row.items()
        }


def test_severity_anchors_are_the_published_domains() -> None:
    from decide.domain_gap.severity import ANCHORS

    assert [(a.domain, a.value) for a in ANCHORS] == [(d.domain, d.overlap_percent) for d in domains()]


def test_gain_and_noise_of_a_case() -> None:
    first = cases()[0]
    assert first.gain == pytest.approx(2.3)
    assert first.noise == pytest.approx((1.0**2 + 0.2**2) / 5)


def test_nothing_is_learnt_from_the_data_set_being_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    before = evidence_model("chemprot")
    changed = tuple(
        c.model_copy(update={"adapted": c.base - 40}) if c.dataset == "chemprot" else c for c in cases()
    )
    monkeypatch.setattr(predictor, "cases", lambda: changed)
    predictor._selected.cache_clear()
    try:
        after, whole = evidence_model("chemprot"), evidence_model()
        assert after.predict(Features(1000)) == before.predict(Features(1000))
        assert whole.predict(Features(1000)) != before.predict(Features(1000))
    finally:
        predictor._selected.cache_clear()


def test_unknown_features_widen_the_interval_and_nothing_is_extrapolated() -> None:
    model = evidence_model()
    middle = 10 ** float(model.center[model.columns.index("labels")])
    known, unknown = model.predict(Features(middle)), model.predict(Features())
    assert unknown[0] == pytest.approx(known[0])
    assert unknown[1] > known[1]
    assert model.predict(Features(1)) == model.predict(Features(500))
    assert model.predict(Features(1e9)) == model.predict(Features(115_251))
    assert model.predict(Features(500))[0] > model.predict(Features(100_000))[0]


def test_interval_and_probability_agree() -> None:
    model, features = evidence_model(), Features(2000)
    estimate = model.estimate(features)
    assert estimate.low is not None
    assert estimate.high is not None
    assert model.probability_above(features, estimate.low) == pytest.approx(0.975)
    assert model.probability_above(features, estimate.value) == pytest.approx(0.5)


def test_equal_cases_are_predicted_exactly() -> None:
    rows = [
        Case.model_validate(
            cases()[0].model_dump() | {"dataset": f"d{i}", "train_documents": 1000 * (i + 1), "adapted": 83.9}
        )
        for i in range(6)
    ]
    for name, columns in predictor.CANDIDATES.items():
        model = predictor.fit(rows, name, {})
        assert model.predict(Features(2500, 27.3, 0.0))[0] == pytest.approx(2.0, abs=1e-6)
        assert predictor.left_out_error(rows, columns) == pytest.approx(0, abs=1e-6)


def test_rows_of_one_data_set_count_as_one() -> None:
    once = list(cases()[:8])
    weight = predictor.weights(once, 1e9)
    for name in {c.dataset for c in once}:
        assert sum(w for w, c in zip(weight, once, strict=True) if c.dataset == name) == pytest.approx(
            1, abs=1e-6
        )


def test_regret_is_that_of_its_definition() -> None:
    table = regret_table((0.5, 1.0))
    assert len(table) == 15
    for row in table.to_dict("records"):
        for cost in (0.5, 1.0):
            net = row["gain"] - cost
            adapted = row[f"action at {cost:g}"] == "adapt"
            assert adapted == (row["expected"] > cost)
            assert row[f"regret at {cost:g}"] == pytest.approx(max(net, 0) - (net if adapted else 0))
            assert row[f"regret at {cost:g}"] >= 0


def test_advice_is_at_least_as_good_as_always_and_never() -> None:
    for row in mean_regret().to_dict("records"):
        assert row["advice"] <= min(row["always adapt"], row["never adapt"]) + 1e-9, row
    gains = np.array([c.gain for c in cases() if c.judged])
    summary = mean_regret((1.0,)).iloc[0]
    assert summary["always adapt"] == pytest.approx(np.maximum(1 - gains, 0).mean())
    assert summary["never adapt"] == pytest.approx(np.maximum(gains - 1, 0).mean())


def test_intervals_hold_what_they_say() -> None:
    assert coverage() >= 0.9
    assert coverage(judged_only=False) >= 0.9


def test_the_documentation_shows_the_tables_that_the_code_gives() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert regret_markdown(COSTS) in text
    assert variants_markdown(COSTS) in text
    assert evidence_model().describe() in text


def test_tables_are_package_data() -> None:
    assert "domain_gap/published/*.csv" in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
