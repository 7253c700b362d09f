"""What fine-tuning must know of each task, one file a task."""

from arms.encoder.heads.base import HEADS, Batch, Head, Logits, Targets, head_class, register_head
from arms.encoder.heads.extraction import ExtractionHead
from arms.encoder.heads.multi_label import MultiLabelHead
from arms.encoder.heads.text_classification import TextClassificationHead
from arms.encoder.heads.token_classification import TokenClassificationHead

__all__ = [
    "HEADS",
    "Batch",
    "ExtractionHead",
    "Head",
    "Logits",
    "MultiLabelHead",
    "Targets",
    "TextClassificationHead",
    "TokenClassificationHead",
    "head_class",
    "register_head",
]
