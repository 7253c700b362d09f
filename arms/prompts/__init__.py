"""Prompts for language models, from sandboxed Jinja templates."""

from arms.prompts.template import PromptTemplate

__all__ = ["PromptTemplate"]
