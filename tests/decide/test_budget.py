"""A budget in tokens or money stops an arm cleanly, and what it has is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import decide
from arms import Location, Prompted
from arms.llm import SERVERS, FakeServer, InProcess, OpenAIServer
from arms.llm.base import Answer
from arms.llm.spending import BudgetSpent, Limit, Purse
from decide.budget import spending_of
from decide.engagement import read_engagement
from decide.terms import price_of
from evalsets import EvalSet
from tests.reports.partial import page_of

from .kept_answers import prompted, work

PRICES = decide.Prices(input_million_tokens=10.0, cached_million_tokens=1.0, output_million_tokens=100.0)


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as fake:
        yield fake


@pytest.fixture
def elsewhere(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> OpenAIServer:
    """A server on this machine that passes for another's."""
    monkeypatch.setattr(
        OpenAIServer, "destination", lambda self: Location("api.example.invalid", remote=True)
    )
    return OpenAIServer(server.base_url, api_key_env=None, concurrency=1)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_budget_of_tokens_stops_and_a_larger_one_goes_on(
    small: EvalSet, server: FakeServer, tmp_path: Path, concurrency: int
) -> None:
    arm = prompted(server.base_url, concurrency=concurrency)
    whole = work(arm, small, tmp_path / "whole")
    each = whole.input_tokens / 16 + whole.output_tokens / 16
    calls = len(server.chats())
    budget = decide.Budget(tokens=round(each * 18))  # latency takes 8 and the trial half a one
    with pytest.raises(decide.ArmError) as caught:
        work(arm, small, tmp_path / "run", budget)
    asked = len(server.chats()) - calls
    said = str(caught.value)
    assert f"{budget.tokens:,} tokens is used up" in said
    assert "Raise the budget and run again: the" in said
    spent = spending_of(tmp_path / "run", budget)
    assert spent is not None
    assert budget.tokens is not None
    assert budget.tokens <= spent.tokens <= budget.tokens + concurrency * each * 1.5
    assert spent.arms[0].answers == asked, "nothing was asked that was not counted"
    with pytest.raises(decide.ArmError, match="is used up"):
        work(arm, small, tmp_path / "run", budget)
    assert len(server.chats()) - calls == asked, "no further request is sent, not even a trial"
    kept = int(said.split("the ")[-1].split(" answers")[0])
    run = work(arm, small, tmp_path / "run", decide.Budget(tokens=10**9))
    assert len(server.chats()) - calls - asked == 9 + 22 - kept
    assert (run.values, run.input_tokens) == (whole.values, whole.input_tokens)
    total = spending_of(tmp_path / "run", None)
    assert total is not None
    assert total.arms[0].answers == len(server.chats()) - calls, "earlier attempts count"


def test_money_is_counted_at_the_prices_of_the_report(
    small: EvalSet, server: FakeServer, elsewhere: OpenAIServer, tmp_path: Path
) -> None:
    arm = Prompted("fake", server=elsewhere)
    workload = decide.Workload(text_may_leave=True, prices=PRICES)
    arms = [arm, decide.Majority()]
    budget = decide.Budget(usd=0.01)
    settings: dict[str, Any] = {"workload": workload, "seeds": 1, "pii": False, "isolate": False}
    stopped = decide.compare(small, arms, run_dir=tmp_path, budget=budget, **settings)
    failed = stopped.arm(arm.label)
    assert failed.status == "failed"
    assert "budget of US$0.01 is used up: US$0.01" in (failed.failure or "")
    assert stopped.arm("Majority").status == "ok"
    assert stopped.spending is not None
    assert stopped.spending.budget == decide.Budget(usd=0.01)
    longest = max(sum(len(m["content"].split()) for m in body["messages"]) for body in server.chats())
    assert 0.01 <= stopped.spending.usd <= 0.01 + price_of(arm, PRICES)(Answer("x", 0, None, longest, 0, 2))
    done = decide.compare(small, arms, workload=workload, seeds=1, run_dir=tmp_path, pii=False, isolate=False)
    finished = done.arm(arm.label)
    assert finished.status == "ok"
    assert finished.cost is not None
    assert done.spending is not None
    assert done.spending.usd > stopped.spending.usd
    loaded = decide.load(done.to_json(tmp_path / "c.json"))
    assert loaded.spending == done.spending
    assert "is used up" in page_of("summary", "answer", "spending", "tradeoffs", of=stopped).text


def test_price_of_an_answer_is_that_of_the_report(elsewhere: OpenAIServer) -> None:
    price = price_of(Prompted("fake", server=elsewhere), PRICES)
    answer = Answer("x", 0, None, input_tokens=1000, cached_tokens=400, output_tokens=50)
    assert price(answer) == pytest.approx((600 * 10 + 400 * 1 + 50 * 100) / 1e6)
    assert price_of(Prompted("fake", server=InProcess()), PRICES)(answer) == 0


def test_money_without_a_price_is_refused_before_anything_starts(
    small: EvalSet, server: FakeServer, elsewhere: OpenAIServer
) -> None:
    arm = Prompted("fake", server=elsewhere)
    workload = decide.Workload(text_may_leave=True)
    budget = decide.Budget(usd=1)
    result = decide.compare(
        small, [arm, decide.Majority()], workload=workload, seeds=1, budget=budget, pii=False, isolate=False
    )
    refused = result.arm(arm.label)
    assert refused.status == "refused"
    assert "No price is known for model 'fake'" in (refused.failure or "")
    assert "input_million_tokens" in (refused.failure or "")
    assert server.requests == []


def test_a_budget_for_each_arm_leaves_the_others_theirs(tmp_path: Path) -> None:
    file, limit = tmp_path / "spending.jsonl", Limit(tokens=100, per="arm")
    first, second = Purse(file, "first", limit), Purse(file, "second", limit)
    together = Purse(file, "second", Limit(tokens=100))
    first.add(Answer("x", 0, None, 90, 0, 10))
    with pytest.raises(BudgetSpent, match="this arm has asked for"):
        first.check()
    second.check()
    with pytest.raises(BudgetSpent, match="this run directory has asked for"):
        together.check()


def test_answers_without_a_count_of_tokens_cannot_be_budgeted(tmp_path: Path) -> None:
    with pytest.raises(decide.ArmError, match="does not say how many tokens"):
        Purse(tmp_path / "s", "arm", Limit(tokens=5)).add(Answer("x", 0))
    Purse(tmp_path / "s", "arm").add(Answer("x", 0))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "give usd, tokens or both"),
        ({"usd": 0}, "greater than 0"),
        ({"usd": "inf"}, "finite"),
        ({"tokens": -1}, "greater than 0"),
        ({"tokens": 1.5}, "integer"),
        ({"tokens": "many"}, "integer"),
        ({"usd": 1, "per": "day"}, "comparison"),
        ({"eur": 1}, "Extra inputs"),
    ],
)
def test_a_wrong_budget_is_refused(given: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        decide.Budget.model_validate(given)


def test_a_wrong_budget_of_compare_is_a_clear_error(small: EvalSet) -> None:
    with pytest.raises(decide.DecideError, match=r"budget: dollars: .*decide\.Budget"):
        decide.compare(small, [decide.Majority()], budget={"dollars": 3})  # type: ignore[arg-type]


def test_the_engagement_file_takes_a_budget(tmp_path: Path) -> None:
    for name in ("train", "test"):
        (tmp_path / f"{name}.csv").write_text("text,label\nx,a\ny,b\n")
    file = tmp_path / "e.yaml"
    head = "data: {train: train.csv, test: test.csv}\narms: [{kind: majority}]\n"
    file.write_text(head + "budget: {usd: 5, tokens: 2e6, per: arm}\n")
    assert read_engagement(file).budget == decide.Budget(usd=5, tokens=2_000_000, per="arm")
    file.write_text(head + "budget: {usd: -5}\n")
    with pytest.raises(decide.DecideError, match=r"e.yaml:3: budget.usd: .*greater than 0"):
        read_engagement(file)


def test_servers_of_all_kinds_are_known() -> None:
    """A new server must say whether it is on this machine, which decides whether money is counted."""
    assert set(SERVERS) == {"in_process", "openai", "vllm"}


def test_the_command_line_ends_with_the_code_of_a_failed_arm(
    small: EvalSet, server: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    from decide import cli

    for name in ("train", "dev", "test"):
        split = getattr(small, name)
        rows = [f"{text},{label}" for text, label in zip(split.texts, split.labels, strict=True)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["text,label", *rows]))
    served = f"{{kind: openai, base_url: '{server.base_url}', api_key_env: null}}"
    file = tmp_path / "e.yaml"
    file.write_text(
        "data: {train: train.csv, dev: dev.csv, test: test.csv}\nseeds: 1\nbudget: {tokens: 300}\n"
        f"arms: [{{kind: majority}}, {{kind: prompted, model: fake, name: asked, server: {served}}}]\n"
    )
    done = CliRunner().invoke(cli.app, ["compare", str(file)])
    assert done.exit_code == 3, done.output
    result = decide.load(tmp_path / "runs" / "comparison.json")
    assert {arm.name: arm.status for arm in result.arms} == {"Majority": "ok", "asked": "failed"}
    assert "300 tokens is used up" in (result.arm("asked").failure or "")
    assert "What this comparison has cost" in (tmp_path / "report.html").read_text()


def test_a_client_that_tells_nothing_does_not_escape(tmp_path: Path) -> None:
    from collections.abc import Mapping, Sequence

    from arms.llm.answer_book import AnswerBook
    from arms.llm.asking import Asking
    from arms.llm.base import LLMClient, Message, Method, Prompt

    class Silent(LLMClient):
        model, location = "m", Location()
        methods = ("free",)
        asked = 0

        def choose(self, prompts: Sequence[Prompt], choices: Sequence[str], method: Method) -> list[Answer]:
            self.asked += len(prompts)
            return [Answer("a", 0, None, 60, 0, 1) for _ in prompts]

        def compose(
            self, prompts: Sequence[Prompt], schema: Mapping[str, Any], method: Method, most_tokens: int
        ) -> list[Answer]:
            return self.choose(prompts, (), method)

    silent, prompt = Silent(), (Message("user", "x"),)
    asking = Asking(AnswerBook(tmp_path / "a"), Purse(tmp_path / "s", "arm", Limit(tokens=100)))
    client = asking.client(silent)
    with asking.phase("test"):
        assert len(client.choose([prompt, prompt], ["a"], "free")) == 2
        with pytest.raises(BudgetSpent, match="the 2 answers that this run has are kept"):
            client.choose([prompt], ["a"], "free")
    assert silent.asked == 2
    again = Asking(AnswerBook(tmp_path / "a"))
    with again.phase("test") as phase:
        again.client(silent).compose([prompt], {}, "free", 5)
        assert phase.kept == 0, "another question"
        again.client(silent).choose([prompt, prompt], ["a"], "free")
        assert phase.kept == 2
