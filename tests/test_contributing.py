"""Each whole file that CONTRIBUTING.md shows is installed as a plugin by itself and used in a comparison."""

from __future__ import annotations

import csv
import json
import os
import random
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from decide.comparison import Comparison, load
from tests.conftest import toy_texts

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
FILES = {m[1]: code for code in BLOCKS if (m := re.match(r"# (\w+)\.py\n", code))}
USES = [code for code in BLOCKS if not re.match(r"# \w+\.py\n", code)]
MODEL = "qwen3:8b"


def test_there_is_a_whole_file_for_each_thing_to_add() -> None:
    assert list(FILES) == ["nearest_centroid", "rating", "ollama_native", "read_again"]
    for module, registration in zip(
        FILES, ("register_arm", "register_task", "register_server", "register_section"), strict=True
    ):
        assert f"@{registration}" in FILES[module]


def install(module: str, folder: Path) -> None:
    """What pip leaves behind for a package of one module with an entry point."""
    (folder / f"{module}.py").write_text(FILES[module], encoding="utf-8")
    about = folder / f"{module}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[decide.plugins]\n{module} = {module}\n")


def write(file: Path, column: str, texts: tuple[str, ...], labels: list[str]) -> None:
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["text", column])
        writer.writerows(zip(texts, labels, strict=True))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The toy set as files."""
    for name, count, seed in (("train", 60, 1), ("test", 40, 3)):
        texts, labels = toy_texts(count, seed)
        write(tmp_path / f"{name}.csv", "label", texts, list(labels))
    return tmp_path


def run(folder: Path, code: str) -> str:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)])}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False, env=environ)
    assert done.returncode == 0, done.stderr
    return done.stdout


def compared(folder: Path, module: str, code: str) -> tuple[Comparison, str]:
    """The ``result`` of code that runs with the one plugin installed, and its report."""
    install(module, folder)
    run(folder, f"{code}\nresult.to_json('comparison.json')\nresult.to_html('report.html')\n")
    result = load(folder / "comparison.json")
    assert result.environment.versions[module] == "1.0"
    return result, (folder / "report.html").read_text(encoding="utf-8")


def score(result: Comparison, name: str) -> float:
    found = result.arm(name).score
    assert found is not None
    return found.value


@pytest.mark.slow
def test_the_arm(folder: Path) -> None:
    result, report = compared(folder, "nearest_centroid", USES[0])
    assert score(result, "Nearest centroid") > 0.9 > score(result, "Majority")
    calibration = result.arm("Nearest centroid").calibration
    assert calibration is not None
    assert calibration.brier.value < 0.3
    assert "Nearest centroid" in report


@pytest.fixture
def rated(tmp_path: Path) -> Path:
    """Texts of one to five stars: the more stars, the more praise; some are a star off."""
    rng = random.Random(0)
    for name, count in (("train", 100), ("test", 60)):
        texts, stars = [], []
        for i in range(count):
            star = rng.randint(1, 5)
            words = ["praise"] * star + ["blame"] * (6 - star) + [f"case{name}{i}"]
            rng.shuffle(words)
            texts.append(" ".join(words))
            stars.append(str(min(5, max(1, star + rng.choice((0, 0, 0, 1, -1))))))
        write(tmp_path / f"{name}.csv", "stars", tuple(texts), stars)
    return tmp_path


@pytest.mark.slow
def test_the_task(rated: Path) -> None:
    """Shipped arms do ratings, scored by the task's own metric."""
    result, report = compared(rated, "rating", USES[1])
    assert result.data.metric == "closeness"
    assert result.data.labels == ["1", "2", "3", "4", "5"]
    learned = "TF-IDF + logistic regression"
    assert result.arm(learned).other_scores["accuracy"] < score(result, learned)  # near misses count
    assert score(result, learned) > score(result, "Majority")
    assert result.arm(learned).calibration is not None
    assert "closeness" in report


def test_a_rating_that_is_no_number_is_refused(rated: Path) -> None:
    install("rating", rated)
    with (rated / "test.csv").open("a") as file:
        file.write("praise at the end,many\n")
    code = "import decide; decide.EvalSet.from_files(train='train.csv', test='test.csv', **how)"
    how = "how = {'task': 'rating', 'label': 'stars'}"
    command = f"{how}\ntry:\n    {code}\nexcept decide.DataError as error:\n    print(error)"
    assert "a rating is a whole number, not 'many'" in run(rated, f"import decide\n{command}")


class Ollama(BaseHTTPRequestHandler):
    """Answers as Ollama does: by keyword, and 404 for a model it has not."""

    seen: list[dict[str, Any]]

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.seen.append(body)
        found = self.path == "/api/chat" and body["model"] == MODEL
        labels = body["format"]["properties"]["label"]["enum"] if "format" in body else []
        words = {"network": "router", "billing": "invoice", "account": "password"}
        text = body["messages"][-1]["content"]
        said = next((label for label in labels if words[label] in text), "network")
        reply = {
            "model": MODEL,
            "message": {"role": "assistant", "content": json.dumps({"label": said})},
            "done": True,
            "done_reason": "stop",
            "prompt_eval_count": 9000 if "too long" in text else 40,
            "eval_count": 6,
        }
        content = json.dumps(reply if found else {"error": "model not found"}).encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def ollama() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Address of the server, and the requests it saw."""
    handler = type("Handler", (Ollama,), {"seen": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", handler.seen  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()


ABSENT = """
from arms.llm import Message
try:
    with OllamaServer().connect("absent") as client:
        client.choose([(Message("user", "router"),)], ["network"], "free")
except decide.ArmError as error:
    print(error)
"""


@pytest.mark.slow
def test_the_server(folder: Path, ollama: tuple[str, list[dict[str, Any]]]) -> None:
    address, seen = ollama
    with (folder / "test.csv").open("a") as file:
        file.write("router of a text that is too long,network\n")
    result, report = compared(
        folder, "ollama_native", USES[2].replace("OllamaServer()", f"OllamaServer({address!r})")
    )
    prompted = result.arms[1]
    assert score(result, prompted.name) > 0.5
    assert list(prompted.unanswered_reasons.items()) == [("the text may be longer than the context", 1)]
    assert prompted.output_tokens_per_document == pytest.approx(6 * 40 / 41)
    assert prompted.data_flow is not None
    assert not prompted.data_flow.leaves
    assert "moved to other weights" in report
    assert {body["model"] for body in seen} == {MODEL}
    assert all(body["options"]["temperature"] == 0 and "format" in body for body in seen)
    absent = f"import decide\nfrom ollama_native import OllamaServer\n{ABSENT}"
    told = run(folder, absent.replace("OllamaServer()", f"OllamaServer({address!r})"))
    assert "Run: ollama pull absent" in told


SECTION = """
import decide
data = decide.EvalSet.from_files(train="train.csv", test="test.csv")
arms = [decide.TfidfLogistic(), decide.TfidfLogistic(ngrams=1, name="Single words")]
result = decide.compare(data, arms, seeds=1, isolate=False)
"""


@pytest.mark.slow
def test_the_section(folder: Path) -> None:
    """Some gold labels are wrong: approaches that are right about these texts agree against them."""
    texts, labels = toy_texts(40, 3)
    wrong = [i for i, label in enumerate(labels) if label == "billing"][:4]
    mended = ["network" if i in wrong else label for i, label in enumerate(labels)]
    write(folder / "test.csv", "label", texts, mended)
    _, report = compared(folder, "read_again", SECTION)
    (section,) = re.findall(r'<section id="read-again".*?</section>', report, re.DOTALL)
    assert "Documents to read again" in section
    for i in wrong:
        assert f"test document {i + 1}<" in section
        assert texts[i] in section
    assert re.search(r"Single words: <b>billing</b>, where gold says <b>network</b>", section)
