"""Published cases of adapting an encoder and of prompting a language model, and what they predict."""

from decide.domain_gap.published.gain import Features, GainModel, evidence_model
from decide.domain_gap.published.regret import mean_regret, regret_markdown, regret_table, variants_markdown
from decide.domain_gap.published.tables import (
    Case,
    Domain,
    LanguageModelCase,
    cases,
    domains,
    language_model_cases,
)

__all__ = [
    "Case",
    "Domain",
    "Features",
    "GainModel",
    "LanguageModelCase",
    "cases",
    "domains",
    "evidence_model",
    "language_model_cases",
    "mean_regret",
    "regret_markdown",
    "regret_table",
    "variants_markdown",
]
