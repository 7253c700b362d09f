"""How an answer to each task is asked for and read, one file a task."""

from __future__ import annotations

from arms.llm.formats.base import FORMATS, AnswerFormat, Example, Reading, format_of, register_format
from arms.llm.formats.extraction import RecordFormat
from arms.llm.formats.json_format import JsonFormat
from arms.llm.formats.multi_label import LabelListFormat
from arms.llm.formats.text_classification import LabelFormat
from arms.llm.formats.token_classification import SpanFormat

__all__ = [
    "FORMATS",
    "AnswerFormat",
    "Example",
    "JsonFormat",
    "LabelFormat",
    "LabelListFormat",
    "Reading",
    "RecordFormat",
    "SpanFormat",
    "format_of",
    "register_format",
]
