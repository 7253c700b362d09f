"""Which NLP approach to ship, measured on your own data.

>>> import decide
>>> data = decide.EvalSet.from_files(train="train.jsonl", test="test.jsonl")  # doctest: +SKIP
>>> result = decide.compare(data, [decide.Majority(), decide.TfidfLogistic()])  # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from decide._version import __version__
from decide.shadowing import refuse_shadows

refuse_shadows(Path(__file__).absolute().parents[1])

if TYPE_CHECKING:
    from arms import (
        CRF,
        Arm,
        ArmError,
        Cascade,
        DomainAdapted,
        FineTuned,
        Gazetteer,
        LoRA,
        Majority,
        Prompted,
        TfidfLogistic,
    )
    from arms.domain_adapted import RUNGS
    from arms.llm import InProcess, OpenAIServer, ProviderProfile, VLLMServer
    from arms.pii import Redaction
    from decide.brief import Brief, Client, Question
    from decide.budget import Budget
    from decide.comparison import Comparison, load
    from decide.domain_gap import Advice, GapReport, gap
    from decide.energy import Energy
    from decide.events import Event
    from decide.executors import Executor, Local, Ray
    from decide.executors.ray import Need
    from decide.injection import Attack, Injections, hostile_documents
    from decide.orchestrate import compare
    from decide.over_time import history
    from decide.privacy.pii import PiiSearch, find_pii
    from decide.reproduction import reproduce
    from decide.theme import Theme
    from decide.tracking import log_to_mlflow
    from decide.workload import Prices, Workload
    from evalsets import (
        Corpus,
        DataError,
        DecideError,
        EvalSet,
        Extraction,
        MultiLabel,
        TextClassification,
        TokenClassification,
    )

# Imported on first use, so that ``import decide`` costs next to nothing.
_HOME = {
    "Arm": "arms",
    "ArmError": "arms",
    "CRF": "arms",
    "Cascade": "arms",
    "DomainAdapted": "arms",
    "FieldPatterns": "arms",
    "FineTuned": "arms",
    "Gazetteer": "arms",
    "LoRA": "arms",
    "Majority": "arms",
    "NearestExample": "arms",
    "Prompted": "arms",
    "TfidfLogistic": "arms",
    "RUNGS": "arms.domain_adapted",
    "InProcess": "arms.llm",
    "OpenAIServer": "arms.llm",
    "ProviderProfile": "arms.llm",
    "Redaction": "arms.pii",
    "VLLMServer": "arms.llm",
    "Event": "decide.events",
    "Executor": "decide.executors",
    "Local": "decide.executors",
    "Need": "decide.executors.ray",
    "Ray": "decide.executors",
    "compare": "decide.orchestrate",
    "history": "decide.over_time",
    "reproduce": "decide.reproduction",
    "Brief": "decide.brief",
    "Client": "decide.brief",
    "Question": "decide.brief",
    "Budget": "decide.budget",
    "Comparison": "decide.comparison",
    "load": "decide.comparison",
    "Advice": "decide.domain_gap",
    "GapReport": "decide.domain_gap",
    "gap": "decide.domain_gap",
    "Energy": "decide.energy",
    "Attack": "decide.injection",
    "Injections": "decide.injection",
    "hostile_documents": "decide.injection",
    "PiiSearch": "decide.privacy.pii",
    "find_pii": "decide.privacy.pii",
    "Prices": "decide.workload",
    "Theme": "decide.theme",
    "log_to_mlflow": "decide.tracking",
    "Workload": "decide.workload",
    "Corpus": "evalsets",
    "DataError": "evalsets",
    "DecideError": "evalsets",
    "EvalSet": "evalsets",
    "Extraction": "evalsets",
    "MultiLabel": "evalsets",
    "TextClassification": "evalsets",
    "TokenClassification": "evalsets",
}

__all__ = [
    "CRF",
    "RUNGS",
    "Advice",
    "Arm",
    "ArmError",
    "Attack",
    "Brief",
    "Budget",
    "Cascade",
    "Client",
    "Comparison",
    "Corpus",
    "DataError",
    "DecideError",
    "DomainAdapted",
    "Energy",
    "EvalSet",
    "Event",
    "Executor",
    "Extraction",
    "FieldPatterns",
    "FineTuned",
    "GapReport",
    "Gazetteer",
    "InProcess",
    "Injections",
    "LoRA",
    "Local",
    "Majority",
    "MultiLabel",
    "NearestExample",
    "Need",
    "OpenAIServer",
    "PiiSearch",
    "Prices",
    "Prompted",
    "ProviderProfile",
    "Question",
    "Ray",
    "Redaction",
    "TextClassification",
    "TfidfLogistic",
    "Theme",
    "TokenClassification",
    "VLLMServer",
    "Workload",
    "__version__",
    "compare",
    "find_pii",
    "gap",
    "history",
    "hostile_documents",
    "load",
    "log_to_mlflow",
    "reproduce",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'decide' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
