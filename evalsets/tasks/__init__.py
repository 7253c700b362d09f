"""What is predicted and how it is scored, one file a task."""

from evalsets.tasks.base import (
    TASKS,
    LabelScore,
    Task,
    label_set,
    nearest,
    reader_of,
    register_task,
    task_class,
    task_from_json,
)
from evalsets.tasks.extraction import Extraction
from evalsets.tasks.multi_label import MultiLabel
from evalsets.tasks.reader import Item, Place, Reader
from evalsets.tasks.text_classification import Prediction, TextClassification
from evalsets.tasks.token_classification import TokenClassification

__all__ = [
    "TASKS",
    "Extraction",
    "Item",
    "LabelScore",
    "MultiLabel",
    "Place",
    "Prediction",
    "Reader",
    "Task",
    "TextClassification",
    "TokenClassification",
    "label_set",
    "nearest",
    "reader_of",
    "register_task",
    "task_class",
    "task_from_json",
]
