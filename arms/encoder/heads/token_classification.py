"""Entities: one BIO tag a word, decoded to the most probable valid sequence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

from arms.base import Predictions
from arms.encoder.bio import IGNORED, TagSet, on_borders, units
from arms.encoder.heads.base import Batch, Head, Logits, Targets, register_head, with_head
from arms.encoder.windows import Windows
from evalsets import Split, Task, TokenClassification


@register_head
@dataclass(frozen=True)
class TokenClassificationHead(Head):
    """The token-classification head of transformers over tags of words.

    A word carries the tag of its first token, as in Devlin et al. (2019), "BERT", where no training entity
    begins or ends within a word of the tokenizer; otherwise each token carries its own.

    Args:
        task: The task.
        tags: Its tags.
        by_word: Whether words are tagged, rather than tokens.
    """

    kind: ClassVar[str] = TokenClassification.kind
    needs_offsets: ClassVar[bool] = True
    task: TokenClassification
    tags: TagSet
    by_word: bool

    @classmethod
    def learn(cls, task: Task, train: Split, windows: Windows) -> Self:
        assert isinstance(task, TokenClassification)
        return cls(task, TagSet(task.labels), tags_words(train.labels, train.texts, windows))

    def model(self, folder: Path) -> Any:
        return with_head(folder, "AutoModelForTokenClassification", self.tags.tags)

    def forward(self, model: Any, ids: Any, mask: Any) -> tuple[Any, Any]:
        return None, model(input_ids=ids, attention_mask=mask).logits

    def targets(self, split: Split, windows: Windows) -> Targets:
        tokens = [
            self.tags.targets(spans, units(offsets, words, self.by_word), len(offsets))
            for spans, offsets, words in zip(split.labels, windows.offsets, windows.words, strict=True)
        ]
        return Targets(None, tokens)

    def loss(self, batch: Batch) -> Any:
        return token_loss(batch.token_logits, batch.token_targets, batch.learned)

    def predict(self, logits: Logits, windows: Windows, texts: Sequence[str]) -> Predictions:
        values = [
            tuple(f.span for f in self.tags.found(rows, units(offsets, words, self.by_word), text))
            for rows, offsets, words, text in zip(
                logits.tokens, windows.offsets, windows.words, texts, strict=True
            )
        ]
        return Predictions(values=values)

    def facts(self) -> dict[str, Any]:
        return {"tagged_units": "words" if self.by_word else "word pieces"}


def tags_words(spans: Sequence[Any], texts: Sequence[str], windows: Windows) -> bool:
    """Whether whole words can be tagged: all spans lie on the borders of the tokenizer's words.

    Spans beyond what is read of a text do not matter.
    """
    for text_spans, text, offsets, words in zip(spans, texts, windows.offsets, windows.words, strict=True):
        end = offsets[-1][1] if len(offsets) else 0
        read = [span for span in text_spans if span.end <= end]
        if not on_borders(read, text, units(offsets, words, True)):
            return False
    return True


def token_loss(logits: Any, targets: Any, learned: int | None = None) -> Any:
    """Mean cross-entropy over the tokens that are learned from; 0 where there is none.

    Args:
        logits: Shape ``(batch, longest, k)``.
        targets: Shape ``(batch, longest)``.
        learned: How many tokens the mean is over, if not those that are here.
    """
    import torch

    losses = torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="sum"
    )
    return losses / max(1, int((targets != IGNORED).sum()) if learned is None else learned)
