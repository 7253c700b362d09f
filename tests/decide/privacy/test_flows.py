"""Which texts go where, what would leave in a month, and what redaction changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import decide
from arms import Location, arm_from_config
from arms.llm import FakeServer, OpenAIServer, ProviderProfile
from decide.privacy.redaction import redaction_effects
from evalsets import EvalSet
from tests.decide.privacy.test_pii import VALUES, with_pii

PROFILE = ProviderProfile(
    name="Example AG",
    region="EU",
    retention="30 days",
    trains_on_data=False,
    subprocessors=("Cloud Ltd",),
    source="contract of 2026-01-01",
)
PRICES = decide.Prices(input_million_tokens=1, output_million_tokens=1)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the calls that measure latency, of which there are many."""
    monkeypatch.setattr("decide.run.measure_latency", lambda *args: [1.0])


class Elsewhere(OpenAIServer):
    """A server on this machine that passes for another's."""

    def destination(self) -> Location:
        return Location("models.example", remote=True)


@pytest.fixture
def fake() -> Iterator[FakeServer]:
    with FakeServer(model="fake") as server:
        yield server


def remote(server: FakeServer, name: str, **settings: Any) -> decide.Prompted:
    profile = settings.pop("profile", PROFILE)
    reached = Elsewhere(server.base_url, api_key_env=None, profile=profile)
    return decide.Prompted("fake", server=reached, name=name, **settings)


def asked(server: FakeServer) -> str:
    return "\n".join(str(r["body"]) for r in server.requests if r["body"])


def test_flows_name_the_texts_and_the_provider(toy: EvalSet, fake: FakeServer) -> None:
    result = decide.compare(
        toy,
        [remote(fake, "shots", shots=1), decide.Majority()],
        workload=decide.Workload(text_may_leave=True, documents_per_month=1000, prices=PRICES),
        seeds=1,
        isolate=False,
        pii=False,
    )
    flow = result.arm("shots").data_flow
    assert flow is not None
    assert flow.leaves
    read = {f.texts: (f.documents, f.form) for f in flow.flows}
    assert read["examples"] == (3, "full text")
    assert read["test"] == (len(toy.test), "full text")
    assert read["dev"] == (len(toy.dev), "full text")
    assert 0 < read["train"][0] <= len(toy.train)
    assert flow.provider is not None
    assert (flow.provider.region, flow.provider.subprocessors) == ("EU", ["Cloud Ltd"])
    assert flow.guard is not None
    assert (flow.guard.layer, flow.guard.hosts, flow.guard.refused) == ("scoped", ["models.example"], {})
    assert result.privacy is not None
    (leaves,) = result.privacy.leaving
    assert (leaves.arm, leaves.hosts, leaves.documents) == ("shots", ["models.example"], 1000)
    assert leaves.tokens == pytest.approx(1000 * (result.arm("shots").input_tokens_per_document or 0))
    assert leaves.characters == pytest.approx(1000 * sum(map(len, toy.test.texts)) / len(toy.test))
    assert leaves.examples == 3


def test_examples_that_were_only_tried_are_told_from_those_in_production(
    toy: EvalSet, fake: FakeServer, quick: None
) -> None:
    result = decide.compare(
        toy,
        [remote(fake, "choosing", shots=(0, 1))],
        workload=decide.Workload(text_may_leave=True, prices=PRICES),
        seeds=1,
        isolate=False,
        pii=False,
    )
    arm = result.arm("choosing")
    assert arm.facts["shots"] == 0  # a fake server learns nothing from examples, and ties go to fewer
    assert arm.data_flow is not None
    read = {f.texts: f.documents for f in arm.data_flow.flows}
    assert read["examples_tried"] == 3
    assert "examples" not in read
    assert result.privacy is not None
    assert result.privacy.leaving[0].examples == 0


def test_a_profile_changes_no_run(fake: FakeServer) -> None:
    assert remote(fake, "a").config() == remote(fake, "b", profile=None).config()
    assert "redact" not in remote(fake, "a").config()


def test_a_profile_may_stand_in_an_engagement_file() -> None:
    server = {"kind": "openai", "base_url": "https://x.example/v1", "profile": {"region": "EU"}}
    arm = arm_from_config({"kind": "prompted", "model": "m", "server": server, "redact": ["URL"]})
    profile = arm.provider()
    assert profile is not None
    assert (profile.region, profile.retention) == ("EU", None)
    assert arm.config()["redact"]["entities"] == ["URL"]
    with pytest.raises(decide.ArmError, match="profile"):
        arm_from_config({"kind": "prompted", "model": "m", "server": {**server, "profile": {"keeps": "all"}}})


def test_a_refused_arm_shows_what_it_would_have_sent(toy: EvalSet, fake: FakeServer) -> None:
    pytest.importorskip("presidio_analyzer")
    data = with_pii(toy)
    workload = decide.Workload(documents_per_month=10_000)
    result = decide.compare(
        data, [remote(fake, "hosted"), decide.Majority()], workload=workload, seeds=1, isolate=False
    )
    assert result.arm("hosted").status == "refused"
    assert not fake.requests
    assert result.privacy is not None
    (leaves,) = result.privacy.leaving
    assert not leaves.allowed
    assert leaves.tokens is None
    assert leaves.any is not None
    assert leaves.any.value == pytest.approx(5000)
    assert leaves.any.low is not None
    assert 3000 < leaves.any.low < 5000
    by_type = {t.type: t.documents.value for t in leaves.types}
    assert by_type["EMAIL_ADDRESS"] == pytest.approx(10_000 * 5 / 40)


def test_redaction_keeps_values_from_the_server_and_is_compared(
    toy: EvalSet, fake: FakeServer, quick: None
) -> None:
    pytest.importorskip("presidio_analyzer")
    data = with_pii(replace(toy, train=with_pii(replace(toy, test=toy.train)).test))
    result = decide.compare(
        data,
        [remote(fake, "redacted", shots=2, redact=True)],
        workload=decide.Workload(text_may_leave=True, prices=PRICES),
        seeds=1,
        isolate=False,
    )
    sent = asked(fake)
    assert not [value for value in VALUES.values() if value in sent]
    assert "<EMAIL_ADDRESS>" in sent
    flow = result.arm("redacted").data_flow
    assert flow is not None
    assert flow.redaction is not None
    assert not flow.redaction.names
    assert {f.form for f in flow.flows} == {"redacted"}
    assert result.privacy is not None
    (leaves,) = result.privacy.leaving
    assert leaves.any is None
    assert leaves.types == []
    both = decide.compare(
        data,
        [remote(fake, "plain"), remote(fake, "redacted", redact=True)],
        workload=decide.Workload(text_may_leave=True, prices=PRICES),
        seeds=1,
        isolate=False,
        pii=False,
    )
    assert both.privacy is not None
    (effect,) = both.privacy.redaction
    assert (effect.arm, effect.base) == ("redacted", "plain")
    score = {a.name: a.score.value for a in both.arms if a.score is not None}
    assert effect.difference.value == pytest.approx(score["redacted"] - score["plain"])
    assert redaction_effects(both.arms, []) == []


def test_redaction_is_refused_where_answers_are_places_in_the_text(fake: FakeServer) -> None:
    pytest.importorskip("presidio_analyzer")
    from evalsets.demo import clinical_entities

    with pytest.raises(decide.ArmError, match="labels of whole texts"):
        remote(fake, "entities", redact=True).check(clinical_entities())


def test_old_comparisons_load_without_any_of_this(toy: EvalSet, tmp_path: Path) -> None:
    import json

    result = decide.compare(toy, [decide.Majority()], seeds=1, isolate=False)
    file = result.to_json(tmp_path / "c.json")
    data = json.loads(file.read_text())
    del data["privacy"]
    for arm in data["arms"]:
        for name in ("guard", "flows", "provider", "redaction"):
            del arm["data_flow"][name]
    file.write_text(json.dumps(data))
    old = decide.load(file)
    assert old.privacy is None
    assert "No text left the machine" in old.to_html(tmp_path / "r.html").read_text()


def test_a_cascade_sends_the_share_that_goes_on(toy: EvalSet, fake: FakeServer, quick: None) -> None:
    result = decide.compare(
        toy,
        [
            decide.TfidfLogistic(name="cheap"),
            remote(fake, "dear"),
            decide.Cascade(first="cheap", then="dear", name="both"),
        ],
        workload=decide.Workload(text_may_leave=True, documents_per_month=1000, prices=PRICES),
        seeds=1,
        isolate=False,
        pii=False,
    )
    assert result.privacy is not None
    found = {leaves.arm: leaves for leaves in result.privacy.leaving}
    share = result.arm("both").facts["deferral_test"]
    assert found["both"].share_of_documents == share
    assert found["both"].documents == 1000 * share
    assert found["dear"].documents == 1000
    flow = result.arm("both").data_flow
    assert flow is not None
    assert flow.provider is not None
