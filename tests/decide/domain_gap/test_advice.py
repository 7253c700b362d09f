"""The advice that a gap report gives: order, estimates, costs, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import decide
from decide import cli
from decide.domain_gap import Advice, GapReport
from decide.domain_gap.advice_cost import BACKWARD, costs_of, language_model, settings
from decide.domain_gap.advice_llm import prompted_difference
from decide.domain_gap.advice_rungs import RUNGS, pairs
from decide.domain_gap.report import Level, Volume
from decide.records import Estimate
from decide.workload import Prices, Workload
from evalsets import Corpus, DecideError, EvalSet
from tests.decide.domain_gap.conftest import english
from tests.decide.domain_gap.test_document import poison
from tests.reports.page import Page

VOLUME = Volume(
    task="text_classification",
    labels=4,
    train_documents=2000,
    dev_documents=200,
    test_documents=500,
    train_tokens_read=100.0,
    domain_documents=402_000,
    tokens_per_document=120.0,
    tokens_read_per_document=110.0,
    max_length=512,
    tokens_per_second=10_000.0,
    timed_tokens=50_000,
    parameters=110_000_000,
    embedding_parameters=24_000_000,
)


def made(
    report: GapReport, *, overlap: float = 25.0, levels: tuple[Level, ...] = ("marked",), **volume: Any
) -> GapReport:
    """The report with a graded gap, a tokenizer that cuts words, and a volume of our choice."""
    values = {
        "vocabulary_overlap": (Estimate(value=overlap), Estimate(value=54.1)),
        "fertility": (Estimate(value=1.5), Estimate(value=1.0)),
    }
    measures = [
        m.model_copy(update={"value": values[m.id][0], "reference": values[m.id][1]}) if m.id in values else m
        for m in report.measures
    ]
    severity = report.severity.model_copy(update={"level": levels[0], "plausible": list(levels)})
    return report.model_copy(
        update={"measures": measures, "severity": severity, "volume": VOLUME.model_copy(update=volume)}
    )


def actions(advice: Advice) -> dict[str, str]:
    return {step.rung or step.arm: step.action for step in advice.steps}


def test_every_arm_and_rung_is_advised_on_once(report: GapReport) -> None:
    advice = report.advice()
    names = [step.rung or step.arm for step in advice.steps]
    assert sorted(names) == sorted(
        ["Majority", "TfidfLogistic", "FineTuned", "Prompted", "LoRA", *(r.name for r in RUNGS)]
    )
    assert names[:2] == ["Majority", "TfidfLogistic"]
    for step in advice.steps:
        assert step.reasons
        assert all(r.source for r in step.reasons)
        assert step.gain_basis
        assert step.cost.basis


def test_volume_is_measured(report: GapReport, toy: EvalSet) -> None:
    volume = report.volume
    assert volume is not None
    assert volume.train_documents == len(toy.train)
    assert volume.labels == 3
    assert volume.domain_documents == len(toy.train) + 80
    assert volume.tokens_per_second > 0
    assert 0 < volume.tokens_read_per_document <= volume.max_length
    assert 0 < volume.embedding_parameters < volume.parameters


def test_cheapest_rung_runs_and_dearer_ones_wait(report: GapReport) -> None:
    advice = made(report).advice()
    found = actions(advice)
    assert found["task_text"] == "run"
    assert found["small_corpus"] == found["large_corpus"] == "run if the one before does not suffice"
    assert found["vocabulary"] == "run if the one before does not suffice"
    rungs = [s.rung for s in advice.steps if s.rung]
    assert rungs.index("task_text") < rungs.index("small_corpus") < rungs.index("large_corpus")
    assert "adapt by task text" in advice.headline


def test_corpora_are_skipped_in_near_domains_by_published_pairs(report: GapReport) -> None:
    found = actions(made(report, overlap=60, levels=("negligible",)).advice())
    assert found["task_text"] == "run"
    assert found["small_corpus"] == found["large_corpus"] == "skip"
    assert all(v <= 0 for v in pairs(("news", "reviews")))
    assert sum(v > 0 for v in pairs(("biomedical", "computer science"))) == 4


def test_a_high_price_of_adapting_makes_it_not_worth_it(report: GapReport) -> None:
    advice = made(report).advice(Workload(margin=0.05))
    assert actions(advice)["task_text"] == "skip"
    assert "not worth it" in advice.headline
    middle = made(report).advice(Workload(margin=0.02))
    assert actions(middle)["task_text"] == "run if the one before does not suffice"


def test_money_counts_where_a_point_is_priced(report: GapReport) -> None:
    gap = made(report)
    free, priced = gap.advice(), gap.advice(usd_per_point=0.01)
    step = priced.step("DomainAdapted", "large_corpus")
    assert step.cost.usd is not None
    assert step.must_bring == pytest.approx(0.01 + step.cost.usd / 0.01 / 100)
    assert free.step("DomainAdapted", "large_corpus").must_bring == 0.01


def test_more_labels_mean_less_to_expect(report: GapReport) -> None:
    gap = made(report)
    gains = [gap.advice(labeled_documents=n).step("DomainAdapted", "task_text").gain for n in (600, 60_000)]
    assert gains[0] is not None
    assert gains[1] is not None
    assert gains[0].value > gains[1].value


def test_few_labels_bring_prompting_forward(report: GapReport) -> None:
    few = made(report).advice(labeled_documents=80)
    names = [step.arm for step in few.steps]
    assert names.index("Prompted") < names.index("FineTuned")
    assert actions(few)["Prompted"] == "run"
    assert few.step("Prompted").gain is None
    many = [step.arm for step in made(report).advice().steps]
    assert many.index("Prompted") > many.index("FineTuned")


def test_without_labels_nothing_is_trained(report: GapReport) -> None:
    advice = made(report).advice(labeled_documents=0)
    assert {k for k, v in actions(advice).items() if v != "skip"} == {"Prompted"}
    assert "Prompted only" in advice.headline


def test_without_unlabelled_text_corpora_are_skipped(report: GapReport) -> None:
    advice = made(report, domain_documents=2000).advice()
    assert actions(advice)["small_corpus"] == "skip"
    assert "unlabelled" in advice.step("DomainAdapted", "small_corpus").reasons[0].text


def test_text_that_may_not_leave_rules_out_hosted_models(report: GapReport) -> None:
    gap = made(report)
    stays = gap.advice(llm="gpt-5-mini").step("Prompted")
    assert stays.action == "skip"
    assert "text_may_leave" in stays.reasons[0].text
    goes = gap.advice(Workload(text_may_leave=True), llm="gpt-5-mini").step("Prompted")
    assert goes.action == "run if the one before does not suffice"
    assert "genai-prices" in goes.cost.basis


def test_training_cost_is_tokens_over_speed() -> None:
    workload = Workload(prices=Prices(cpu_core_hour=0.1, gpu_hour=1.0))
    costs = costs_of(VOLUME, workload, 2000)
    epochs = settings()
    cost = costs.training(1e6, 3.0)
    seconds = (2000 * 100 * epochs.fine_tuning + 1e6 * 3.0) * BACKWARD / 10_000
    assert cost.seconds == pytest.approx(seconds)
    assert cost.usd == pytest.approx(seconds / 3600 * costs.hour)
    assert cost.usd_per_month == pytest.approx(100_000 * 110 / 10_000 / 3600 / 0.5 * costs.hour)
    assert costs.unlabeled_tokens == 400_000 * 120


def test_hosted_price_is_tokens_times_price(report: GapReport) -> None:
    prices = Prices(input_million_tokens=2.0, output_million_tokens=10.0, source="our contract")
    advice = made(report).advice(Workload(prices=prices, text_may_leave=True))
    tokens = 120 + 40 + 15 * 4
    usd = (tokens * 2 + 5 * 10) / 1e6
    step = advice.step("Prompted")
    assert step.cost.usd == pytest.approx(usd * 700)
    assert step.cost.usd_per_month == pytest.approx(usd * 100_000)
    assert "our contract" in step.cost.basis


def test_open_model_is_priced_by_the_size_in_its_name(report: GapReport) -> None:
    advice = made(report).advice(llm="Qwen/Qwen3-8B")
    step = advice.step("Prompted")
    rate = 10_000 * 86e6 / 8e9
    assert step.cost.seconds == pytest.approx((120 + 40 + 60 + 5) / rate * 700)
    assert step.action != "skip"
    assert advice.step("LoRA").cost.seconds is not None


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("Qwen/Qwen3-8B", 8e9),
        ("SmolLM2-135M-Instruct", 135e6),
        ("Qwen3-0.6B", 0.6e9),
        ("gpt-5-mini", None),
        ("model-v2beta", None),
    ],
)
def test_size_in_a_name(name: str, size: float | None) -> None:
    assert language_model(name, Workload()).parameters == size


def test_unknown_price_is_said(report: GapReport) -> None:
    for name in (None, "my-own-model"):
        step = made(report).advice(llm=name).step("Prompted")
        assert step.cost.usd_per_month is None
        assert step.cost.basis.startswith("no price: ")


def test_published_difference_leaves_question_answering_out() -> None:
    estimate, n = prompted_difference()
    assert n == 3
    assert estimate.value == pytest.approx((63.9 - 90.9 + 37.6 - 73.4 + 71.1 - 88.8) / 300)
    assert estimate.low is not None
    assert estimate.high is not None
    assert estimate.low < estimate.value < 0 < estimate.high


def test_nearest_cases_come_first(report: GapReport) -> None:
    advice = made(report, overlap=27.0).advice(labeled_documents=4000)
    assert advice.resembles[0].dataset == "chemprot"
    assert "4,169" in advice.resembles[0].similarity
    assert "overlap" in advice.resembles[0].similarity


def test_ungraded_gap_still_gets_advice_with_a_note(tiny_encoder: Path) -> None:
    report = decide.gap(english(40, 1), tiny_encoder)
    advice = report.advice()
    assert any("not graded" in n for n in advice.notes)
    assert any("labeled_documents=" in n for n in advice.notes)
    assert advice.step("FineTuned").cost.seconds is None
    assert advice.confidence == "low"


def test_timing_beside_other_programs_is_said(report: GapReport) -> None:
    assert any("20% of the cores" in n for n in made(report, cpu_share=0.2).advice().notes)
    assert not any("of the cores" in n for n in made(report, cpu_share=0.95).advice().notes)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"labeled_documents": -1}, "0 or more"),
        ({"usd_per_point": 0}, "more than 0"),
        ({"usd_per_point": float("nan")}, "more than 0"),
        ({"llm": " "}, "llm= is empty"),
    ],
)
def test_senseless_options(report: GapReport, options: dict[str, Any], words: str) -> None:
    with pytest.raises(DecideError, match=words):
        report.advice(**options)


def test_a_report_without_volumes_says_so(report: GapReport) -> None:
    with pytest.raises(DecideError, match="Measure the gap again"):
        report.model_copy(update={"volume": None}).advice()


def test_round_trip_and_table(report: GapReport, tmp_path: Path) -> None:
    advice = made(report).advice()
    assert Advice.load(advice.to_json(tmp_path / "advice.json")) == advice
    table = advice.table()
    assert list(table["arm"])[:2] == ["Majority", "TfidfLogistic"]
    assert "<table" in advice._repr_html_()
    with pytest.raises(KeyError, match="steps are Majority"):
        advice.step("None")


def test_assumptions_have_sources(report: GapReport) -> None:
    for assumption in report.advice(usd_per_point=100.0).assumptions:
        assert assumption.source


def test_reference_of_the_evaluation_set_is_used(toy: EvalSet, tiny_encoder: Path) -> None:
    general = Corpus(documents=tuple(english(60, 5)))
    report = decide.gap(replace(toy, reference=general), tiny_encoder)
    assert report.reference is not None
    assert report.reference.documents == 60
    other = decide.gap(replace(toy, reference=general), tiny_encoder, english(50, 6))
    assert other.reference is not None
    assert other.reference.documents == 50


def test_document_shows_the_advice(report: GapReport, tmp_path: Path) -> None:
    gap = made(report)
    advice = gap.advice(Workload(text_may_leave=True), llm="gpt-5-mini")
    file = gap.to_html(tmp_path / "gap.html", advice)
    page = Page(file.read_text(encoding="utf-8"))
    assert not page.problems
    assert [e.attributes["id"] for e in page.all("section")][:2] == ["answer", "advice"]
    assert advice.headline in page.text
    for step in advice.steps:
        for reason in step.reasons:
            assert reason.text in page.text
    without = Page(gap.to_html(tmp_path / "plain.html").read_text(encoding="utf-8"))
    assert "advice" not in [e.attributes["id"] for e in without.all("section")]


def test_hostile_strings_in_advice_add_nothing(report: GapReport, tmp_path: Path) -> None:
    gap = made(report)
    advice = gap.advice()
    good = Page(gap.to_html(tmp_path / "good.html", advice).read_text(encoding="utf-8"))
    data = advice.model_dump()
    skip = {"workload"}
    hostile = {k: v if k in skip else poison(v, k) for k, v in data.items()}
    for step in hostile["steps"]:
        step["action"] = "run"
    bad = Page(gap.to_html(tmp_path / "bad.html", Advice.model_validate(hostile)).read_text(encoding="utf-8"))
    assert not bad.problems
    assert bad.tags == good.tags


def run(*arguments: str) -> Any:
    from typer.testing import CliRunner

    return CliRunner().invoke(cli.app, ["gap", *arguments])


def test_command_line_advice(tiny_encoder: Path, tmp_path: Path) -> None:
    corpus = tmp_path / "notes.txt"
    corpus.write_text("\n".join(english(40, 1)))
    plain = [str(corpus), "--model", str(tiny_encoder)]
    wishes = ["--advice", "--labeled-documents", "3000", "--documents-per-month", "5000", "--margin", "0.005"]
    done = run(*plain, *wishes, "--output", str(tmp_path / "gap.html"))
    assert done.exit_code == 0, done.output
    assert "What to run" in done.output
    assert "DomainAdapted (task_text)" in done.output
    assert "What to run" in (tmp_path / "gap.html").read_text()
    data = json.loads(run(*plain, *wishes, "--json").stdout)
    assert data["advice"]["workload"]["documents_per_month"] == 5000
    assert data["advice"]["workload"]["margin"] == 0.005
    assert "advice" not in json.loads(run(*plain, "--json").stdout)


def test_command_line_takes_an_engagement(
    toy: EvalSet, tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("train", "dev", "test"):
        split = getattr(toy, name)
        rows = [
            json.dumps({"text": t, "label": label})
            for t, label in zip(split.texts, split.labels, strict=True)
        ]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(rows))
    file = tmp_path / "engagement.yaml"
    body = "data: {train: train.jsonl, dev: dev.jsonl, test: test.jsonl}\n"
    workload = "workload: {documents_per_month: 777}\n"
    file.write_text(f"{body}arms: [{{kind: fine_tuned, model: '{tiny_encoder}'}}]\n{workload}")
    data = json.loads(run(str(file), "--advice", "--json").stdout)
    assert data["advice"]["workload"]["documents_per_month"] == 777
    assert data["volume"]["train_documents"] == 60
    file.write_text(f"{body}arms: [{{kind: majority}}]\n")
    for arguments, words in (
        ([str(file)], "no arm fine-tunes an encoder"),
        ([str(file), "other.txt"], "not both"),
        (["notes.txt"], "Give --model"),
        (["notes.txt", "--model", "m", "--margin", "0.1"], "--margin: only the advice needs this"),
        (["notes.txt", "--model", "m", "--advice", "--margin", "7"], "--margin"),
    ):
        result = run(*arguments)
        assert result.exit_code == 1
        assert isinstance(result.exception, DecideError)
        assert words in str(result.exception)
