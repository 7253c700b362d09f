"""The shipped sections, one file each with its template beside it; see :mod:`reports.registry`."""
