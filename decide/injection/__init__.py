"""Prompt injection: documents that carry instructions to the model, and how often they steer an approach.

- ``attack.py``: what an attack is, and its placeholders; ``attacks.py``: the shipped set;
- ``disguise.py``: ways to hide an instruction from a human reader or from a filter;
- ``goals.py``: what the attacks ask for, one goal a kind of task;
- ``settings.py``: what a user can set;
- ``documents.py``: the hostile documents, the same for every approach;
- ``asking.py``: getting the answers of a fitted arm.

``decide/protocols/injection.py`` computes rates from the answers.
"""

from decide.injection.attack import Attack
from decide.injection.attacks import ATTACKS
from decide.injection.documents import HostileDocument, HostileSet, hostile_documents, hostile_set
from decide.injection.goals import GOALS, Goal, register_goal
from decide.injection.settings import Injections, injections_from

__all__ = [
    "ATTACKS",
    "GOALS",
    "Attack",
    "Goal",
    "HostileDocument",
    "HostileSet",
    "Injections",
    "hostile_documents",
    "hostile_set",
    "injections_from",
    "register_goal",
]
