"""Tasks, labelled data and checks."""

from evalsets.corpus import Corpus
from evalsets.errors import DataError, DecideError
from evalsets.evalset import EvalSet, Split
from evalsets.findings import Finding
from evalsets.locate import locate
from evalsets.preflight import check_files
from evalsets.spans import Span
from evalsets.tasks import (
    Extraction,
    LabelScore,
    MultiLabel,
    Prediction,
    Task,
    TextClassification,
    TokenClassification,
    register_task,
    task_from_json,
)

__all__ = [
    "Corpus",
    "DataError",
    "DecideError",
    "EvalSet",
    "Extraction",
    "Finding",
    "LabelScore",
    "MultiLabel",
    "Prediction",
    "Span",
    "Split",
    "Task",
    "TextClassification",
    "TokenClassification",
    "check_files",
    "locate",
    "register_task",
    "task_from_json",
]
