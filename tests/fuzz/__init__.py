"""Malformed inputs for ``decide check`` and ``decide report``: none may end in a traceback."""
