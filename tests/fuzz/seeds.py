"""Small valid inputs of every format, which the fuzzer damages."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field

ROWS = [
    ("Patient with a cough, given 5 mg of drug A", "urgent", "north"),
    ('She said "no", twice;\nthen left – again', "routine", "south"),
    ("Fièvre à 39°, naïve 🚑 report", "urgent", "west"),
    ("plain words without anything odd", "routine", "north"),
    ("no label fits this one well", "other", "south"),
    ("routine visit of a routine patient", "routine", "west"),
]
TEST = [(f"{text} again, {i}", label, site) for i, (text, label, site) in enumerate(ROWS)]
SCHEMA = {
    "type": "object",
    "properties": {
        "age": {"type": "integer", "description": "in years"},
        "drug": {"type": "string"},
        "given": {"type": "array", "items": {"enum": ["oral", "i.v."]}},
        "seen": {"type": ["string", "null"], "format": "date"},
        "person": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
    },
    "required": ["drug"],
}
ENGAGEMENT = """title: Which approach?
data:
  train: train.csv
  test: test.csv
  group: site
  label_descriptions: {urgent: "needs an answer", routine: can wait}
  allow: [empty, duplicates]
arms:
  - &first {kind: majority}
  - {kind: tfidf_logistic, name: TF-IDF}
  - {kind: prompted, model: owner/model, server: {kind: openai, base_url: "http://localhost:1"}}
workload: {documents_per_month: 5000, max_p95_ms: 300, prices: {label: 0.5}}
seeds: 2
label_budgets: [2, 4]
held_out_groups: each
perturbations: [case, {name: ocr, rate: 0.1}]
theme: {client: Example Ltd., accent: "#0b5c8a"}
formats: [md]
pii: {entities: [EMAIL_ADDRESS]}
licences: {owner/model: mit}
run_dir: runs
report: report.html
"""
ENGAGEMENT_OF_RECORDS = """data:
  train: train.jsonl
  test: test.jsonl
  task: extraction
  hold_out: south
  group: site
  drop: [leakage]
  schema: SCHEMA
  tolerances: {age: {relative: 0.1, absolute: 1}}
  day_first: true
  dev_fraction: 0.2
arms: [{kind: field_patterns}]
workload: {prices: {gpu_hour: 1, engineering_day: 800, engineering_days: {field_patterns: 2}}}
"""


@dataclass(frozen=True)
class Seed:
    """A valid call of the command: files by name, one of which is damaged, and arguments."""

    format: str
    files: dict[str, bytes]
    target: str
    arguments: list[str]
    binary: bool = False
    encodings: tuple[str, ...] = field(
        default=("utf-16", "utf-16-le", "latin-1", "cp037", "utf-8-sig", "utf-32")
    )


def delimited(rows: list[tuple[str, ...]], mark: str, header: tuple[str, ...]) -> bytes:
    import csv

    out = io.StringIO()
    csv.writer(out, delimiter=mark).writerows([header, *rows])
    return out.getvalue().encode()


def lines(rows: list[dict[str, object]]) -> bytes:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode() + b"\n"


def parquet(rows: list[dict[str, object]]) -> bytes:
    import pyarrow
    import pyarrow.parquet

    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), out)
    return out.getvalue()


def records(rows: list[tuple[str, str, str]]) -> list[dict[str, object]]:
    return [{"text": t, "label": label, "site": site} for t, label, site in rows]


def several(rows: list[tuple[str, str, str]]) -> list[dict[str, object]]:
    return [{"text": t, "labels": [label, site], "site": site} for t, label, site in rows]


def spans(rows: list[tuple[str, str, str]]) -> list[dict[str, object]]:
    return [
        {"text": t, "spans": [{"start": 0, "end": 5, "label": label}, [6, 9, "word"]], "site": site}
        for t, label, site in rows
    ]


def fields(rows: list[tuple[str, str, str]]) -> list[dict[str, object]]:
    record = {"age": 44, "drug": "A", "given": ["oral"], "seen": "2024-05-03", "person": {"name": "X"}}
    return [
        {"text": t, "record": {**record, "age": {"value": i, "start": 0, "end": 3}}, "site": site}
        for i, (t, _, site) in enumerate(rows)
    ]


def conll(rows: list[tuple[str, str, str]]) -> bytes:
    out = ["-DOCSTART- -X- O O", ""]
    for text, label, site in rows:
        words = text.split()
        tags = ["B-" + label, "I-" + label, *["O"] * (len(words) - 2)]
        out += [f"# site = {site}", *(f"{w}\tNN\t{tag}" for w, tag in zip(words, tags, strict=True)), ""]
    return "\n".join(out).encode()


def seeds() -> list[Seed]:
    """Every format and task."""
    header = ("text", "label", "site")
    plain = ["train", "test", "--group", "site"]
    entities = [*plain, "--task", "token_classification"]
    extraction = [*plain, "--task", "extraction", "--setting", "schema=@schema.json"]
    schema = json.dumps(SCHEMA, indent=1).encode()
    table = {"train.csv": delimited(ROWS, ",", header), "test.csv": delimited(TEST, ",", header)}
    made = [
        _seed("csv", "csv", table["train.csv"], table["test.csv"], plain),
        _seed("tsv", "tsv", delimited(ROWS, "\t", header), delimited(TEST, "\t", header), plain),
        _seed("jsonl", "jsonl", lines(records(ROWS)), lines(records(TEST)), plain),
        _seed("parquet", "parquet", parquet(records(ROWS)), parquet(records(TEST)), plain, binary=True),
        _seed("conll", "conll", conll(ROWS), conll(TEST), entities),
        _seed("spans", "jsonl", lines(spans(ROWS)), lines(spans(TEST)), entities),
        _seed(
            "multi_label",
            "jsonl",
            lines(several(ROWS)),
            lines(several(TEST)),
            [*plain, "--task", "multi_label"],
        ),
        _seed(
            "records",
            "jsonl",
            lines(fields(ROWS)),
            lines(fields(TEST)),
            extraction,
            more={"schema.json": schema},
        ),
    ]
    files = {"train.jsonl": lines(fields(ROWS)), "test.jsonl": lines(fields(TEST)), "schema.json": schema}
    named = ["@train.jsonl", "@test.jsonl", *extraction[2:]]
    made.append(Seed("schema", files, "schema.json", named))
    made.append(Seed("yaml", {**table, "e.yaml": ENGAGEMENT.encode()}, "e.yaml", ["@e.yaml"]))
    inline = ENGAGEMENT_OF_RECORDS.replace("SCHEMA", json.dumps(SCHEMA))
    made.append(Seed("yaml records", {**files, "e.yaml": inline.encode()}, "e.yaml", ["@e.yaml"]))
    unlabelled = {**table, "notes.txt": "\n".join(t for t, _, _ in ROWS).encode()}
    with_notes = ENGAGEMENT.replace("test: test.csv", "test: test.csv\n  unlabeled: notes.txt")
    unlabelled["e.yaml"] = with_notes.encode()
    made.append(Seed("txt", unlabelled, "notes.txt", ["@e.yaml"]))
    return made


def _seed(
    name: str,
    suffix: str,
    train: bytes,
    test: bytes,
    arguments: list[str],
    *,
    binary: bool = False,
    more: dict[str, bytes] | None = None,
) -> Seed:
    files = {f"train.{suffix}": train, f"test.{suffix}": test, **(more or {})}
    said = [f"@{a}.{suffix}" if a in ("train", "test") else a for a in arguments]
    return Seed(name, files, f"train.{suffix}", said, binary)
