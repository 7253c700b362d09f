"""The JSON Schema for editors says the same of a file as reading it does."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from arms import ARMS
from arms.llm import SERVERS
from decide import cli
from decide.engagement import read_engagement
from decide.schema import engagement_schema
from evalsets import DecideError
from evalsets.tasks import TASKS

ROOT = Path(__file__).parents[3]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
EXAMPLES = [
    code
    for file in DOCUMENTS
    for code in re.findall(r"```yaml\n(.*?)```", file.read_text(encoding="utf-8"), re.DOTALL)
    if "arms:" in code
]
BASE = "data: {train: a.csv, test: b.csv}\narms: [{kind: majority}]\n"
DATA = "data: {train: a.csv, test: b.csv"

GOOD = [
    BASE,
    BASE + "client: Acme\nquestions: ['Why?', {question: 'How dear?', topic: cost}]\n",
    BASE + "client: {name: Acme, contact: Jo, reference: '7'}\n",
    BASE + "perturbations: all\nformats: [markdown, csv]\nheld_out_groups: each\n",
    BASE + "perturbations: [case, {name: ocr, rate: 0.1}]\nheld_out_groups: [north]\n",
    BASE
    + "workload: {documents_per_month: 5, prices: {engineering_day: 800, engineering_days: {majority: 1}}}\n",
    BASE + "workload: {ranges: {label: [0, 2]}, error_usd: 0.4}\n",
    BASE + "pii: true\n",
    BASE + "pii: {documents: 10, entities: [EMAIL_ADDRESS]}\n",
    BASE + "theme: {client: X, accent: '#7a1f4b'}\n",
    BASE + "mlflow: {tracking_uri: 'sqlite:///m.db', tags: {team: nlp}}\n",
    f"{DATA}, task: extraction, schema: f.json, day_first: true}}\narms: [{{kind: gazetteer}}]\n",
    f"{DATA}, task: multi_label, separator: '+', metric: micro_f1}}\narms: [{{kind: majority}}]\n",
    f"{DATA}, task: token_classification, scheme: bio}}\narms: [{{kind: crf, c1: [0.1]}}]\n",
    f"{DATA}, unlabeled: [x.txt, y.txt], drop: [leakage]}}\narms: [{{kind: tfidf_logistic, ngrams: 1}}]\n",
    f"""{DATA}}}
arms:
  - {{kind: fine_tuned, model: m, learning_rate: [1.0e-5, 2.0e-5]}}
  - {{kind: domain_adapted, model: m, rung: small_corpus}}
  - {{kind: prompted, model: m, shots: [0, 4], redact: true, name: A}}
  - {{kind: prompted, model: m, redact: [EMAIL_ADDRESS], name: B}}
  - {{kind: lora, model: m, server: {{kind: vllm, python: /opt/python}}}}
  - kind: prompted
    model: m
    name: C
    server: {{kind: openai, base_url: 'http://localhost:1/v1', profile: {{region: EU}}}}
  - {{kind: cascade, first: A, then: C}}
""",
]
BAD = [
    "arms: [{kind: majority}]\n",
    "data: {train: a.csv}\n",
    "data: {test: b.csv}\narms: [{kind: majority}]\n",
    "data: {train: a.csv, test: b.csv}\narms: []\n",
    "data: {train: a.csv, test: b.csv}\narms: [majority]\n",
    BASE + "titel: x\n",
    BASE + "seeds: 0\n",
    BASE + "seeds: many\n",
    BASE + "gap: maybe\n",
    BASE + "questions: [{question: 'Why?', topic: prices}]\n",
    BASE + "questions: [{text: 'Why?'}]\n",
    BASE + "client: {contact: Jo}\n",
    BASE + "perturbations: [ocrr]\n",
    BASE + "perturbations: []\n",
    BASE + "perturbations: [{name: ocr, rate: 3}]\n",
    BASE + "perturbations: [{name: ocr, share: 0.1}]\n",
    BASE + "formats: [xlsx]\n",
    BASE + "workload: {documents_per_month: -1}\n",
    BASE + "workload: {documents: 5}\n",
    BASE + "workload: {prices: {gpu: 3}}\n",
    BASE + "workload: {prices: {engineering_days: {majorty: 1}}}\n",
    BASE + "theme: {colour: red}\n",
    BASE + "mlflow: {uri: x}\n",
    BASE + "pii: {many: 3}\n",
    f"{DATA}, task: texts}}\narms: [{{kind: majority}}]\n",
    f"{DATA}, schema: f.json}}\narms: [{{kind: majority}}]\n",
    f"{DATA}, metric: entity_f1}}\narms: [{{kind: majority}}]\n",
    f"{DATA}, tset: c.csv}}\narms: [{{kind: majority}}]\n",
    f"{DATA}}}\narms: [{{kind: majorty}}]\n",
    f"{DATA}}}\narms: [{{name: x}}]\n",
    f"{DATA}}}\narms: [{{kind: fine_tuned}}]\n",
    f"{DATA}}}\narms: [{{kind: fine_tuned, model: m, epochs: 0}}]\n",
    f"{DATA}}}\narms: [{{kind: tfidf_logistic, model: m}}]\n",
    f"{DATA}}}\narms: [{{kind: domain_adapted, model: m, rung: far}}]\n",
    f"{DATA}}}\narms: [{{kind: prompted, model: m, server: {{kind: vlm}}}}]\n",
    f"{DATA}}}\narms: [{{kind: prompted, model: m, server: {{kind: openai}}}}]\n",
    f"{DATA}}}\narms: [{{kind: prompted, model: m, server: {{kind: vllm, gpus: 2}}}}]\n",
]


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return engagement_schema()


@pytest.fixture(scope="module")
def validator(schema: dict[str, Any]) -> Any:
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def problems(validator: Any, text: str) -> list[str]:
    return [error.message for error in validator.iter_errors(yaml.safe_load(text))]


def test_there_are_examples_to_accept() -> None:
    assert EXAMPLES


@pytest.mark.parametrize("text", [*EXAMPLES, *GOOD])
def test_what_is_right_is_accepted_by_both(validator: Any, tmp_path: Path, text: str) -> None:
    file = tmp_path / "engagement.yaml"
    file.write_text(text, encoding="utf-8")
    read_engagement(file)
    assert problems(validator, text) == []


@pytest.mark.parametrize("text", BAD)
def test_what_is_wrong_is_refused_by_both(validator: Any, tmp_path: Path, text: str) -> None:
    file = tmp_path / "engagement.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DecideError):
        read_engagement(file)
    assert problems(validator, text)


def test_every_kind_has_its_settings_with_what_they_mean(schema: dict[str, Any]) -> None:
    definitions = schema["$defs"]
    for what, registry in (("arm", ARMS), ("server", SERVERS)):
        for kind, cls in registry.items():
            if not cls.__module__.startswith("arms."):
                continue  # of another test
            properties = definitions[f"{what}.{kind}"]["properties"]
            silent = [name for name, value in properties.items() if not value.get("description")]
            assert [name for name in silent if name != "name"] == [], kind
    assert definitions["data"]["properties"]["task"]["enum"] == sorted(TASKS)
    properties = schema["properties"]
    assert [name for name, value in properties.items() if not value.get("description")] == []


def test_the_command_prints_it(schema: dict[str, Any]) -> None:
    done = CliRunner().invoke(cli.app, ["schema"])
    assert done.exit_code == 0
    assert json.loads(done.stdout) == json.loads(json.dumps(schema))
