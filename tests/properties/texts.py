"""What strings, labels and rows of any kind look like."""

from __future__ import annotations

from hypothesis import strategies as st

ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
TEXT = ANY.filter(lambda s: s.strip())
"""Any text that is not blank, in any script, with line breaks, quotes and control characters."""
LABEL = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).filter(
    lambda s: s.strip()
)
WORD = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=10).filter(
    lambda s: s.split() == [s] and s.strip() == s and not s.startswith(("#", "-DOCSTART-", "\ufeff"))
)
ROWS = st.lists(st.tuples(TEXT, LABEL), min_size=1, max_size=8)
