"""The first engagement file: commented, from what the given data show."""

from decide.starter.inspect import Found, inspect
from decide.starter.text import Start, engagement_text
from decide.starter.write import start

__all__ = ["Found", "Start", "engagement_text", "inspect", "start"]
