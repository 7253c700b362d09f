"""Turns a prompt into the exact text and tokens a local model reads; training and serving share it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from arms.llm.base import Message, Prompt

DEFAULT_TEMPLATE_KWARGS: dict[str, Any] = {"enable_thinking": False}
"""A label is asked for, with no room to reason first; templates without that switch ignore it."""

_PROBE = "probe answer"


def has_chat_template(tokenizer: Any) -> bool:
    """Whether the tokenizer says how turns are marked."""
    return bool(getattr(tokenizer, "chat_template", None))


def merge_system(prompt: Sequence[Message]) -> Prompt:
    """The same prompt without a system turn: its text opens the first user turn."""
    system = "\n\n".join(m.content for m in prompt if m.role == "system")
    turns = [m for m in prompt if m.role != "system"]
    if not system:
        return tuple(turns)
    if not turns or turns[0].role != "user":
        return (Message("user", system), *turns)
    return (Message("user", f"{system}\n\n{turns[0].content}"), *turns[1:])


def render(tokenizer: Any, prompt: Prompt, chat_template_kwargs: dict[str, Any] | None = None) -> str:
    """The text a model reads for ``prompt``, up to where its answer starts.

    Tokenise it with ``add_special_tokens=False`` (as :func:`prompt_ids` does): it has them already.
    A chat template that refuses a system turn, or drops it, gets its text within the first user turn.

    Args:
        tokenizer: The model's tokenizer.
        prompt: The turns.
        chat_template_kwargs: Passed to the chat template, over :data:`DEFAULT_TEMPLATE_KWARGS`.

    Raises:
        TemplateError: If the chat template refuses the prompt without a system turn, too.
    """
    if not has_chat_template(tokenizer):
        return _plain(tokenizer, prompt)
    from jinja2 import TemplateError

    kwargs = DEFAULT_TEMPLATE_KWARGS | (chat_template_kwargs or {})
    system = [m.content for m in prompt if m.role == "system"]
    try:
        text = _chat(tokenizer, prompt, generate=True, **kwargs)
    except TemplateError:
        if not system:
            raise
    else:
        if all(content.strip() in text for content in system):
            return text
    return _chat(tokenizer, merge_system(prompt), generate=True, **kwargs)


def prompt_ids(
    tokenizer: Any, prompts: Sequence[Prompt], chat_template_kwargs: dict[str, Any] | None = None
) -> list[list[int]]:
    """Token ids of each rendered prompt, never cut."""
    if not prompts:
        return []
    texts = [render(tokenizer, prompt, chat_template_kwargs) for prompt in prompts]
    ids = tokenizer(texts, add_special_tokens=False, return_attention_mask=False, verbose=False)["input_ids"]
    return [list(row) for row in ids]


def answer_ids(tokenizer: Any, answer: str, *, spaced: bool = True) -> list[int]:
    """Token ids of a whole answer: its text, then the token that ends the turn (if there is one).

    Args:
        tokenizer: The model's tokenizer.
        answer: The text.
        spaced: Whether :func:`answer_prefix` stands before it.
    """
    end = end_of_turn(tokenizer)
    prefix = answer_prefix(tokenizer) if spaced else ""
    ids = list(tokenizer(prefix + answer, add_special_tokens=False)["input_ids"])
    return ids if end is None else [*ids, end]


def answer_prefix(tokenizer: Any) -> str:
    """What stands between prompt and answer: a space without a chat template, as words start with one."""
    return "" if has_chat_template(tokenizer) else " "


def end_of_turn(tokenizer: Any) -> int | None:
    """The token by which the model ends its answer: what the chat template puts there, else end of text."""
    if has_chat_template(tokenizer):
        turns = (Message("user", "probe"), Message("assistant", _PROBE))
        after = _chat(tokenizer, turns, generate=False).rpartition(_PROBE)[2].lstrip()
        first = tokenizer(after, add_special_tokens=False)["input_ids"][:1] if after else []
        added = tokenizer.added_tokens_decoder
        if first and first[0] in added and added[first[0]].special:
            return int(first[0])
    end = tokenizer.eos_token_id
    return None if end is None else int(end)


def plain_chat_template(tokenizer: Any) -> str:
    """A chat template that does what :func:`render` does without one, for a server that needs a template."""
    return (
        f"{{{{ {_begin(tokenizer)!r} }}}}"
        "{% for m in messages %}{{ m['content'] }}"
        "{% if m['role'] == 'assistant' %}{{ '\\n\\n' }}"
        "{% elif not loop.last %}"
        "{{ ' ' if messages[loop.index]['role'] == 'assistant' else '\\n\\n' }}"
        "{% endif %}{% endfor %}"
    )


def _chat(tokenizer: Any, prompt: Sequence[Message], *, generate: bool, **kwargs: Any) -> str:
    messages = [{"role": m.role, "content": m.content} for m in prompt]
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=generate, **kwargs)
    return str(text)


def _plain(tokenizer: Any, prompt: Sequence[Message]) -> str:
    return _begin(tokenizer) + "".join(_plain_parts(prompt))


def _plain_parts(prompt: Sequence[Message]) -> Iterator[str]:
    for i, message in enumerate(prompt):
        yield message.content
        if message.role == "assistant":
            yield "\n\n"
        elif i + 1 < len(prompt):
            yield " " if prompt[i + 1].role == "assistant" else "\n\n"


def _begin(tokenizer: Any) -> str:
    """The begin-of-text token where the tokenizer puts one before a text of its own accord."""
    if tokenizer.bos_token_id is None:
        return ""
    return str(tokenizer.bos_token) if tokenizer("a")["input_ids"][0] == tokenizer.bos_token_id else ""


def common_prefix(rows: Sequence[Sequence[int]]) -> int:
    """How many leading tokens all rows share."""
    if not rows:
        return 0
    low, high = min(map(list, rows)), max(map(list, rows))  # in lexical order the extremes differ first
    return next(
        (i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), min(len(low), len(high))
    )


__all__ = [
    "DEFAULT_TEMPLATE_KWARGS",
    "answer_ids",
    "answer_prefix",
    "common_prefix",
    "end_of_turn",
    "has_chat_template",
    "merge_system",
    "plain_chat_template",
    "prompt_ids",
    "render",
]
