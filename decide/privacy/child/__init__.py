"""A folder for ``PYTHONPATH``: Python processes that an arm starts load the guard through it."""
