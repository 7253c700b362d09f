"""Masked language modelling: which tokens are predicted, and what the predictions cost."""

from __future__ import annotations

from typing import Any

import numpy as np

HEAD_NAMES = ("cls", "lm_head", "predictions", "generator_lm_head")
MASKED = 0.15
"""Share of tokens predicted (Devlin et al. 2019)."""


def mask_tokens(
    tokenizer: Any, ids: np.ndarray, probability: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Masked ids and the boolean places to predict, both shaped like ``ids``.

    Of the places, 80% become the mask token, 10% a random token and 10% stay, as in Devlin et al.
    2019, "BERT: Pre-training of Deep Bidirectional Transformers", section 3.1.
    """
    special = np.isin(ids, tokenizer.all_special_ids)
    places = (rng.random(ids.shape) < probability) & ~special
    draw = rng.random(ids.shape)
    masked = np.where(places & (draw < 0.8), tokenizer.mask_token_id, ids)
    random_ids = rng.integers(0, len(tokenizer), ids.shape)
    return np.where(places & (draw >= 0.9), random_ids, masked), places


def as_tensors(ids: np.ndarray, masked: np.ndarray, places: np.ndarray, device: Any) -> tuple[Any, Any, Any]:
    """What :func:`masked_loss` is called with: masked ids, places, and the true ids at the places."""
    import torch

    where = torch.from_numpy(places).to(device)
    return torch.from_numpy(masked).to(device), where, torch.from_numpy(ids).to(device)[where]


def has_fresh_head(loading: dict[str, Any]) -> bool:
    """Whether loading a masked-LM model had to make up its head, from the library's loading report."""
    return any(key.startswith(HEAD_NAMES) for key in loading["missing_keys"])


def load_masked_lm(folder: Any) -> tuple[Any, bool]:
    """The model of a folder with its masked-LM head, in float32, and whether that head is a fresh one."""
    import torch
    from transformers import AutoModelForMaskedLM

    from arms.models import quiet

    with quiet():
        model, loading = AutoModelForMaskedLM.from_pretrained(
            folder,
            output_loading_info=True,
            use_safetensors=True,
            trust_remote_code=False,
            dtype=torch.float32,
        )
    return model, has_fresh_head(loading)


def masked_loss(model: Any, tokenizer: Any) -> Any:
    """A module that gives the loss of each predicted token, in nats, shape ``(places,)``.

    It is called with token ids ``(batch, length)``, the attention mask or ``None``, the boolean places and
    the true ids at those places. The projection to the vocabulary dominates the cost of small encoders, and
    five of six of its rows are never used, so it is computed at the places alone where the architecture
    allows that; whether it does is checked against the model's own output.
    """
    import torch

    class Whole(torch.nn.Module):
        """The model's own output, of which the places are taken."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, ids: Any, attention: Any, places: Any, targets: Any) -> Any:
            logits = self.model(input_ids=ids, attention_mask=attention).logits[places]
            return torch.nn.functional.cross_entropy(logits.float(), targets, reduction="none")

    head: Any = next((getattr(model, n) for n in HEAD_NAMES if hasattr(model, n)), None)

    class Selected(Whole):
        """The head applied to the places alone."""

        def forward(self, ids: Any, attention: Any, places: Any, targets: Any) -> Any:
            hidden = self.model.base_model(input_ids=ids, attention_mask=attention)[0]
            logits = head(hidden[places])
            return torch.nn.functional.cross_entropy(logits.float(), targets, reduction="none")

    whole, selected = Whole(), Selected()
    if head is None or model.base_model is model:
        return whole
    return selected if _agree(whole, selected, model, len(tokenizer)) else whole


def _agree(whole: Any, selected: Any, model: Any, tokens: int) -> bool:
    """Whether two ways to compute the loss give the same on two rows of arbitrary tokens."""
    import torch

    drawn = np.random.default_rng(0).integers(0, tokens, (2, 12))
    ids = torch.from_numpy(drawn).to(model.device)
    places = torch.from_numpy(np.arange(12)[None].repeat(2, axis=0) % 4 == 1).to(model.device)
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            a, b = (loss(ids, None, places, ids[places]) for loss in (whole, selected))
            return bool(torch.allclose(a, b, rtol=1e-3, atol=1e-4))
    except (RuntimeError, TypeError, ValueError):
        return False
    finally:
        model.train(was_training)
