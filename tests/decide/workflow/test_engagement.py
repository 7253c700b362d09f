"""What an engagement file says of itself: lines, near misses, client and questions."""

import json
import re
from pathlib import Path

import pytest

from decide.brief import TOPICS, Brief, Client
from decide.engagement import read_engagement
from decide.theme import Theme
from decide.yaml_places import Places
from evalsets import DecideError
from reports.questions import TOPICS as ANSWERS
from reports.questions import asked
from reports.registry import sections
from reports.sections.questions import build
from reports.sections.summary import QUESTIONS
from tests.reports import make

GOOD = """\
title: A title
client: {name: Acme, contact: Jo Doe, reference: E-1}
questions:
  - Is it worth it?
  - {question: "May text stay?", topic: privacy}
data: {train: a.csv, test: b.csv}
arms:
  - kind: majority
workload: {documents_per_month: 10}
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "engagement.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_client_and_questions_are_read(tmp_path: Path) -> None:
    plan = read_engagement(write(tmp_path, GOOD))
    assert plan.brief is not None
    assert plan.brief.client == Client(name="Acme", contact="Jo Doe", reference="E-1")
    assert [(q.question, q.topic) for q in plan.brief.questions] == [
        ("Is it worth it?", None),
        ("May text stay?", "privacy"),
    ]
    short = GOOD.replace("{name: Acme, contact: Jo Doe, reference: E-1}", "Acme")
    plan = read_engagement(write(tmp_path, short))
    assert plan.client == Client(name="Acme")


def test_models_are_looked_for_beside_the_file_as_data_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, here = tmp_path / "home", tmp_path / "here"
    for folder in (home / "models" / "bert", here / "near"):
        folder.mkdir(parents=True)
    monkeypatch.chdir(here)
    arms = "".join(
        f"  - {{kind: fine_tuned, model: {m}, name: {m}}}\n" for m in ("models/bert", "near", "google/bert")
    )
    plan = read_engagement(write(home, GOOD.replace("  - kind: majority\n", arms)))
    assert [config["model"] for config in plan.arms] == [str(home / "models" / "bert"), "near", "google/bert"]


def test_all_problems_are_listed_at_once_each_with_its_line(tmp_path: Path) -> None:
    text = """\
titel: x
questions:
  - {question: "May text stay?", topic: privcy}
data:
  train: a.csv
  test: b.csv
  metrik: macro_f1
  metric: macro_f2
arms:
  - kind: majorty
  - kind: fine_tuned
    modle: bert
    epochs: 0
  - kind: prompted
    model: x
    server:
      kind: openai
      base_ur: http://x
  - {kind: prompted, model: x, server: {kind: vlm}}
workload:
  documents_per_month: -1
  prices: {gpu_huor: 3}
perturbations:
  - ocr
  - typoss
theme:
  accnt: '#000000'
formats: [pfd]
seeds: 0
"""
    with pytest.raises(DecideError) as found:
        read_engagement(write(tmp_path, text))
    message = str(found.value)
    assert message.splitlines()[0] == f"{tmp_path / 'engagement.yaml'} has 17 problems:"
    for line, field, rest in [
        (1, "titel", "Did you mean title?"),
        (3, "questions.0.topic", "Did you mean privacy?"),
        (7, "data.metrik", "Did you mean metric?"),
        (8, "data.metric", "Did you mean macro_f1?"),
        (10, "arms.0.kind", "Did you mean majority?"),
        (11, "arms.1.model", "is missing"),
        (12, "arms.1.modle", "Did you mean model?"),
        (13, "arms.1.epochs", "greater than or equal to 1, not 0"),
        (16, "arms.2.server.base_url", "is missing"),
        (18, "arms.2.server.base_ur", "Did you mean base_url?"),
        (19, "arms.3.server.kind", "Did you mean vllm?"),
        (21, "workload.documents_per_month", "greater than 0, not -1"),
        (22, "workload.prices.gpu_huor", "Did you mean gpu_hour?"),
        (25, "perturbations.1", "Did you mean typos?"),
        (27, "theme.accnt", "Did you mean accent?"),
        (28, "formats.0", "Did you mean pdf?"),
        (29, "seeds", "greater than or equal to 1, not 0"),
    ]:
        assert any(f".yaml:{line}: {field}: " in row and rest in row for row in message.splitlines()), field


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("data:", "data: ["), r"engagement\.yaml:\d+: is not valid YAML"),
        (
            ("title: A title", "title: A\ntitle: B"),
            r"engagement\.yaml:2: is not valid YAML: The key 'title' is given twice",
        ),
        (("arms:\n  - kind: majority", "arms: majority"), r":7: arms: .*valid list"),
        (("title: A title", "theme: {client: Other}"), r":1: theme: names the client Other, .*Acme"),
        (("Is it worth it?", "''"), r":4: questions\.0: .*at least 1 character"),
        (("title: A title", "pii: 3"), r":1: pii: .*boolean, not 3, or: .*PiiSearch"),
    ],
)
def test_a_problem_names_its_line(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    assert change[0] in GOOD
    with pytest.raises(DecideError, match=message):
        read_engagement(write(tmp_path, GOOD.replace(*change)))


def test_a_message_never_shows_what_may_be_a_secret(tmp_path: Path) -> None:
    text = GOOD.replace(
        "  - kind: majority", "  - {kind: prompted, model: x, server: {kind: openai, base_url: 7654321}}"
    )
    with pytest.raises(DecideError, match="base_url") as found:
        read_engagement(write(tmp_path, text))
    assert "7654321" not in str(found.value)


def test_the_line_of_an_alias_and_of_what_is_missing() -> None:
    places = Places("a: &x\n  b: 1\nc: *x\nd:\n  - e: 1\n  - f: 2\n")
    assert places.line(("a", "b")) == 2
    assert places.line(("c", "b")) == 2
    assert places.line(("d", 1, "f")) == 6
    assert places.line(("d", 1, "missing")) == 6
    assert places.line(("nowhere",)) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("data: {", "data: {task: [a], "), r":6: data\.task: Unknown task"),
        (("title: A title", "perturbations: [{name: [x]}]"), r"perturbations"),
        (("- kind: majority", "- {kind: majority, 3: 4}"), r"arms\.0\.3: is no key here"),
        (("title: A title", "injections: {attacks: [[x]]}"), r"injections"),
        (("title: A title", 'theme: "a\\0b"'), r"theme"),
    ],
)
def test_values_of_no_sensible_type_are_a_message(
    tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    assert change[0] in GOOD
    with pytest.raises(DecideError, match=message):
        read_engagement(write(tmp_path, GOOD.replace(*change)))


def test_aliases_of_aliases_cost_no_more_than_their_text() -> None:
    levels = "\n".join(f"a{i}: &a{i} [{', '.join(f'*a{i - 1}' for _ in range(9))}]" for i in range(1, 40))
    assert Places(f"a0: &a0 [x]\n{levels}\n").line(("a39", 0, 0)) == 38


def test_every_topic_has_a_section_and_an_answer_function() -> None:
    assert set(ANSWERS) == set(TOPICS)
    shown = {section.id for section in sections()}
    assert {section for section, _ in ANSWERS.values()} <= shown


def brief(*topics: object) -> Brief:
    questions = [{"question": f"About {topic}?", "topic": topic} for topic in topics]
    return Brief.model_validate(
        {"client": {"name": "Acme <Ltd>", "reference": "E-7"}, "questions": questions}
    )


def test_answers_are_measured_or_none() -> None:
    result = make.comparison().model_copy(update={"brief": brief("privacy", "labels", None, "cost")})
    privacy, labels, free, cost = asked(result)
    assert "0.861" in privacy.answer
    assert privacy.section == "privacy"
    assert (labels.answer, labels.section) == ("", "answer")  # no label budgets were run
    assert (free.answer, free.section) == ("", "answer")
    arm = result.arm("Domain-adapted MiniLM")
    assert arm.cost is not None
    assert f"US${arm.cost.horizon_usd:.2f}" in cost.answer


def test_an_answer_on_language_models_needs_one() -> None:
    result = make.comparison().model_copy(update={"brief": brief("llm")})
    assert "0.847" in asked(result)[0].answer
    without = [a for a in result.arms if a.kind not in ("prompted", "lora")]
    assert asked(result.model_copy(update={"arms": without}))[0].answer == ""


def test_client_and_questions_are_in_the_report_and_every_link_leads_to_a_section(tmp_path: Path) -> None:
    result = make.comparison().model_copy(update={"brief": brief(*TOPICS, None)})
    text = result.to_html(tmp_path / "r.html").read_text()
    assert "<Ltd>" not in text
    assert "Prepared for Acme &lt;Ltd&gt;" in text
    assert "E-7" in text
    assert text.count("About choice?") == 2  # on the first page, and in the list of all
    assert text.count("About robustness?") == 1
    ids = set(re.findall(r'<section id="([\w-]+)"', text))
    links = re.findall(r'<a href="#([\w-]+)">See', text)
    assert len(links) == len(TOPICS) + 1 + QUESTIONS
    assert set(links) <= ids


def test_without_questions_there_is_no_section_of_them() -> None:
    assert build(make.comparison()) is None
    assert build(make.comparison().model_copy(update={"brief": brief("choice")})) is not None


def test_the_theme_names_the_client_before_the_brief_does(tmp_path: Path) -> None:
    result = make.comparison().model_copy(update={"brief": brief("cost")})
    text = result.to_markdown(tmp_path / "a.md").read_text()
    assert "Prepared for Acme" in text
    assert "About cost?" in text
    other = result.to_markdown(tmp_path / "b.md", theme=Theme(client="Beta")).read_text()
    assert "Prepared for Beta" in other
    assert "Acme" not in other


def test_the_brief_is_saved(tmp_path: Path) -> None:
    import decide

    result = make.comparison().model_copy(update={"brief": brief("cost")})
    assert decide.load(result.to_json(tmp_path / "c.json")).brief == brief("cost")
    older = json.loads(make.comparison().model_dump_json())
    del older["brief"]
    (tmp_path / "old.json").write_text(json.dumps(older))
    assert decide.load(tmp_path / "old.json").brief is None
