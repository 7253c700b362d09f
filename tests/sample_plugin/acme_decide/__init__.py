"""Importing this package registers what it adds to decide."""

from acme_decide import arm, section, task

__all__ = ["arm", "section", "task"]
