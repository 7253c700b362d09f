"""Tasks, labelled data and checks."""

from evalsets.corpus import Corpus
from evalsets.errors import DataError, DecideError
from evalsets.evalset import EvalSet, Split
from evalsets.tasks import LabelScore, Prediction, Task, TextClassification, register_task, task_from_json

__all__ = [
    "Corpus",
    "DataError",
    "DecideError",
    "EvalSet",
    "LabelScore",
    "Prediction",
    "Split",
    "Task",
    "TextClassification",
    "register_task",
    "task_from_json",
]
