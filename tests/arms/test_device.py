import pytest

from arms import device


@pytest.fixture
def on_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(device, "device", lambda: torch.device("cpu"))


@pytest.mark.usefixtures("on_cpu")
@pytest.mark.parametrize(("gain", "fast"), [(0.5, False), (1.2, False), (2.2, True), (8.0, True)])
def test_what_bfloat16_gains_is_measured_where_there_are_instructions_for_it(
    monkeypatch: pytest.MonkeyPatch, gain: float, fast: bool
) -> None:
    monkeypatch.setattr(device, "cpu_features", lambda: frozenset({"avx512_bf16"}))
    monkeypatch.setattr(device, "_bfloat16_gain", lambda: gain)
    assert device.has_fast_bfloat16() is fast


@pytest.mark.usefixtures("on_cpu")
def test_nothing_is_measured_without_instructions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "cpu_features", lambda: frozenset({"avx2"}))
    monkeypatch.setattr(device, "_bfloat16_gain", lambda: pytest.fail("measured"))
    assert not device.has_fast_bfloat16()


@pytest.mark.e2e
def test_the_gain_is_a_ratio_of_times() -> None:
    assert device._bfloat16_gain() > 0
