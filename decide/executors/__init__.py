"""Where units are made: in processes on this machine, or on the machines of a cluster."""

from __future__ import annotations

from decide.executors.base import Executor, Site
from decide.executors.local import Local
from decide.executors.ray import Ray

__all__ = ["Executor", "Local", "Ray", "Site"]
